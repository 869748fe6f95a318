using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>What is remembered between deliveries: policies, answers about records, failed fetches, each in a bounded space of its own.</summary>
/// <remarks>A flood of domains can fill the space of records, never the space of policies, and no policy is pushed out before its end.</remarks>
internal sealed class PolicyCache : IDisposable
{
    private readonly MemoryCache _policies;
    private readonly MemoryCache _records;
    private readonly MemoryCache _failures;

    public PolicyCache(PolicyOptions options, TimeProvider clock)
    {
        _policies = Create(options.MaxCachedPolicies, clock);
        _records = Create(options.MaxCachedRecords, clock);
        _failures = Create(options.MaxCachedRecords, clock);
    }

    public CachedPolicy? Policy(DomainName domain) => _policies.Get<CachedPolicy>(domain);

    public RecordLookup? Record(DomainName domain) => _records.Get<RecordLookup>(domain);

    public FailedFetch? Failure(DomainName domain, string id) => _failures.Get<FailedFetch>((domain, id));

    /// <summary>Keeps a policy in place of the one before, wholesale.</summary>
    public void Keep(DomainName domain, CachedPolicy policy)
    {
        _failures.Remove((domain, policy.Id));
        if (policy.Policy.MaxAge > TimeSpan.Zero)
        {
            // One second more than it holds: at exactly max_age the policy still does.
            _policies.Set(domain, policy, Entry(policy.ExpiresAt.AddSeconds(1), CacheItemPriority.NeverRemove));
        }
        else
        {
            _policies.Remove(domain);
        }
    }

    public void Keep(DomainName domain, RecordLookup record, DateTimeOffset until) => _records.Set(domain, record, Entry(until, CacheItemPriority.Normal));

    /// <summary>Forgets what DNS said, so that it is asked again; the policy stays.</summary>
    public void ForgetRecord(DomainName domain) => _records.Remove(domain);

    public void Keep(DomainName domain, FailedFetch failure) => _failures.Set((domain, failure.Id), failure, Entry(failure.RetryAt, CacheItemPriority.Normal));

    public void Dispose()
    {
        _policies.Dispose();
        _records.Dispose();
        _failures.Dispose();
    }

    private static MemoryCacheEntryOptions Entry(DateTimeOffset until, CacheItemPriority priority) =>
        new() { AbsoluteExpiration = until, Size = 1, Priority = priority };

    private static MemoryCache Create(int limit, TimeProvider clock) =>
        new(new MemoryCacheOptions { SizeLimit = limit, Clock = new Clock(clock) });

    private sealed class Clock(TimeProvider clock) : ISystemClock
    {
        public DateTimeOffset UtcNow => clock.GetUtcNow();
    }
}
