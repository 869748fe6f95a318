using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>Finds the policy in force for a domain, and keeps it fresh. RFC 8461 §3.</summary>
public sealed class PolicyResolver : IAsyncDisposable
{
    private const int PreloadConcurrency = 50;

    private readonly IDnsResolver _dns;
    private readonly PolicyFetcher _fetcher;
    private readonly DecisionCache _decisions;
    private readonly PolicyRefresher _refresher;
    private readonly TimeSpan _backOff;
    private readonly TimeSpan _maxRecordAge;
    private readonly TimeSpan _firstContactWait;
    private readonly SemaphoreSlim _fetches;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<DomainName, Lazy<Task<PolicyDiscovery>>> _underWay = new();
    private readonly ConcurrentDictionary<DomainName, Lazy<Task<PolicyDiscovery>>> _refreshing = new();

    internal PolicyResolver(IDnsResolver dns, PolicyFetcher fetcher, PolicyCache cache, PolicyOptions options, TimeProvider clock, Random random, ILogger logger)
    {
        _dns = dns;
        _fetcher = fetcher;
        _decisions = cache.Decisions;
        _backOff = options.FetchBackOff;
        _maxRecordAge = options.MaxRecordAge;
        _firstContactWait = options.FirstContactWait;
        _fetches = new SemaphoreSlim(options.MaxConcurrentFetches);
        _clock = clock;
        _logger = logger;
        Cache = cache;
        _refresher = new PolicyRefresher(cache, (domain, token) => RefreshAsync(domain, isForced: false, token), options, clock, random, logger);
    }

    /// <summary>The policies that are known.</summary>
    public PolicyCache Cache { get; }

    /// <summary>Discovers the policy; concurrent callers for one domain share one look-up and one fetch, and each may leave on its own.</summary>
    /// <remarks>What was decided is given again, without a question to anybody, while the DNS answer's time to live lasts and the policy holds.</remarks>
    public ValueTask<PolicyDiscovery> DiscoverAsync(DomainName domain, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(domain);
        DateTimeOffset now = _clock.GetUtcNow();
        if (_decisions.Find(domain, now) is not { } decision)
        {
            return new ValueTask<PolicyDiscovery>(DiscoverColdAsync(domain, cancellationToken));
        }

        if (decision.Entry is { } entry && RefreshRules.IsUseNews(entry.LastUsedAt, now))
        {
            _refresher.NoteUse(domain, entry, now);
        }

        return new ValueTask<PolicyDiscovery>(decision.Discovery);
    }

