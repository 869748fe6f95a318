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

    // In real time, for stores that do not answer however long they are waited for.
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.2);

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

        await UntilRetriedAsync(clock, () => store.Refused >= 2);
        store.Fault = null;
        await UntilRetriedAsync(clock, () => !cache.Policies.IsStoreDown);

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
        await UntilRetriedAsync(clock, () => cache.Policies.Count == 1);
        Assert.That(cache.Policies.IsStoreDown, Is.False);
    }

    [Test]
    public async Task A_store_that_hangs_holds_nobody_up_for_long()
    {
        var store = new ScriptedStore { Hang = new TaskCompletionSource() };
        var clock = new FakeTimeProvider(Now);
        await using var cache = new Cache(store, clock, patience: Short);
        await cache.KeepAsync(1);
        Assert.That(cache.Policies.IsStoreDown);
        await Patience.UntilAsync(() => store.Calls == 1);
        await cache.KeepAsync(2);
        Assert.That(store.Calls, Is.EqualTo(1), "nothing is written beside a call that hangs");

        store.Hang.SetResult();
        store.Hang = null;
        await UntilRetriedAsync(clock, () => store.Kept.Count == 2);
    }

    [Test]
    public async Task What_comes_together_is_written_together()
    {
        var store = new ScriptedStore { Hang = new TaskCompletionSource() };
        await using var cache = new Cache(store, new FakeTimeProvider(Now));
        Task first = cache.KeepAsync(0);
        await Patience.UntilAsync(() => store.Calls == 1);
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

    /// <summary>STS-108. What another process fetched while the store was away from here is not undone when it is back.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task What_another_process_fetched_later_is_not_overwritten_after_an_outage(bool isRemoved)
    {
        var store = new ScriptedStore();
        var clock = new FakeTimeProvider(Now);
        await using var cache = new Cache(store, clock);
        await cache.Policies.WaitUntilLoadedAsync();
        store.Fault = new PolicyStoreException("away");
        await cache.KeepAsync(1);
        if (isRemoved)
        {
            await cache.Policies.RemoveAsync(Domain(1));
        }

        clock.Advance(TimeSpan.FromSeconds(10));
        StoredPolicy later = Stored(1) with { Id = "later", FetchedAt = Now.AddSeconds(10) };
        store.Kept[Domain(1)] = later;
        store.Fault = null;
        await UntilRetriedAsync(clock, () => !cache.Policies.IsStoreDown && cache.Policies.Find(Domain(1))?.Id == "later");
        Assert.That(store.Kept[Domain(1)].Id, Is.EqualTo("later"));
    }

    [Test]
    public async Task What_was_forgotten_during_an_outage_is_removed_after_it()
    {
        var store = new ScriptedStore();
        var clock = new FakeTimeProvider(Now);
        await using var cache = new Cache(store, clock);
        await cache.KeepAsync(1);
        store.Fault = new PolicyStoreException("away");
        await cache.KeepAsync(2);
        await cache.Policies.RemoveAsync(Domain(1));
        store.Fault = null;
        await UntilRetriedAsync(clock, () => store.Kept.ContainsKey(Domain(2)) && !store.Kept.ContainsKey(Domain(1)));
    }

    /// <summary>Another file may lie in the place of the one that was read.</summary>
    [Test]
    public async Task A_store_that_comes_back_empty_is_told_everything()
    {
        var store = new ScriptedStore();
        var clock = new FakeTimeProvider(Now);
        await using var cache = new Cache(store, clock);
        for (int i = 0; i < 10; i++)
        {
            await cache.KeepAsync(i);
        }

        store.Fault = new PolicyStoreException("moved");
        await cache.KeepAsync(10);
        store.Kept.Clear();
        store.Fault = null;
        await UntilRetriedAsync(clock, () => store.Kept.Count == 11);
    }

    [Test]
    public async Task Many_callers_of_one_outage_do_not_put_the_first_retry_off()
    {
        var store = new ScriptedStore();
        var clock = new FakeTimeProvider(Now);
        await using var cache = new Cache(store, clock);
        await cache.Policies.WaitUntilLoadedAsync();
        store.Fault = new PolicyStoreException("away");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => cache.Policies.LookUpAsync(Domain(i), orNewer: true).AsTask()));
        store.Fault = null;
        // Once: nothing is being written that would put it off.
        clock.Advance(TimeSpan.FromSeconds(31));
        await Patience.UntilAsync(() => !cache.Policies.IsStoreDown);
    }

    /// <summary>A pin is kept whoever refreshes the policy, and ended by nobody but an operator.</summary>
    [Test]
    public async Task A_pin_of_another_process_outlives_a_refresh_here()
    {
        var store = new ScriptedStore();
        var clock = new FakeTimeProvider(Now);
        await using var here = new Cache(store, clock);
        await using var there = new Cache(store, clock);
        await here.KeepAsync(1);
        await there.Policies.LookUpAsync(Domain(1), orNewer: true);
        Assert.That(await here.Policies.PinAsync(Domain(1)));
        clock.Advance(TimeSpan.FromHours(1));
        await there.Policies.KeepAsync(Domain(1), Cached(1) with { FetchedAt = clock.GetUtcNow() }, isUsed: false, there.Policies.Find(Domain(1)), onlyAfter: true);
        Assert.That((store.Kept[Domain(1)].IsPinned, store.Kept[Domain(1)].FetchedAt), Is.EqualTo((true, clock.GetUtcNow())));
        Assert.That((await there.Policies.FindAsync(Domain(1)))!.IsPinned);
        Assert.That(await there.Policies.PinAsync(Domain(1), isPinned: false));
        Assert.That(store.Kept[Domain(1)].IsPinned, Is.False);
        await here.Policies.LookUpAsync(Domain(1), orNewer: true);
        Assert.That((await here.Policies.FindAsync(Domain(1)))!.IsPinned, Is.False);
    }

    [Test]
    public async Task A_listener_finds_the_policy_that_it_is_told_of()
    {
        PolicyCache? policies = null;
        var found = new List<bool>();
        await using var cache = new Cache(new ScriptedStore(), new FakeTimeProvider(Now), onEvent: happened => found.Add(policies!.PinAsync(happened.PolicyDomain).Result));
        policies = cache.Policies;
        await Task.Run(() => cache.KeepAsync(1));
        await Task.Run(() => cache.Policies.KeepAsync(Domain(1), Cached(2), isUsed: true, null, onlyAfter: false));
        Assert.That(found, Is.EqualTo([true, true]));
        Assert.That(cache.Policies.Find(Domain(1))!.IsPinned);
    }

    /// <summary>STS-115. A slow listener lies between nothing: the older policy, told of late, does not take the newer one's place.</summary>
    [Test]
    public async Task An_older_policy_never_takes_the_place_of_a_newer_one()
    {
        var clock = new FakeTimeProvider(Now);
        await using var cache = new Cache(new ScriptedStore(), clock);
        await cache.Policies.KeepAsync(Domain(1), Cached(2) with { FetchedAt = Now.AddMinutes(-1) }, isUsed: true, null, onlyAfter: false);
        await cache.Policies.KeepAsync(Domain(1), Cached(3), isUsed: true, null, onlyAfter: false);
        await cache.Policies.KeepAsync(Domain(1), Cached(4) with { FetchedAt = Now.AddMinutes(-2) }, isUsed: true, null, onlyAfter: false);
        Assert.That(cache.Policies.Find(Domain(1))!.Id, Is.EqualTo("id3"));
    }

    [Test]
    public async Task A_policy_that_grows_keeps_to_the_space_and_the_earlier_one_stays()
    {
        var told = new List<PolicyEvent>();
        await using var cache = new Cache(new ScriptedStore(), new FakeTimeProvider(Now), onEvent: told.Add, maxSize: 10_000);
        for (int i = 0; i < 40; i++)
        {
            await cache.KeepAsync(i);
        }

        for (int i = 0; i < 40; i++)
        {
            var grown = StsPolicy.Parse($"version: STSv1\nmode: enforce\nmx: mx{i}.example\nx: {new string('a', 6000)}\nmax_age: 86400\n");
            await cache.Policies.KeepAsync(Domain(i), new CachedPolicy(grown, "grown", Now.AddSeconds(1)), isUsed: true, null, onlyAfter: false);
        }

        Assert.That(cache.Policies.List().Sum(known => known.Policy.Policy.Text.Length), Is.LessThanOrEqualTo(10_000));
        Assert.That(cache.Policies.Count, Is.EqualTo(40));
        Assert.That(told.OfType<PolicyEvent.NotKept>().Count(), Is.AtLeast(38));
    }

    [Test]
    public async Task A_policy_that_is_not_kept_is_never_the_first()
    {
        var told = new List<PolicyEvent>();
        await using var cache = new Cache(new ScriptedStore(), new FakeTimeProvider(Now), maxPolicies: 1, onEvent: told.Add);
        await cache.KeepAsync(1);
        await cache.KeepAsync(2);
        await cache.KeepAsync(2);
        Assert.That(told.Select(one => one.GetType().Name), Is.EqualTo((string[])["FirstSeen", "NotKept", "NotKept"]));
    }

    /// <summary>STS-108. A store is foreign code.</summary>
    [TestCase("throws at once")]
    [TestCase("gives null")]
    [TestCase("blocks")]
    [TestCase("gives another domain's entry")]
    public async Task An_odd_store_holds_nobody_up_and_decides_nothing(string how)
    {
        using var end = new ManualResetEventSlim();
        await using (var cache = new Cache(new OddStore(how, end), new FakeTimeProvider(Now), patience: how == "blocks" ? Short : null))
        {
            await cache.Policies.WaitUntilLoadedAsync().WaitAsync(TimeSpan.FromMinutes(3));
            PolicyEntry?[] found = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => cache.Policies.LookUpAsync(Domain(i), orNewer: true).AsTask()))).WaitAsync(TimeSpan.FromMinutes(3));
            Assert.That(found, Is.All.Null);
            await cache.KeepAsync(1).WaitAsync(TimeSpan.FromMinutes(3));
            Assert.That(cache.Policies.Find(Domain(1)), Is.Not.Null);
            Assert.That(cache.Policies.IsStoreDown, Is.EqualTo(how != "gives null"));
            using var export = new MemoryStream();
            await cache.Policies.ExportAsync(export).WaitAsync(TimeSpan.FromMinutes(3));
            Assert.That(export.Length, Is.Positive);
            end.Set();
        }
    }

    [TestCase("9999-12-31")]
    [TestCase("0001-01-01")]
    public async Task A_fetch_at_the_ends_of_time_can_be_looked_at(string date)
    {
        var store = new ScriptedStore();
        store.Kept[Domain(1)] = Stored(1) with { FetchedAt = DateTimeOffset.Parse(date + "T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture) };
        await using var cache = new Cache(store, new FakeTimeProvider(Now));
        await cache.Policies.WaitUntilLoadedAsync();
        Assert.That(cache.Policies.List().Single().Policy.ExpiresAt, Is.LessThanOrEqualTo(Now.AddDays(1)));
    }

    /// <summary>STS-110. The clock of a full cache jumps ahead and comes back: nothing was given up for it.</summary>
    [Test]
    public async Task A_full_cache_gives_nothing_up_on_the_word_of_a_clock_that_jumped()
    {
        var clock = new SettableClock(new FakeTimeProvider(Now));
        await using var cache = new Cache(new ScriptedStore(), clock, maxPolicies: 2);
        await cache.KeepAsync(1);
        await cache.KeepAsync(2);
        clock.Error = TimeSpan.FromDays(60);
        await cache.Policies.KeepAsync(Domain(3), Cached(3) with { FetchedAt = clock.GetUtcNow() }, isUsed: true, null, onlyAfter: false);
        clock.Error = TimeSpan.Zero;
        Assert.That(cache.Policies.List().Select(known => known.Domain.Value).Order(), Is.EqualTo((string[])["d1.example", "d2.example"]));
    }

    private static DomainName Domain(int number) => DomainName.Parse($"d{number}.example");

    private static CachedPolicy Cached(int number) => new(StsPolicy.Parse($"version: STSv1\nmode: enforce\nmx: mx{number}.example\nmax_age: 86400\n"), $"id{number}", Now);

    private static StoredPolicy Stored(int number) => new(Domain(number), $"id{number}", Cached(number).Policy.Octets, Now, Now, false);

    /// <summary>Lets time pass until it is so, half a minute at each look: the timer of the next retry may not be set yet, or a retry be put off because of a write that is about to end.</summary>
    private static Task UntilRetriedAsync(FakeTimeProvider clock, Func<bool> isSo) => Patience.UntilAsync(isSo, () => clock.Advance(TimeSpan.FromSeconds(31)));

    private sealed class Cache(IPolicyStore store, TimeProvider clock, int maxPolicies = 1000, Action<PolicyEvent>? onEvent = null, long maxSize = 1 << 20, TimeSpan? patience = null) : IAsyncDisposable
    {
        public PolicyCache Policies { get; } = new(Options(maxPolicies, onEvent, maxSize, patience), store, clock, NullLogger.Instance);

        public Task KeepAsync(int number) => Policies.KeepAsync(Domain(number), Cached(number), isUsed: true, null, onlyAfter: false);

        public ValueTask DisposeAsync() => ((IAsyncDisposable)Policies).DisposeAsync();

        private static PolicyOptions Options(int maxPolicies, Action<PolicyEvent>? onEvent, long maxSize, TimeSpan? patience)
        {
            var options = new PolicyOptions { MaxCachedPolicies = maxPolicies, MaxCachedPolicySize = maxSize, OnEvent = onEvent };
            options.StorePatience = patience ?? options.StorePatience;
            return options;
        }
    }

    private sealed class OddStore(string how, ManualResetEventSlim end) : IPolicyStore
    {
        public IAsyncEnumerable<StoredPolicy> ReadAllAsync(CancellationToken cancellationToken) => how switch
        {
            "throws at once" => throw new NotSupportedException("odd"),
            "gives null" => AsyncEnumerable.Repeat<StoredPolicy>(null!, 3),
            _ => AsyncEnumerable.Empty<StoredPolicy>(),
        };

        public ValueTask<StoredPolicy?> FindAsync(DomainName domain, CancellationToken cancellationToken)
        {
            if (how == "blocks")
            {
                end.Wait(CancellationToken.None);
            }

            return how switch
            {
                "throws at once" => throw new TaskCanceledException("odd"),
                "gives another domain's entry" => new ValueTask<StoredPolicy?>(Stored(99)),
                _ => default,
            };
        }

        public Task SaveAsync(IReadOnlyCollection<StoredPolicy> policies, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task RemoveAsync(IReadOnlyCollection<DomainName> domains, CancellationToken cancellationToken) => Task.CompletedTask;
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
