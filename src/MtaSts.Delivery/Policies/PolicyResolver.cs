using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>Finds the policy in force for a domain. RFC 8461 §3.</summary>
internal sealed class PolicyResolver(IDnsResolver dns, PolicyFetcher fetcher, PolicyCache cache, PolicyOptions options, TimeProvider clock, ILogger logger)
{
    private readonly TimeSpan _backOff = options.FetchBackOff;
    private readonly TimeSpan _maxRecordAge = options.MaxRecordAge;
    private readonly ConcurrentDictionary<DomainName, Lazy<Task<PolicyDiscovery>>> _underWay = new();

    /// <summary>Discovers the policy; concurrent callers for one domain share one look-up and one fetch, and each may leave on its own.</summary>
    public async Task<PolicyDiscovery> DiscoverAsync(DomainName domain, CancellationToken cancellationToken)
    {
        if (domain.Prepend("_mta-sts") is not { } recordName || domain.Prepend("mta-sts") is not { } policyHost)
        {
            return PolicyDiscovery.NotApplicable(domain);
        }

        // Not the caller's token: whoever asked first may leave, the others stay. Its own time limits end it.
        Lazy<Task<PolicyDiscovery>> shared = _underWay.GetOrAdd(domain, key =>
            new Lazy<Task<PolicyDiscovery>>(() => Task.Run(() => DiscoverOnceAsync(key, recordName, policyHost), CancellationToken.None)));
        return await shared.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Discovers the policy with DNS asked afresh: the look for a newer policy before mail fails for good. RFC 8461 §5.1.</summary>
    public async Task<PolicyDiscovery> RecheckAsync(DomainName domain, CancellationToken cancellationToken)
    {
        if (_underWay.TryGetValue(domain, out Lazy<Task<PolicyDiscovery>>? earlier))
        {
            // What is under way may have asked DNS some time ago.
            await earlier.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        cache.ForgetRecord(domain);
        return await DiscoverAsync(domain, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PolicyDiscovery> DiscoverOnceAsync(DomainName domain, DomainName recordName, DomainName policyHost)
    {
        try
        {
            RecordLookup record = await LookUpRecordAsync(domain, recordName).ConfigureAwait(false);
            FailedFetch? failed = record is RecordLookup.Found { Record.Id: var id } ? cache.Failure(domain, id) : null;
            DiscoveryStep step = DiscoveryRules.Next(cache.Policy(domain), record, failed, clock.GetUtcNow());
            return step switch
            {
                DiscoveryStep.UseCached(var cached, var fault) => new PolicyDiscovery(domain, PolicySource.Cache, cached, record, fault),
                DiscoveryStep.Fetch(var wanted, var fallback) => await FetchAsync(domain, policyHost, wanted, fallback, record).ConfigureAwait(false),
                DiscoveryStep.NoPolicy(var fault) => new PolicyDiscovery(domain, PolicySource.None, null, record, fault),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        finally
        {
            _underWay.TryRemove(domain, out _);
        }
    }

    private async Task<RecordLookup> LookUpRecordAsync(DomainName domain, DomainName recordName)
    {
        if (cache.Record(domain) is { } remembered)
        {
            return remembered;
        }

        DnsAnswer<TxtRecord> answer = await dns.LookUpTxtAsync(recordName, CancellationToken.None).ConfigureAwait(false);
        (RecordLookup record, TimeSpan timeToLive) = answer switch
        {
            DnsAnswer<TxtRecord>.Found found => (RecordRules.Select([.. found.Records.Select(text => text.Text)]), found.TimeToLive),
            DnsAnswer<TxtRecord>.NoRecords none => (new RecordLookup.None(), none.TimeToLive),
            DnsAnswer<TxtRecord>.Unavailable unavailable => ((RecordLookup)new RecordLookup.Unavailable(unavailable.Reason), TimeSpan.Zero),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        TimeSpan kept = timeToLive < _maxRecordAge ? timeToLive : _maxRecordAge;
        if (kept > TimeSpan.Zero)
        {
            cache.Keep(domain, record, clock.GetUtcNow() + kept);
        }

        return record;
    }

    private async Task<PolicyDiscovery> FetchAsync(DomainName domain, DomainName policyHost, string id, CachedPolicy? fallback, RecordLookup record)
    {
        switch (await fetcher.FetchAsync(policyHost, CancellationToken.None).ConfigureAwait(false))
        {
            case PolicyFetch.Fetched(var policy):
                var fresh = new CachedPolicy(policy, id, clock.GetUtcNow());
                cache.Keep(domain, fresh);
                logger.PolicyFetched(domain.Value, policy.Mode, id);
                return new PolicyDiscovery(domain, PolicySource.Fetched, fresh, record, null);

            case PolicyFetch.Failed(var fault):
                cache.Keep(domain, new FailedFetch(id, fault, clock.GetUtcNow() + _backOff));
                logger.PolicyFetchFailed(domain.Value, fault.Kind, fault.Detail);
                return new PolicyDiscovery(domain, fallback is null ? PolicySource.None : PolicySource.Cache, fallback, record, fault);

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
