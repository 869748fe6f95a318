using System.Collections.Concurrent;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Caching.Memory;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Benchmarks;

/// <summary>A decision that is known, beside what any look-up costs.</summary>
[MemoryDiagnoser]
public class WarmDecisions : IAsyncDisposable
{
    private const int Count = 10_000;

    private readonly DomainName[] _with = new DomainName[Count];
    private readonly DomainName[] _without = new DomainName[Count];
    private readonly ConcurrentDictionary<DomainName, object> _dictionary = new();
    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = 1_000_000 });
    private MailDeliverer _deliverer = null!;
    private int _next;

    [GlobalSetup]
    public async Task SetUp()
    {
        var store = new MemoryPolicyStore();
        for (int i = 0; i < Count; i++)
        {
            _with[i] = KnownDomains.Name(i);
            _without[i] = DomainName.Parse($"nobody{i}.example.org");
            _dictionary[_with[i]] = _cache.Set(_with[i], new object(), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) });
            await store.SaveAsync([KnownDomains.Policy(i, 100)], default);
        }

        _deliverer = new MailDeliverer(
            resolver: new KnownDomains.Resolver(domain => domain.Value.StartsWith("customer", StringComparison.Ordinal) ? Id(domain) : null), policyStore: store);
        for (int i = 0; i < Count; i++)
        {
            Require((await _deliverer.Policies.DiscoverAsync(_with[i])).Mode == PolicyMode.Enforce);
            Require((await _deliverer.Policies.DiscoverAsync(_without[i])).Mode == PolicyMode.None);
        }
    }

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        _cache.Dispose();
        await _deliverer.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public bool MemoryCacheTryGetValue() => _cache.TryGetValue(_with[Next()], out _);

    [Benchmark]
    public bool ConcurrentDictionaryTryGetValue() => _dictionary.TryGetValue(_with[Next()], out _);

    [Benchmark]
    public ValueTask<PolicyDiscovery> PolicyInForce() => _deliverer.Policies.DiscoverAsync(_with[Next()]);

    [Benchmark]
    public ValueTask<PolicyDiscovery> NoPolicy() => _deliverer.Policies.DiscoverAsync(_without[Next()]);

    private int Next() => _next = (_next + 1) % Count;

    private static string Id(DomainName domain) => $"20260301{int.Parse(domain.Labels[0]["customer".Length..], System.Globalization.CultureInfo.InvariantCulture) % 100:D6}";

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("The set-up does not do what is to be measured.");
        }
    }
}
