using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

/// <summary>STS-108. A store that is slow, refuses, or hangs.</summary>
public sealed class GuardedStoreTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task What_a_store_missed_is_told_when_it_answers_again()
    {
        var store = new ScriptedStore();
        var clock = new FakeTimeProvider(Now);
        await using var cache = new Cache(store, clock);
        await cache.KeepAsync(1);
        store.Fault = new InvalidOperationException("out of order");
        await cache.KeepAsync(2);
        await cache.KeepAsync(3);
        Assert.That((cache.Policies.IsStoreDown, store.Kept.Count), Is.EqualTo((true, 1)));
        Assert.That(cache.Policies.Count, Is.EqualTo(3), "memory has them");
        Assert.That(await cache.Policies.RemoveAsync(Domain(1)));

        clock.Advance(TimeSpan.FromSeconds(31));
        await UntilAsync(() => store.Refused >= 2);
        store.Fault = null;
        clock.Advance(TimeSpan.FromMinutes(10));
        await UntilAsync(() => !cache.Policies.IsStoreDown);

        Assert.That(store.Kept.Keys.Select(domain => domain.Value).Order(), Is.EqualTo((string[])["d2.example", "d3.example"]));
        await cache.KeepAsync(4);
        Assert.That(store.Kept, Contains.Key(Domain(4)));
    }

    [Test]
    public async Task A_store_that_cannot_be_read_at_the_start_is_read_later()
    {
        var store = new ScriptedStore { Fault = new PolicyStoreException("locked") };
        store.Kept[Domain(1)] = Stored(1);
        var clock = new FakeTimeProvider(Now);
        await using var cache = new Cache(store, clock);
        await cache.Policies.WaitUntilLoadedAsync();
        Assert.That((cache.Policies.IsStoreDown, cache.Policies.Count), Is.EqualTo((true, 0)));

        store.Fault = null;
        clock.Advance(TimeSpan.FromSeconds(31));
        await UntilAsync(() => cache.Policies.Count == 1);
        Assert.That(cache.Policies.IsStoreDown, Is.False);
    }

    /// <summary>Real seconds: five of them is how long a store may take.</summary>
    [Test]
    public async Task A_store_that_hangs_holds_nobody_up_for_long()
    {
        var store = new ScriptedStore { Hang = new TaskCompletionSource() };
        var clock = new FakeTimeProvider(Now);
        await using var cache = new Cache(store, clock);
        await cache.KeepAsync(1);
        Assert.That(cache.Policies.IsStoreDown);
        await cache.KeepAsync(2);
        Assert.That(store.Calls, Is.EqualTo(1), "nothing is written beside a call that hangs");

        store.Hang.SetResult();
        store.Hang = null;
        clock.Advance(TimeSpan.FromSeconds(31));
        await UntilAsync(() => store.Kept.Count == 2);
    }

    [Test]
    public async Task What_comes_together_is_written_together()
    {
        var store = new ScriptedStore { Hang = new TaskCompletionSource() };
        await using var cache = new Cache(store, new FakeTimeProvider(Now));
        Task first = cache.KeepAsync(0);
        await UntilAsync(() => store.Calls == 1);
        Task[] others = [.. Enumerable.Range(1, 500).Select(cache.KeepAsync)];
        store.Hang.SetResult();
        await Task.WhenAll([first, .. others]);
        Assert.That(store.Kept, Has.Count.EqualTo(501));
        Assert.That(store.Calls, Is.LessThan(10));
    }

    [Test]
    public async Task What_another_process_wrote_is_found_when_it_is_later()
    {
        var store = new ScriptedStore();
        await using var cache = new Cache(store, new FakeTimeProvider(Now));
        await cache.KeepAsync(1);
        store.Kept[Domain(1)] = Stored(1) with { Id = "later", FetchedAt = Now.AddMinutes(-1) };
        Assert.That((await cache.Policies.LookUpAsync(Domain(1), orNewer: true))!.Id, Is.EqualTo("id1"), "earlier than ours");
        store.Kept[Domain(1)] = Stored(1) with { Id = "later", FetchedAt = Now.AddMinutes(1) };
        Assert.That((await cache.Policies.LookUpAsync(Domain(1), orNewer: false))!.Id, Is.EqualTo("id1"));
        Assert.That((await cache.Policies.LookUpAsync(Domain(1), orNewer: true))!.Id, Is.EqualTo("later"));
        store.Kept[Domain(1)] = Stored(1) with { Id = "future", FetchedAt = Now.AddDays(100) };
        Assert.That((await cache.Policies.LookUpAsync(Domain(1), orNewer: true))!.Id, Is.EqualTo("later"), "a date in the future is nobody's proof");
        store.Kept[Domain(9)] = Stored(9);
        Assert.That((await cache.Policies.FindAsync(Domain(9)))!.Policy.Id, Is.EqualTo("id9"));
    }

    /// <summary>STS-108. What is in the store counts, though memory is full.</summary>
    [Test]
    public async Task A_stored_policy_counts_though_there_is_no_room_for_it()
    {
        var store = new ScriptedStore();
        for (int i = 0; i < 10; i++)
        {
            store.Kept[Domain(i)] = Stored(i);
        }

        await using var cache = new Cache(store, new FakeTimeProvider(Now), maxPolicies: 3);
        await cache.Policies.WaitUntilLoadedAsync();
        Assert.That(cache.Policies.Count, Is.EqualTo(3));
        for (int i = 0; i < 10; i++)
        {
            Assert.That((await cache.Policies.LookUpAsync(Domain(i), orNewer: true))!.Id, Is.EqualTo($"id{i}"));
        }

        Assert.That(cache.Policies.Count, Is.EqualTo(3));
    }

    /// <summary>STS-115. Readers see one policy or the other, whatever order they are written in.</summary>
    [Test]
    public async Task Readers_never_see_a_mixed_entry()
    {
        var store = new ScriptedStore();
        await using var cache = new Cache(store, new FakeTimeProvider(Now));
        await Task.WhenAll(Enumerable.Range(0, 32).Select(thread => Task.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
            {
                await cache.Policies.KeepAsync(Domain(0), Cached(thread + i), isUsed: true, null, onlyAfter: false);
                PolicyEntry entry = cache.Policies.Find(Domain(0))!;
                Assert.That(Encoding.ASCII.GetString(entry.Text), Does.Contain($"mx{entry.Id[2..]}.example"));
            }
        })));
        Assert.That(store.Kept[Domain(0)], Is.EqualTo(cache.Policies.Find(Domain(0))!.ToStored(Domain(0))), "the last word is the last one written");
    }

    /// <summary>A refresh that was overtaken by a newer policy does not undo it.</summary>
    [Test]
    public async Task A_refresh_that_comes_late_changes_nothing()
    {
        await using var cache = new Cache(new ScriptedStore(), new FakeTimeProvider(Now));
        await cache.KeepAsync(1);
        PolicyEntry before = cache.Policies.Find(Domain(1))!;
        await cache.Policies.KeepAsync(Domain(1), Cached(2), isUsed: true, before, onlyAfter: false);
        await cache.Policies.KeepAsync(Domain(1), Cached(3), isUsed: false, before, onlyAfter: true);
        Assert.That(cache.Policies.Find(Domain(1))!.Id, Is.EqualTo("id2"));
    }

    private static DomainName Domain(int number) => DomainName.Parse($"d{number}.example");

    private static CachedPolicy Cached(int number) => new(StsPolicy.Parse($"version: STSv1\nmode: enforce\nmx: mx{number}.example\nmax_age: 86400\n"), $"id{number}", Now);

    private static StoredPolicy Stored(int number) => new(Domain(number), $"id{number}", Cached(number).Policy.Octets, Now, Now, false);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(1, limit.Token);
        }
    }

    private sealed class Cache(IPolicyStore store, TimeProvider clock, int maxPolicies = 1000) : IAsyncDisposable
    {
        public PolicyCache Policies { get; } = new(new PolicyOptions { MaxCachedPolicies = maxPolicies }, store, clock, NullLogger.Instance);

        public Task KeepAsync(int number) => Policies.KeepAsync(Domain(number), Cached(number), isUsed: true, null, onlyAfter: false);

        public ValueTask DisposeAsync() => ((IAsyncDisposable)Policies).DisposeAsync();
    }

    private sealed class ScriptedStore : IPolicyStore
    {
        private int _calls;
        private int _refused;

        public ConcurrentDictionary<DomainName, StoredPolicy> Kept { get; } = new();

        public Exception? Fault { get; set; }

        public TaskCompletionSource? Hang { get; set; }

        public int Calls => Volatile.Read(ref _calls);

        public int Refused => Volatile.Read(ref _refused);

        public async IAsyncEnumerable<StoredPolicy> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            ThrowIfOutOfOrder();
            foreach (StoredPolicy policy in Kept.Values)
            {
                yield return policy;
            }

            await Task.Yield();
        }

        public ValueTask<StoredPolicy?> FindAsync(DomainName domain, CancellationToken cancellationToken)
        {
            ThrowIfOutOfOrder();
            return new ValueTask<StoredPolicy?>(Kept.GetValueOrDefault(domain));
        }

        public async Task SaveAsync(IReadOnlyCollection<StoredPolicy> policies, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            await (Hang?.Task ?? Task.CompletedTask);
            ThrowIfOutOfOrder();
            foreach (StoredPolicy policy in policies)
            {
                Kept[policy.Domain] = policy;
            }
        }

        public Task RemoveAsync(IReadOnlyCollection<DomainName> domains, CancellationToken cancellationToken)
        {
            ThrowIfOutOfOrder();
            foreach (DomainName domain in domains)
            {
                Kept.TryRemove(domain, out _);
            }

            return Task.CompletedTask;
        }

        private void ThrowIfOutOfOrder()
        {
            if (Fault is { } fault)
            {
                Interlocked.Increment(ref _refused);
                throw fault;
            }
        }
    }
}
