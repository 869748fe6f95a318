using System.Net;
using Microsoft.Extensions.Time.Testing;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Reporting;

public sealed class TlsResultCollectorTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly Day = new(2026, 1, 31);
    private static readonly DomainName Domain = DomainName.Parse("example.com");
    private static readonly TlsPolicyKey Policy = new(TlsPolicyType.Sts, Domain, "one");
    private static readonly TlsFailureDetail Expired = new("certificate-expired", "certificate-expired", IPAddress.Loopback, "mx1.example.com");

    /// <summary>RPT-12, RPT-13, RPT-17, RPT-21. RFC 8460 §4.</summary>
    [Test]
    public async Task Sessions_are_counted_by_policy_and_equal_failures_together()
    {
        var store = new MemoryTlsResultStore();
        await using var collector = new TlsResultCollector(store);
        for (int i = 0; i < 3; i++)
        {
            collector.Record(new TlsSessionResult(Noon, Policy, true, []));
            collector.Record(new TlsSessionResult(Noon, Policy, false, [Expired, new TlsFailureDetail("certificate-host-mismatch", "x")]));
        }

        await collector.FlushAsync();
        collector.Record(new TlsSessionResult(Noon, Policy, false, [Expired]));
        collector.Record(new TlsSessionResult(Noon, Policy with { Text = "two" }, true, []));
        await collector.FlushAsync();
        await collector.FlushAsync();

        IReadOnlyList<TlsResultCounts> read = await store.ReadAsync(Day, Domain);
        Assert.That(read, Has.Count.EqualTo(2));
        TlsResultCounts one = read.Single(counts => counts.Policy.Text == "one");
        Assert.That(one.Sessions, Is.EqualTo(new TlsSessionCounts(3, 4)));
        Assert.That(one.Failures.Single(failure => failure.Failure == Expired).Sessions, Is.EqualTo(4));
        Assert.That(one.Failures.Sum(failure => failure.Sessions), Is.EqualTo(7));
    }

    /// <summary>RPT-25. RFC 8460 §4.1.</summary>
    [Test]
    public async Task A_session_counts_for_its_UTC_day()
    {
        var store = new MemoryTlsResultStore();
        await using var collector = new TlsResultCollector(store);
        collector.Record(new TlsSessionResult(new DateTimeOffset(2026, 2, 1, 12, 59, 59, 999, TimeSpan.FromHours(13)), Policy, true, []));
        collector.Record(new TlsSessionResult(new DateTimeOffset(2026, 2, 1, 13, 0, 0, TimeSpan.FromHours(13)), Policy, true, []));
        await collector.FlushAsync();
        Assert.That((await store.ReadAsync(Day, Domain)).Single().Sessions.Successful, Is.EqualTo(1));
        Assert.That((await store.ReadAsync(Day.AddDays(1), Domain)).Single().Sessions.Successful, Is.EqualTo(1));
    }

    /// <summary>RPT-21, RPT-66.</summary>
    [Test]
    public async Task A_million_names_of_one_server_take_little_room_and_every_session_counts()
    {
        var store = new MemoryTlsResultStore();
        await using var collector = new TlsResultCollector(store);
        for (int i = 0; i < 1_000_000; i++)
        {
            collector.Record(new TlsSessionResult(Noon, Policy, false, [Expired with { Helo = FormattableString.Invariant($"host{i}.example") }]));
        }

        await collector.FlushAsync();
        TlsResultCounts read = (await store.ReadAsync(Day, Domain)).Single();
        Assert.That(read.Sessions, Is.EqualTo(new TlsSessionCounts(0, 1_000_000)));
        Assert.That(read.Failures, Has.Count.EqualTo(101));
        Assert.That(read.Failures.Sum(failure => failure.Sessions), Is.EqualTo(1_000_000));
        Assert.That(read.Failures.MaxBy(failure => failure.Sessions).Failure, Is.EqualTo(new TlsFailureDetail("certificate-expired", "certificate-expired")));
    }

    [Test]
    public async Task Beyond_the_highest_number_of_policies_nothing_grows()
    {
        var store = new MemoryTlsResultStore();
        await using var collector = new TlsResultCollector(store, new CollectorOptions { MaxPoliciesPerDay = 2 });
        foreach (string text in (string[])["a", "b", "c", "a"])
        {
            collector.Record(new TlsSessionResult(Noon, Policy with { Text = text }, true, []));
        }

        await collector.FlushAsync();
        Assert.That((await store.ReadAsync(Day, Domain)).Select(counts => (counts.Policy.Text, counts.Sessions.Successful)), Is.EquivalentTo([("a", 2L), ("b", 1L)]));
        collector.Record(new TlsSessionResult(Noon.AddDays(1), Policy with { Text = "c" }, true, []));
        await collector.FlushAsync();
        Assert.That((await store.ReadAsync(Day.AddDays(1), Domain)).Single().Sessions.Successful, Is.EqualTo(1), "the day before is forgotten");
    }

    [Test]
    public async Task Long_policies_of_many_domains_do_not_fill_the_memory()
    {
        var store = new MemoryTlsResultStore();
        await using var collector = new TlsResultCollector(store);
        string text = new('x', 10 * 1024 * 1024);
        for (int i = 0; i < 5; i++)
        {
            collector.Record(new TlsSessionResult(Noon, Policy with { Text = text + i }, true, []));
        }

        await collector.FlushAsync();
        Assert.That(await store.ReadAsync(Day, Domain), Has.Count.EqualTo(3));
    }

    /// <summary>RPT-27.</summary>
    [Test]
    public async Task What_the_store_did_not_take_is_offered_again_and_counts_once()
    {
        var store = new Flaky();
        await using var collector = new TlsResultCollector(store);
        collector.Record(new TlsSessionResult(Noon, Policy, true, []));
        await Assert.ThrowsAsync<TlsResultStoreException>(() => collector.FlushAsync());
        collector.Record(new TlsSessionResult(Noon, Policy, true, []));
        await Assert.ThrowsAsync<TlsResultStoreException>(() => collector.FlushAsync());
        store.Answers = true;
        await collector.FlushAsync();
        Assert.That((await store.Inner.ReadAsync(Day, Domain)).Single().Sessions.Successful, Is.EqualTo(2));
    }

    /// <summary>RPT-27.</summary>
    [Test]
    public async Task Counts_go_to_the_store_every_second_and_at_the_end()
    {
        var clock = new FakeTimeProvider(Noon);
        var store = new MemoryTlsResultStore();
        var collector = new TlsResultCollector(store, clock: clock);
        collector.Record(new TlsSessionResult(Noon, Policy, true, []));
        while ((await store.ReadAsync(Day, Domain)).Count == 0)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        collector.Record(new TlsSessionResult(Noon, Policy, true, []));
        await collector.DisposeAsync();
        Assert.That((await store.ReadAsync(Day, Domain)).Single().Sessions.Successful, Is.EqualTo(2));
    }

    /// <summary>RPT-27.</summary>
    [Test]
    public async Task A_store_with_a_time_limit_of_its_own_does_not_end_the_counting()
    {
        var clock = new FakeTimeProvider(Noon);
        var store = new Flaky { Failure = new TaskCanceledException("The driver's own limit."), Answers = true };
        await using var collector = new TlsResultCollector(store, clock: clock);
        collector.Record(new TlsSessionResult(Noon, Policy, true, []));
        await UntilAsync(clock, () => Task.FromResult(store.Failed.Task.IsCompleted));
        collector.Record(new TlsSessionResult(Noon, Policy, true, []));
        await UntilAsync(clock, async () => (await store.Inner.ReadAsync(Day, Domain)).Sum(counts => counts.Sessions.Successful) == 2);
    }

    /// <summary>RPT-27.</summary>
    [Test]
    public async Task The_end_flushes_though_the_store_failed_before()
    {
        var clock = new FakeTimeProvider(Noon);
        var store = new Flaky { Failure = new OperationCanceledException("The driver's own limit."), Answers = true };
        var collector = new TlsResultCollector(store, clock: clock);
        collector.Record(new TlsSessionResult(Noon, Policy, true, []));
        await UntilAsync(clock, () => Task.FromResult(store.Failed.Task.IsCompleted));
        await collector.DisposeAsync();
        Assert.That((await store.Inner.ReadAsync(Day, Domain)).Single().Sessions.Successful, Is.EqualTo(1));
    }

    [Test]
    public async Task A_store_that_never_answers_does_not_hold_up_the_end_and_what_is_lost_is_logged()
    {
        var clock = new FakeTimeProvider(Noon);
        var log = new RecordingLogs();
        var collector = new TlsResultCollector(new Flaky { Hangs = true }, clock: clock, loggers: log);
        for (int i = 0; i < 3; i++)
        {
            collector.Record(new TlsSessionResult(Noon, Policy, i == 0, []));
        }

        Task ended = collector.DisposeAsync().AsTask();
        await UntilAsync(clock, () => Task.FromResult(ended.IsCompleted));
        await ended;
        Assert.That(clock.GetUtcNow() - Noon, Is.LessThan(TimeSpan.FromMinutes(2)));
        Assert.That(log.Lines.Select(line => line.Text), Has.Some.Contains("The results of 3 sessions are lost"));
    }

    /// <summary>RPT-25. A clock that was wrong for one session costs the later days nothing.</summary>
    [TestCase(400)]
    [TestCase(-400)]
    public async Task One_session_on_a_day_far_away_leaves_the_room_of_the_others(int days)
    {
        var store = new MemoryTlsResultStore();
        await using var collector = new TlsResultCollector(store, new CollectorOptions { MaxPoliciesPerDay = 2 });
        collector.Record(new TlsSessionResult(Noon.AddDays(days), Policy, true, []));
        await collector.FlushAsync();
        for (int day = 0; day < 20; day++)
        {
            foreach (string text in (string[])["a", "b"])
            {
                collector.Record(new TlsSessionResult(Noon.AddDays(day), Policy with { Text = text }, true, []));
            }

            await collector.FlushAsync();
            Assert.That(await store.ReadAsync(Day.AddDays(day), Domain), Has.Count.EqualTo(2), $"day {day}");
        }

        Assert.That(await store.ReadAsync(Day.AddDays(days), Domain), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_clock_that_runs_wild_while_the_store_is_down_does_not_fill_the_memory()
    {
        var store = new Flaky();
        await using var collector = new TlsResultCollector(store);
        for (int day = 0; day < 1000; day++)
        {
            collector.Record(new TlsSessionResult(Noon.AddDays(day), Policy, true, []));
        }

        store.Answers = true;
        await collector.FlushAsync();
        Assert.That(await store.FindWaitingAsync(DateOnly.MaxValue), Has.Count.EqualTo(8));
    }

    [Test]
    public async Task Recording_a_known_policy_and_failure_allocates_nothing()
    {
        await using var collector = new TlsResultCollector(new MemoryTlsResultStore());
        TlsFailureDetail[] details = [Expired];
        collector.Record(new TlsSessionResult(Noon, Policy, false, details));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            collector.Record(new TlsSessionResult(Noon, Policy, false, details));
            collector.Record(new TlsSessionResult(Noon, Policy, true, []));
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static Task UntilAsync(FakeTimeProvider clock, Func<Task<bool>> isSo) => Patience.UntilAsync(isSo, () => clock.Advance(TimeSpan.FromMilliseconds(100)));

    /// <summary>A store that keeps the batch and loses the answer.</summary>
    private sealed class Flaky : ITlsResultStore
    {
        public MemoryTlsResultStore Inner { get; } = new();

        public bool Answers { get; set; }

        public bool Hangs { get; init; }

        /// <summary>Thrown once, before anything is taken.</summary>
        public Exception? Failure { get; set; }

        public TaskCompletionSource Failed { get; } = new();

        public async Task<bool> AddAsync(TlsResultBatch batch, CancellationToken cancellationToken = default)
        {
            if (Hangs)
            {
                await new TaskCompletionSource().Task;
            }

            if (Failure is { } failure)
            {
                Failure = null;
                Failed.TrySetResult();
                throw failure;
            }

            bool added = await Inner.AddAsync(batch, cancellationToken);
            return Answers ? added : throw new TlsResultStoreException("The answer was lost.");
        }

        public Task<IReadOnlyList<TlsReportJob>> FindWaitingAsync(DateOnly before, CancellationToken cancellationToken = default) => Inner.FindWaitingAsync(before, cancellationToken);

        public Task<IReadOnlyList<TlsResultCounts>> ReadAsync(DateOnly day, DomainName domain, int part = 0, CancellationToken cancellationToken = default) =>
            Inner.ReadAsync(day, domain, part, cancellationToken);

        public Task<bool> SaveAsync(TlsReportJob job, CancellationToken cancellationToken = default) => Inner.SaveAsync(job, cancellationToken);

        public Task RemoveAsync(DateOnly before, CancellationToken cancellationToken = default) => Inner.RemoveAsync(before, cancellationToken);
    }
}
