using System.Collections.Concurrent;
using System.Text;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <remarks>As in <see cref="PolicyCacheTests"/> the MX host has no STARTTLS: mail that is deferred shows that mode enforce was applied. Time passes only where a test says so.</remarks>
public sealed class PolicyLifeTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const int Week = 604800;

    private static readonly DomainName Domain = DomainName.Parse("example.test");

    /// <summary>STS-105. RFC 8461 §3.3, §10.2: eight days, one id, a policy of seven days, with mail or without.</summary>
    [TestCase(true, "")]
    [TestCase(false, "")]
    [TestCase(false, "the record is gone")]
    [TestCase(false, "DNS fails")]
    public async Task Eight_days_with_an_unchanged_id_keep_a_seven_day_policy_alive(bool withMail, string trouble)
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(Week);
        await using MailDeliverer deliverer = internet.Deliverer();
        using var refresh = new RefreshRun(deliverer, internet);
        DateTimeOffset fetchedAt = (await deliverer.SendAsync()).Policy.InForce!.FetchedAt;
        if (trouble == "the record is gone")
        {
            domain.NoRecord();
        }
        else if (trouble == "DNS fails")
        {
            internet.Dns.ServFail("_mta-sts.example.test");
        }

        for (int hour = 0; hour < 8 * 24; hour++)
        {
            await refresh.PassAsync(TimeSpan.FromHours(1));
            if (withMail)
            {
                Assert.That((await deliverer.SendAsync()).Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
            }
        }

        Sent last = await deliverer.SendAsync();
        Assert.That(last.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(last.Policy.InForce!.FetchedAt, Is.GreaterThan(fetchedAt.AddDays(7)));
        Assert.That(domain.PolicyHost.Requests, Has.Count.InRange(8, 12), "about one real fetch a day");
    }

    /// <summary>STS-104, STS-107. RFC 8461 §3.2, §3.3: without a refresh max_age is the end, and the operator hears of it before.</summary>
    [TestCase(PolicyMode.Enforce)]
    [TestCase(PolicyMode.None)]
    public async Task Eight_days_with_a_dead_policy_host_let_it_expire_on_time(PolicyMode mode)
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").Policy(mode, "mx1.example.test").MaxAge(Week);
        var events = new ConcurrentQueue<PolicyEvent>();
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Policies.OnEvent = events.Enqueue);
        using var refresh = new RefreshRun(deliverer, internet);
        Sent first = await deliverer.SendAsync();
        DateTimeOffset end = first.Policy.InForce!.ExpiresAt;
        domain.PolicyHost.Down();

        while (internet.Clock.GetUtcNow().AddHours(1) < end)
        {
            await refresh.PassAsync(TimeSpan.FromHours(1));
        }

        await refresh.PassAsync(end - internet.Clock.GetUtcNow());
        Sent last = await deliverer.SendAsync();
        await refresh.PassAsync(TimeSpan.FromSeconds(1));
        Sent after = await deliverer.SendAsync();

        Assert.That((last.Policy.Source, after.Policy.Source), Is.EqualTo((PolicySource.Cache, PolicySource.None)));
        Assert.That((last.Deferred, after.Deferred), Is.EqualTo((mode == PolicyMode.Enforce ? FailureCode.StartTlsNotOffered : (FailureCode?)null, (FailureCode?)null)));
        Assert.That(after.Policy.Fault!.Kind, Is.EqualTo(PolicyFaultKind.ConnectFailed));
        PolicyEvent.RefreshFailing[] failing = [.. events.OfType<PolicyEvent.RefreshFailing>()];
        Assert.That(failing, mode == PolicyMode.None ? Is.Empty : Has.Length.InRange(20, 80), "more often as the end comes near, but never all the time");
        Assert.That(failing.Select(one => one.TimeLeft), Is.Ordered.Descending);
        Assert.That(failing.Select(one => one.Fault.Kind), Is.All.EqualTo(PolicyFaultKind.ConnectFailed));
    }

    /// <summary>STS-106. RFC 8461 §10.2: whoever keeps the policy host away on the last day only comes too late.</summary>
    [Test]
    public async Task A_policy_host_that_is_kept_away_on_the_last_day_changes_nothing()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(Week);
        await using MailDeliverer deliverer = internet.Deliverer();
        using var refresh = new RefreshRun(deliverer, internet);
        await deliverer.SendAsync();
        for (int hour = 0; hour < 150; hour++)
        {
            await refresh.PassAsync(TimeSpan.FromHours(1));
        }

        domain.PolicyHost.Down();
        internet.Dns.ServFail("_mta-sts.example.test");
        for (int hour = 0; hour < 48; hour++)
        {
            await refresh.PassAsync(TimeSpan.FromHours(1));
        }

        Assert.That((await deliverer.SendAsync()).Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
    }

    /// <summary>STS-105. A policy that has grown beyond the room there is: the one before stays, and is not forgotten by the refresh.</summary>
    [Test]
    public async Task A_policy_that_has_outgrown_the_room_is_fetched_again_later()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(Week);
        internet.Domain("large.test").PolicyText(Large("mx.large.test"));
        var events = new ConcurrentQueue<PolicyEvent>();
        await using MailDeliverer deliverer = internet.Deliverer(options =>
        {
            options.Policies.MaxCachedPolicySize = 65536;
            options.Policies.OnEvent = events.Enqueue;
        });
        using var refresh = new RefreshRun(deliverer, internet);
        await deliverer.Policies.PreloadAsync([Domain, DomainName.Parse("large.test")]);

        domain.PolicyText(Large("mx1.example.test"));
        for (int i = 0; i < 2; i++)
        {
            await refresh.PassAsync(TimeSpan.FromDays(1));
        }

        Assert.That(events.OfType<PolicyEvent.NotKept>().Count(), Is.EqualTo(2));

        static string Large(string mx) => $"version: STSv1\nmode: enforce\nmx: {mx}\nmax_age: {Week}\n" + string.Concat(Enumerable.Repeat($"x: {new string('a', 996)}\n", 40));
    }

    /// <summary>STS-105. A policy that nobody asks for is left to expire, and taken up again by the next mail; a pinned one is kept.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_policy_out_of_use_is_refreshed_only_when_it_is_pinned(bool isPinned)
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(90 * 86400);
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Policies.RefreshIfUsedWithin = TimeSpan.FromDays(3));
        using var refresh = new RefreshRun(deliverer, internet);
        await deliverer.SendAsync();
        if (isPinned)
        {
            Assert.That(await deliverer.Policies.Cache.PinAsync(Domain));
        }

        for (int i = 0; i < 10; i++)
        {
            await refresh.PassAsync(TimeSpan.FromDays(1));
        }

        int unused = domain.PolicyHost.Requests.Count;
        await deliverer.SendAsync();
        for (int i = 0; i < 5; i++)
        {
            await refresh.PassAsync(TimeSpan.FromHours(12));
        }

        Assert.That(unused, isPinned ? Is.InRange(9, 14) : Is.InRange(2, 6));
        Assert.That(domain.PolicyHost.Requests, Has.Count.GreaterThan(unused), "in use again");
    }

    /// <summary>STS-109. Throw-away domains, with policies or without, fill the space and push nothing out.</summary>
    [Test]
    public async Task Throw_away_domains_do_not_push_an_enforced_policy_out()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain victim = internet.Domain("example.test").MaxAge(Week);
        var events = new ConcurrentQueue<PolicyEvent>();
        await using MailDeliverer deliverer = internet.Deliverer(options =>
        {
            options.Policies.MaxCachedPolicies = 20;
            options.Policies.MaxCachedRecords = 100;
            options.Policies.OnEvent = events.Enqueue;
        });
        await deliverer.SendAsync();
        for (int i = 0; i < 60; i++)
        {
            internet.Domain($"p{i}.test").Policy(PolicyMode.Enforce, "mx1.example.test").MaxAge(Week);
        }

        DomainName[] flood = [.. Enumerable.Range(0, 1000).Select(i => DomainName.Parse(i < 60 ? $"p{i}.test" : $"n{i}.test"))];
        int found = 0;
        await deliverer.Policies.PreloadAsync(flood, discovery => Interlocked.Add(ref found, discovery.Mode == PolicyMode.Enforce ? 1 : 0));

        internet.Clock.Advance(TimeSpan.FromHours(2));
        internet.Dns.ServFail("_mta-sts.example.test");
        victim.PolicyHost.Down();
        Assert.That((await deliverer.SendAsync()).Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(found, Is.EqualTo(60), "what is not kept is used all the same");
        Assert.That(deliverer.Policies.Cache.Count, Is.EqualTo(20));
        Assert.That(events.OfType<PolicyEvent.NotKept>().Count(), Is.EqualTo(41));
    }

    /// <summary>STS-110. A clock that was a day ahead: the policy is due at once, and lives max_age from now at most.</summary>
    [Test]
    public async Task A_policy_fetched_in_the_future_is_due_and_does_not_live_longer()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(Week);
        var store = new MemoryPolicyStore();
        await using MailDeliverer deliverer = internet.Deliverer(policyStore: store);
        await deliverer.SendAsync();
        StoredPolicy stored = (await store.FindAsync(Domain, default))!;
        await store.SaveAsync([stored with { FetchedAt = stored.FetchedAt.AddDays(400) }], default);
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        using var refresh = new RefreshRun(deliverer, internet);
        await refresh.PassAsync(TimeSpan.FromHours(2));

        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(2), "it was due at once");
        Sent sent = await deliverer.SendAsync();
        Assert.That(sent.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(sent.Policy.InForce!.ExpiresAt, Is.LessThanOrEqualTo(internet.Clock.GetUtcNow().AddDays(7)));
    }

    /// <summary>STS-110. The clock goes back a day while the program runs, and 400 days forward and back.</summary>
    [TestCase(-1)]
    [TestCase(400)]
    public async Task A_jump_of_the_clock_ends_no_policy_for_good(int days)
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(Week);
        var clock = new SettableClock(internet.Clock);
        await using MailDeliverer deliverer = internet.Deliverer(clock);
        using var refresh = new RefreshRun(deliverer, internet, clock);
        await deliverer.SendAsync();
        DateTimeOffset before = internet.Clock.GetUtcNow();
        domain.PolicyHost.Down();

        clock.Error = TimeSpan.FromDays(days);
        Sent during = await deliverer.SendAsync();
        await refresh.PassAsync(TimeSpan.FromHours(1));
        clock.Error = TimeSpan.Zero;
        await refresh.PassAsync(TimeSpan.FromMinutes(20));
        Sent after = await deliverer.SendAsync();

        Assert.That(during.Deferred, Is.EqualTo(days < 0 ? FailureCode.StartTlsNotOffered : (FailureCode?)null));
        Assert.That(after.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(after.Policy.InForce!.ExpiresAt, Is.LessThanOrEqualTo(before.AddDays(7).AddHours(2)));
    }

    /// <summary>AMB-6 left aside: mail does not wait, and the next one is protected.</summary>
    [Test]
    public async Task Whoever_will_not_wait_learns_in_the_background()
    {
        await using FakeInternet internet = await StartAsync();
        var seen = new TaskCompletionSource();
        await using MailDeliverer deliverer = internet.Deliverer(options =>
        {
            options.Policies.FirstContactWait = TimeSpan.Zero;
            options.Policies.OnEvent = happened => _ = happened is PolicyEvent.FirstSeen && seen.TrySetResult();
        });
        Sent first = await deliverer.SendAsync();
        await seen.Task;
        Sent second = await deliverer.SendAsync();

        Assert.That(first.Delivered, Is.Not.Null);
        Assert.That(first.Policy.Fault!.Kind, Is.EqualTo(PolicyFaultKind.NotYetKnown));
        Assert.That(first.Outcome.Explanation, Does.Contain("still being looked for"));
        Assert.That(second.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
    }

    /// <summary>STS-100. A thousand messages to one domain that nobody knows.</summary>
    [Test]
    public async Task A_thousand_callers_share_one_query_and_one_fetch()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        await using MailDeliverer deliverer = internet.Deliverer();
        PolicyDiscovery[] found = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Task.Run(() => deliverer.Policies.DiscoverAsync(Domain).AsTask())));

        Assert.That(found.Select(one => one.Mode), Is.All.EqualTo(PolicyMode.Enforce));
        Assert.That(internet.RecordsAskedFor(), Has.Length.EqualTo(1));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task What_happens_to_policies_is_told()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(Week);
        var events = new ConcurrentQueue<PolicyEvent>();
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Policies.OnEvent = happened =>
        {
            events.Enqueue(happened);
            throw new InvalidOperationException("a listener's own fault");
        });

        await deliverer.SendAsync();
        domain.Policy(PolicyMode.Testing, "mx1.example.test", "*.example.test").MaxAge(86400).PolicyId("b");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        await deliverer.SendAsync();
        domain.Policy(PolicyMode.Enforce, "elsewhere.test").MaxAge(Week).PolicyId("c");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        await deliverer.SendAsync();

        Assert.That(events.Select(one => one.GetType().Name), Is.EqualTo((string[])["FirstSeen", "Changed", "Changed", "CoversNoMxHost"]));
        Assert.That(events.OfType<PolicyEvent.Changed>().Select(one => one.Weaker), Is.EqualTo((PolicyWeakness[])[PolicyWeakness.Mode | PolicyWeakness.MaxAge | PolicyWeakness.Mx, PolicyWeakness.Mx]));
        Assert.That(events.OfType<PolicyEvent.CoversNoMxHost>().Single().MxHosts, Is.EqualTo((DomainName[])[DomainName.Parse("mx1.example.test")]));
    }

    [Test]
    public async Task An_operator_lists_refreshes_pins_and_removes()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(Week);
        await using MailDeliverer deliverer = internet.Deliverer();
        PolicyCache cache = deliverer.Policies.Cache;
        Assert.That((await cache.FindAsync(Domain), cache.Count, await cache.PinAsync(Domain), await cache.RemoveAsync(Domain)), Is.EqualTo(((KnownPolicy?)null, 0, false, false)));

        await deliverer.SendAsync();
        internet.Clock.Advance(TimeSpan.FromHours(1));
        PolicyDiscovery refreshed = await deliverer.Policies.RefreshAsync(Domain);
        Assert.That((refreshed.Source, refreshed.InForce!.FetchedAt), Is.EqualTo((PolicySource.Fetched, internet.Clock.GetUtcNow())));
        Assert.That(await cache.PinAsync(Domain));
        KnownPolicy known = cache.List().Single();
        Assert.That((known.Domain, known.Policy.Policy.Mode, known.IsPinned, known.Policy.FetchedAt), Is.EqualTo((Domain, PolicyMode.Enforce, true, internet.Clock.GetUtcNow())));

        domain.PolicyHost.Down();
        PolicyDiscovery failed = await deliverer.Policies.RefreshAsync(Domain);
        Assert.That((failed.Source, failed.Fault!.Kind), Is.EqualTo((PolicySource.Cache, PolicyFaultKind.ConnectFailed)), "the known one stays");
        Assert.That(await cache.RemoveAsync(Domain));
        Assert.That((await deliverer.SendAsync()).Delivered, Is.Not.Null, "forgotten, and there is nothing to learn");
        Assert.That((await deliverer.Policies.RefreshAsync(DomainName.Parse("nothing.test"))).Source, Is.EqualTo(PolicySource.None));
    }

    [Test]
    public async Task Policies_are_exported_and_imported_with_their_age()
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").MaxAge(Week);
        using var file = new MemoryStream();
        await using (MailDeliverer first = internet.Deliverer())
        {
            await first.SendAsync();
            await first.Policies.Cache.ExportAsync(file);
        }

        internet.Dns.ServFail("_mta-sts.example.test");
        internet.Clock.Advance(TimeSpan.FromDays(6));
        await using MailDeliverer second = internet.Deliverer();
        string lines = Encoding.UTF8.GetString(file.ToArray()) + "\n{\"domain\":\"x\"}\nnonsense\n" + Encoding.UTF8.GetString(file.ToArray()).Replace("mode: enforce", "mode: force", StringComparison.Ordinal);
        ImportResult imported = await second.Policies.Cache.ImportAsync(new MemoryStream(Encoding.UTF8.GetBytes(lines)));
        Assert.That((imported.Imported, imported.LeftOut), Is.EqualTo((1, 0)));
        Assert.That(imported.Faults, Has.Count.EqualTo(3).And.All.StartsWith("line "));
        Assert.That((await second.SendAsync()).Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That((await second.Policies.Cache.ImportAsync(new MemoryStream(file.ToArray()))).LeftOut, Is.EqualTo(1), "the same once more");

        internet.Clock.Advance(TimeSpan.FromDays(1.1));
        Assert.That((await second.SendAsync()).Delivered, Is.Not.Null, "its life was not prolonged");
        Assert.That((await second.Policies.Cache.ImportAsync(new MemoryStream(file.ToArray()))).Imported, Is.Zero, "it has expired");
    }

    private static async Task<FakeInternet> StartAsync()
    {
        FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.MxHost("mx1.example.test").NoStartTls();
        return internet;
    }

    /// <summary>The refresh in the background, and simulated time that passes in its company.</summary>
    private sealed class RefreshRun : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly MailDeliverer _deliverer;
        private readonly FakeInternet _internet;
        private readonly TimeProvider _clock;

        public RefreshRun(MailDeliverer deliverer, FakeInternet internet, TimeProvider? clock = null)
        {
            _deliverer = deliverer;
            _internet = internet;
            _clock = clock ?? internet.Clock;
            Run = deliverer.Policies.RunRefreshAsync(_ended.Token);
        }

        public Task Run { get; }

        /// <summary>Lets time pass, and then the refresh have its turn: until each policy has its next moment.</summary>
        public async Task PassAsync(TimeSpan time)
        {
            _internet.Clock.Advance(time);
            await Patience.UntilAsync(() => Run.IsCompleted || _deliverer.Policies.Cache.List().All(known => known.RefreshAt > _clock.GetUtcNow()));
            Assert.That(Run.IsCompleted, Is.False);
        }

        public void Dispose()
        {
            _ended.Cancel();
            _ended.Dispose();
        }
    }
}