    /// <summary>Discovers the policy with DNS asked afresh: to be done before deferred mail is given up. RFC 8461 §5 and §5.1.</summary>
    /// <remarks>A refusal by policy is always <see cref="Outcomes.RecipientOutcome.Deferred"/>; whoever keeps the mail calls this before it turns that into a
    /// failure, and tries once more when the id has changed. The least time between failed fetches holds here too (RFC 8461 §3.3).</remarks>
    /// <param name="domain">The recipient's domain, or the smart host's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<PolicyDiscovery> RecheckAsync(DomainName domain, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (_underWay.TryGetValue(domain, out Lazy<Task<PolicyDiscovery>>? earlier))
        {
            // What is under way may have asked DNS some time ago.
            await earlier.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _decisions.Forget(domain);
        return await DiscoverAsync(domain, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fetches a domain's policy again, whatever its age and id. If that fails, the one that is known stays in force.</summary>
    /// <returns>The policy in force afterwards; <see cref="PolicySource.Fetched"/> when the fetch succeeded.</returns>
    public Task<PolicyDiscovery> RefreshAsync(DomainName domain, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return RefreshAsync(domain, isForced: true, cancellationToken);
    }

    /// <summary>Discovers the policies of many domains, fifty side by side, so that their first mail need not wait.</summary>
    /// <param name="domains">The domains.</param>
    /// <param name="learnt">Called with each discovery as it ends, by several threads at once.</param>
    /// <param name="cancellationToken">Ends the look-ups.</param>
    public Task PreloadAsync(IEnumerable<DomainName> domains, Action<PolicyDiscovery>? learnt = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(domains);
        var options = new ParallelOptions { MaxDegreeOfParallelism = PreloadConcurrency, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(domains, options, async (domain, token) =>
        {
            PolicyDiscovery discovery = await LearnAsync(domain, token).ConfigureAwait(false);
            learnt?.Invoke(discovery);
        });
    }

    /// <summary>Discovers the policies of the domains in a file, one a line; blank lines and lines that begin with # are passed over, and what is no domain name is logged.</summary>
    /// <param name="path">The file.</param>
    /// <param name="learnt">Called with each discovery as it ends, by several threads at once.</param>
    /// <param name="cancellationToken">Ends the look-ups.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public Task PreloadFileAsync(string path, Action<PolicyDiscovery>? learnt = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return PreloadAsync(ReadDomains(path), learnt, cancellationToken);
    }

    /// <summary>Keeps the policies that are in use fresh until it is cancelled: each is fetched about once a day, well before it expires. RFC 8461 §3.3, §10.2.</summary>
    /// <remarks>Runs by itself in a host (<c>AddMtaStsDelivery</c>). Without one, start it once beside the deliverer and cancel it before that is disposed.</remarks>
    /// <param name="cancellationToken">Ends it; the task then ends without an exception.</param>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    public Task RunRefreshAsync(CancellationToken cancellationToken) => _refresher.RunAsync(cancellationToken);

    /// <summary>Closes the cache. The deliverer calls it.</summary>
    ValueTask IAsyncDisposable.DisposeAsync() => ((IAsyncDisposable)Cache).DisposeAsync();

    private IEnumerable<DomainName> ReadDomains(string path)
    {
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (line.AsSpan().Trim() is not { Length: > 0 } text || text[0] == '#')
            {
                continue;
            }

            if (DomainName.TryParse(text.ToString(), out DomainName? domain))
            {
                yield return domain;
            }
            else
            {
                _logger.NoDomainName(path, number);
            }
        }
    }

    private async Task<PolicyDiscovery> DiscoverColdAsync(DomainName domain, CancellationToken cancellationToken)
    {
        if (_firstContactWait == Timeout.InfiniteTimeSpan || await Cache.LookUpAsync(domain, orNewer: false).ConfigureAwait(false) is not null)
        {
            return await LearnAsync(domain, cancellationToken).ConfigureAwait(false);
        }

        Task<PolicyDiscovery> learning = LearnAsync(domain, CancellationToken.None);
        try
        {
            return await learning.WaitAsync(_firstContactWait, _clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            var fault = new PolicyFault(PolicyFaultKind.NotYetKnown, $"the policy of {domain} is still being looked for, and the option FirstContactWait lets mail go after {_firstContactWait}");
            return new PolicyDiscovery(domain, PolicySource.None, null, new RecordLookup.Unavailable("not known yet"), fault);
        }
    }

    private async Task<PolicyDiscovery> LearnAsync(DomainName domain, CancellationToken cancellationToken)
    {
        if (domain.Prepend("_mta-sts") is not { } recordName || domain.Prepend("mta-sts") is not { } policyHost)
        {
            return PolicyDiscovery.NotApplicable(domain);
        }

        // Not the caller's token: whoever asked first may leave, the others stay. Its own time limits end it.
        Lazy<Task<PolicyDiscovery>> shared = _underWay.GetOrAdd(domain, key => new Lazy<Task<PolicyDiscovery>>(() => Task.Run(async () =>
        {
            try
            {
                return await DiscoverOnceAsync(key, recordName, policyHost).ConfigureAwait(false);
            }
            finally
            {
                _underWay.TryRemove(key, out _);
            }
        })));
        return await shared.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<PolicyDiscovery> RefreshAsync(DomainName domain, bool isForced, CancellationToken cancellationToken)
    {
        if (domain.Prepend("_mta-sts") is not { } recordName || domain.Prepend("mta-sts") is not { } policyHost)
        {
            return PolicyDiscovery.NotApplicable(domain);
        }

        // Beside a discovery, not in its turn: mail that can go by the policy it has does not wait for a host that hangs.
        Lazy<Task<PolicyDiscovery>> shared = _refreshing.GetOrAdd(domain, key => new Lazy<Task<PolicyDiscovery>>(() => Task.Run(async () =>
        {
            try
            {
                return await RefreshOnceAsync(key, recordName, policyHost, isForced).ConfigureAwait(false);
            }
            finally
            {
                _refreshing.TryRemove(key, out _);
            }
        })));
        return await shared.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<PolicyDiscovery> DiscoverOnceAsync(DomainName domain, DomainName recordName, DomainName policyHost)
    {
        long generation = _decisions.Generation(domain);
        DateTimeOffset from = _clock.GetUtcNow();
        if (_decisions.Find(domain, from) is { } earlier)
        {
            // Whoever was before has just gone.
            return earlier.Discovery;
        }

        (RecordLookup record, DateTimeOffset until) = await LookUpRecordAsync(recordName).ConfigureAwait(false);
        (PolicyEntry? entry, DiscoveryStep step) = await DecideAsync(domain, record).ConfigureAwait(false);
        switch (step)
        {
            case DiscoveryStep.UseCached(var cached, var fault):
                return Keep(new PolicyDiscovery(domain, PolicySource.Cache, cached, record, fault));

            case DiscoveryStep.NoPolicy(var fault):
                return Keep(new PolicyDiscovery(domain, PolicySource.None, null, record, fault));

            case DiscoveryStep.Fetch(var id, var fallback):
                switch (await FetchInTurnAsync(domain, policyHost, id).ConfigureAwait(false))
                {
                    case PolicyFetch.Fetched(var policy):
                        var fresh = new CachedPolicy(policy, id, _clock.GetUtcNow());
                        await Cache.KeepAsync(domain, fresh, isUsed: true, entry, onlyAfter: false).ConfigureAwait(false);
                        generation = _decisions.Generation(domain);
                        entry = Cache.Find(domain);
                        if (entry is null || entry.FetchedAt == fresh.FetchedAt)
                        {
                            Keep(new PolicyDiscovery(domain, PolicySource.Cache, fresh, record, null));
                        }

                        return new PolicyDiscovery(domain, PolicySource.Fetched, fresh, record, null);

                    case PolicyFetch.Failed(var fault):
                        return Keep(new PolicyDiscovery(domain, fallback is null ? PolicySource.None : PolicySource.Cache, fallback, record, fault));
                }

                break;
        }

        throw new System.Diagnostics.UnreachableException();

        PolicyDiscovery Keep(PolicyDiscovery discovery)
        {
            DateTimeOffset now = _clock.GetUtcNow();
            DateTimeOffset end = discovery.InForce is { } inForce && inForce.ExpiresAt < until ? inForce.ExpiresAt : until;
            if (record is RecordLookup.Found { Record.Id: var id } && _decisions.Failure(domain, id) is { } failed && failed.RetryAt <= end)
            {
                end = failed.RetryAt.AddTicks(-1);
            }

            if (discovery.InForce is not null && entry is not null)
            {
                _refresher.NoteUse(domain, entry, now);
            }

            if (end > now && now >= from)
            {
                _decisions.Keep(domain, new Decision(discovery, discovery.InForce is null ? null : entry, from, end), end.AddSeconds(1), generation);
            }

            return discovery;
        }
    }

    /// <summary>What is to be done; before something is fetched or nothing found, the store is asked whether another process knows more.</summary>
    private async ValueTask<(PolicyEntry? Entry, DiscoveryStep Step)> DecideAsync(DomainName domain, RecordLookup record)
    {
        PolicyEntry? entry = Cache.Find(domain);
        DiscoveryStep step = Next(entry);
        if (step is not DiscoveryStep.UseCached)
        {
            entry = await Cache.LookUpAsync(domain, orNewer: true).ConfigureAwait(false);
            step = Next(entry);
        }

        return (entry, step);

        DiscoveryStep Next(PolicyEntry? known)
        {
            FailedFetch? failed = record is RecordLookup.Found { Record.Id: var id } ? _decisions.Failure(domain, id) : null;
            return DiscoveryRules.Next(known is null ? null : Cache.Read(known), record, failed, _clock.GetUtcNow());
        }
    }

    private async Task<PolicyDiscovery> RefreshOnceAsync(DomainName domain, DomainName recordName, DomainName policyHost, bool isForced)
    {
        (RecordLookup record, _) = await LookUpRecordAsync(recordName).ConfigureAwait(false);
        PolicyEntry? entry = await Cache.LookUpAsync(domain, orNewer: true).ConfigureAwait(false);
        CachedPolicy? known = entry is null ? null : Cache.Read(entry);
        CachedPolicy? holding = known is not null && known.HoldsAt(_clock.GetUtcNow()) ? known : null;
        if (RefreshRules.IdFor(holding, record) is not { } id)
        {
            _decisions.Forget(domain);
            return await LearnAsync(domain, CancellationToken.None).ConfigureAwait(false);
        }

        FailedFetch? failed = isForced ? null : _decisions.Failure(domain, id);
        PolicyFetch fetch = failed is not null && _clock.GetUtcNow() < failed.RetryAt ? new PolicyFetch.Failed(failed.Fault) : await FetchAsync(domain, policyHost, id).ConfigureAwait(false);
        switch (fetch)
        {
            case PolicyFetch.Fetched(var policy):
                var fresh = new CachedPolicy(policy, id, _clock.GetUtcNow());
                await Cache.KeepAsync(domain, fresh, isUsed: false, entry, onlyAfter: true).ConfigureAwait(false);
                return new PolicyDiscovery(domain, PolicySource.Fetched, fresh, record, null);

            case PolicyFetch.Failed(var fault):
                return new PolicyDiscovery(domain, holding is null ? PolicySource.None : PolicySource.Cache, holding, record, fault);

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<(RecordLookup Record, DateTimeOffset Until)> LookUpRecordAsync(DomainName recordName)
    {
        DnsAnswer<TxtRecord> answer = await _dns.LookUpTxtAsync(recordName, CancellationToken.None).ConfigureAwait(false);
        (RecordLookup record, TimeSpan timeToLive) = answer switch
        {
            DnsAnswer<TxtRecord>.Found found => (RecordRules.Select([.. found.Records.Select(text => text.Text)]), found.TimeToLive),
            DnsAnswer<TxtRecord>.NoRecords none => (new RecordLookup.None(), none.TimeToLive),
            DnsAnswer<TxtRecord>.Unavailable unavailable => ((RecordLookup)new RecordLookup.Unavailable(unavailable.Reason), TimeSpan.Zero),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return (record, _clock.GetUtcNow() + (timeToLive < _maxRecordAge ? timeToLive : _maxRecordAge));
    }

    /// <summary>Fetches for mail. Refreshes do not stand in this queue, so that a flood of new domains cannot hold them up.</summary>
    private async Task<PolicyFetch> FetchInTurnAsync(DomainName domain, DomainName policyHost, string id)
    {
        await _fetches.WaitAsync().ConfigureAwait(false);
        try
        {
            return await FetchAsync(domain, policyHost, id).ConfigureAwait(false);
        }
        finally
        {
            _fetches.Release();
        }
    }

    private async Task<PolicyFetch> FetchAsync(DomainName domain, DomainName policyHost, string id)
    {
        PolicyFetch fetch = await _fetcher.FetchAsync(policyHost, CancellationToken.None).ConfigureAwait(false);
        if (fetch is PolicyFetch.Fetched(var policy))
        {
            _logger.PolicyFetched(domain.Value, policy.Mode, id);
        }
        else if (fetch is PolicyFetch.Failed(var fault))
        {
            _decisions.Keep(domain, new FailedFetch(id, fault, _clock.GetUtcNow() + _backOff));
            _logger.PolicyFetchFailed(domain.Value, fault.Kind, fault.Detail);
        }

        return fetch;
    }
}
