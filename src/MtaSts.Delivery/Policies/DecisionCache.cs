using Microsoft.Extensions.Caching.Memory;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>What was decided, and which fetches failed: the fast layer, where nothing is lost that matters.</summary>
/// <remarks>Bounded, and apart from the policies: a flood of domains pushes out decisions, which are made again, and never a policy.</remarks>
internal sealed class DecisionCache
{
    private readonly MemoryCache _decisions;
    private readonly MemoryCache _failures;
    private readonly TimeProvider _clock;
    private readonly long[] _generations = new long[1024];

    public DecisionCache(PolicyOptions options, TimeProvider clock)
    {
        _clock = clock;
        _decisions = Create(options.MaxCachedRecords);
        _failures = Create(options.MaxCachedRecords);
    }

    /// <summary>Changes when a domain's decision is forgotten: one that was begun before may rest on what is no longer so.</summary>
    public long Generation(DomainName domain) => Interlocked.Read(ref GenerationOf(domain));

    public Decision? Find(DomainName domain, DateTimeOffset now) =>
        _decisions.TryGetValue(domain, out object? found) && found is Decision decision && decision.HoldsAt(now) ? decision : null;

    /// <summary>Keeps a decision, unless something was forgotten since it was begun.</summary>
    public void Keep(DomainName domain, Decision decision, DateTimeOffset until, long generation)
    {
        _decisions.Set(domain, decision, Entry(until));
        if (Generation(domain) != generation)
        {
            _decisions.Remove(domain);
        }
    }

    public void Forget(DomainName domain)
    {
        Interlocked.Increment(ref GenerationOf(domain));
        _decisions.Remove(domain);
    }

    public FailedFetch? Failure(DomainName domain, string id) => _failures.Get<FailedFetch>((domain, id));

    public void Keep(DomainName domain, FailedFetch failure) => _failures.Set((domain, failure.Id), failure, Entry(failure.RetryAt));

    public void ForgetFailure(DomainName domain, string id) => _failures.Remove((domain, id));

    /// <summary>Gives the memory back. What is under way yet may still look and keep: a cache that threw then would turn up as a fault of the mail.</summary>
    public void Clear()
    {
        _decisions.Clear();
        _failures.Clear();
    }

    // Domains share counters: now and then a decision is made once more than was needed.
    private ref long GenerationOf(DomainName domain) => ref _generations[(uint)domain.GetHashCode() % (uint)_generations.Length];

    private static MemoryCacheEntryOptions Entry(DateTimeOffset until) => new() { AbsoluteExpiration = until, Size = 1 };

    private MemoryCache Create(int limit) => new(new MemoryCacheOptions { SizeLimit = limit, Clock = new CacheClock(_clock.GetUtcNow) });
}
