using System.Globalization;
using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Testing;

/// <summary>What every <see cref="ITlsResultStore"/> must do, as checks that any test framework can run; see <see cref="PolicyStoreContract"/>.</summary>
public static class TlsResultStoreContract
{
    private static readonly DateOnly Monday = new(2026, 1, 12);
    private static readonly DateTimeOffset Noon = new(2026, 1, 12, 12, 0, 0, TimeSpan.Zero);
    private static readonly DomainName Domain = DomainName.Parse("example.test");
    private static readonly TlsPolicyKey Policy = new(TlsPolicyType.Sts, Domain, "version: STSv1\r\nmode: enforce\r\nmx: *.example.test\r\nmax_age: 86400\r\n");
    private static readonly TlsPolicyKey NoPolicy = new(TlsPolicyType.NoPolicyFound, Domain, "");

    private static readonly TlsFailureDetail Expired = new(
        "certificate-expired", "certificate-expired", IPAddress.Parse("192.0.2.1"), "mx1.example.test", "mx \uFFFD \U0001F4E8 '; DROP TABLE", IPAddress.Parse("2001:db8::25"));

    private static readonly TlsFailureDetail FetchError = new("sts-policy-fetch-error", "policy-timeout");

    /// <summary>The checks. Each begins with a store that is empty.</summary>
    public static IReadOnlyList<StoreCheck<ITlsResultStore>> Checks { get; } =
    [
        new("what is added is read as it was", open => WhatIsAddedIsRead(open.Open())),
        new("counts of several batches add up", CountsAddUp),
        new("a batch saved twice counts once", ABatchCountsOnce),
        new("writers number their batches each for themselves", WritersNumberForThemselves),
        new("days, domains and policies are kept apart", DaysDomainsAndPoliciesAreApart),
        new("reports wait for each domain and day before a day", ReportsWait),
        new("a report is saved with its next version", open => AReportIsSaved(open.Open())),
        new("a report that somebody else saved is not saved", AReportIsNotSavedOverAnother),
        new("a report that was sent waits no longer", open => ASentReportWaitsNoLonger(open.Open())),
        new("what is added after the first try belongs to a further report", open => LateCountsAreAFurtherReport(open.Open(), TlsReportState.Waiting)),
        new("what is added after a report was sent belongs to a further report", open => LateCountsAreAFurtherReport(open.Open(), TlsReportState.Sent)),
        new("the reports of one day are saved each for itself", PartsAreSavedEachForItself),
        new("old days are forgotten when they are reported", OldDaysAreForgotten),
        new("what waits is never forgotten", WhatWaitsIsNeverForgotten),
        new("several threads lose nothing", SeveralThreadsLoseNothing),
    ];

    /// <summary>Further checks, for a store that outlives its process: each opens it again.</summary>
    public static IReadOnlyList<StoreCheck<ITlsResultStore>> DurableChecks { get; } =
    [
        new("what is added is there when the store is opened again", open => WhatIsAddedIsRead(open.Open(), open.ReopenAsync)),
        new("a batch saved twice counts once after a restart", ABatchCountsOnceAfterARestart),
        new("a saved report is there when the store is opened again", open => AReportIsSaved(open.Open(), open.ReopenAsync)),
        new("what is added after a restart belongs to a further report", open => LateCountsAreAFurtherReport(open.Open(), TlsReportState.Waiting, open.ReopenAsync)),
        new("a report that was sent waits no longer after a restart", open => ASentReportWaitsNoLonger(open.Open(), open.ReopenAsync)),
    ];

    private static async Task WhatIsAddedIsRead(ITlsResultStore store, Func<Task<ITlsResultStore>>? reopen = null)
    {
        Expect(await store.AddAsync(Batch(1, Counts(Monday, Policy, 5, 2, (Expired, 2), (FetchError, 1)))).ConfigureAwait(false), true, "AddAsync");
        store = reopen is null ? store : await reopen().ConfigureAwait(false);
        await ExpectCounts(store, Monday, "Sts 5/2 certificate-expired=2 sts-policy-fetch-error=1").ConfigureAwait(false);
        IReadOnlyList<TlsResultCounts> read = await store.ReadAsync(Monday, Domain).ConfigureAwait(false);
        Expect(read[0].Policy, Policy, "the policy");
        Expect(read[0].Day, Monday, "the day");
        Expect(read[0].Failures.Any(failure => failure.Failure == Expired), true, "the whole failure detail is there");
        Expect(read[0].Failures.Any(failure => failure.Failure == FetchError), true, "a failure detail with nothing but type and reason is there");
    }

    private static async Task CountsAddUp(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 5, 2, (Expired, 2)))).ConfigureAwait(false);
        await store.AddAsync(Batch(2, Counts(Monday, Policy, 1, 1, (Expired, 1), (FetchError, 1)))).ConfigureAwait(false);
        await store.AddAsync(Batch(7, Counts(Monday, Policy, 3_000_000_000, 0))).ConfigureAwait(false);
        await ExpectCounts(store, Monday, "Sts 3000000006/3 certificate-expired=3 sts-policy-fetch-error=1").ConfigureAwait(false);
    }

    private static async Task ABatchCountsOnce(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        TlsResultBatch second = Batch(2, Counts(Monday, Policy, 1, 0));
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        Expect(await store.AddAsync(second).ConfigureAwait(false), true, "AddAsync");
        Expect(await store.AddAsync(second).ConfigureAwait(false), false, "AddAsync of the same batch");
        Expect(await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false), false, "AddAsync of an earlier batch");
        await ExpectCounts(store, Monday, "Sts 2/0").ConfigureAwait(false);
    }

    private static async Task ABatchCountsOnceAfterARestart(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        store = await open.ReopenAsync().ConfigureAwait(false);
        Expect(await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false), false, "AddAsync of the same batch");
        await ExpectCounts(store, Monday, "Sts 1/0").ConfigureAwait(false);
    }

    private static async Task WritersNumberForThemselves(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        await store.AddAsync(Batch(9, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        Expect(await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0)) with { Writer = new Guid(2, 0, 0, new byte[8]) }).ConfigureAwait(false), true, "AddAsync by another writer");
        await ExpectCounts(store, Monday, "Sts 2/0").ConfigureAwait(false);
    }

    private static async Task DaysDomainsAndPoliciesAreApart(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        TlsPolicyKey elsewhere = Policy with { Domain = DomainName.Parse("other.test") };
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0), Counts(Monday, NoPolicy, 2, 0), Counts(Monday.AddDays(1), Policy, 4, 0), Counts(Monday, elsewhere, 8, 0)))
            .ConfigureAwait(false);
        await ExpectCounts(store, Monday, "NoPolicyFound 2/0; Sts 1/0").ConfigureAwait(false);
        await ExpectCounts(store, Monday.AddDays(1), "Sts 4/0").ConfigureAwait(false);
        await ExpectCounts(store, Monday.AddDays(2), "").ConfigureAwait(false);
    }

    private static async Task ReportsWait(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0), Counts(Monday, NoPolicy, 1, 0), Counts(Monday.AddDays(1), Policy, 1, 0))).ConfigureAwait(false);
        Expect((await store.FindWaitingAsync(Monday).ConfigureAwait(false)).Count, 0, "reports of days before the only ones");
        IReadOnlyList<TlsReportJob> waiting = await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false);
        Expect(waiting.Count, 1, "reports of Monday");
        Expect(waiting[0], New(Monday), "a report that was never saved");
        Expect((await store.FindWaitingAsync(Monday.AddDays(2)).ConfigureAwait(false)).Count, 2, "reports of both days");
    }

    private static async Task AReportIsSaved(ITlsResultStore store, Func<Task<ITlsResultStore>>? reopen = null)
    {
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        TlsReportJob tried = New(Monday) with { ReportId = "1@sender.example", NextAttempt = Noon.AddMilliseconds(1), FirstAttempt = Noon, Attempts = 1, Detail = "mail: déjà" };
        Expect(await store.SaveAsync(tried).ConfigureAwait(false), true, "SaveAsync");
        store = reopen is null ? store : await reopen().ConfigureAwait(false);
        Expect((await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false))[0], tried with { Version = 1 }, "the saved report");
        Expect(await store.SaveAsync(tried with { Version = 1, Attempts = 2 }).ConfigureAwait(false), true, "SaveAsync of the next version");
        Expect((await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false))[0], tried with { Version = 2, Attempts = 2 }, "the report saved again");
        await ExpectCounts(store, Monday, "Sts 1/0").ConfigureAwait(false);
    }

    private static async Task AReportIsNotSavedOverAnother(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        Expect(await store.SaveAsync(New(Monday) with { ReportId = "1@a.example" }).ConfigureAwait(false), true, "SaveAsync");
        Expect(await store.SaveAsync(New(Monday) with { ReportId = "2@b.example" }).ConfigureAwait(false), false, "SaveAsync with an old version");
        Expect((await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false))[0].ReportId, "1@a.example", "the report's id");
    }

    private static async Task ASentReportWaitsNoLonger(ITlsResultStore store, Func<Task<ITlsResultStore>>? reopen = null)
    {
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        Expect(await store.SaveAsync(New(Monday) with { State = TlsReportState.Sent }).ConfigureAwait(false), true, "SaveAsync");
        store = reopen is null ? store : await reopen().ConfigureAwait(false);
        Expect((await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false)).Count, 0, "waiting reports");
        Expect(await store.SaveAsync(New(Monday)).ConfigureAwait(false), false, "SaveAsync of the report as new");
    }

    private static async Task LateCountsAreAFurtherReport(ITlsResultStore store, TlsReportState state, Func<Task<ITlsResultStore>>? reopen = null)
    {
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 1, (Expired, 1)))).ConfigureAwait(false);
        TlsReportJob planned = New(Monday) with { ReportId = "1@a.example" };
        await store.SaveAsync(planned).ConfigureAwait(false);
        await store.AddAsync(Batch(2, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        TlsReportJob tried = planned with { Version = 1, FirstAttempt = Noon, Attempts = 1 };
        await store.SaveAsync(tried).ConfigureAwait(false);
        if (state != TlsReportState.Waiting)
        {
            await store.SaveAsync(tried with { Version = 2, State = state }).ConfigureAwait(false);
        }

        store = reopen is null ? store : await reopen().ConfigureAwait(false);
        await store.AddAsync(Batch(3, Counts(Monday, Policy, 0, 2, (Expired, 2)))).ConfigureAwait(false);
        await store.AddAsync(Batch(4, Counts(Monday, Policy, 4, 0))).ConfigureAwait(false);
        await ExpectCounts(store, Monday, state == TlsReportState.Waiting ? "Sts 2/1 certificate-expired=1" : "").ConfigureAwait(false);
        await ExpectCounts(store, Monday, "Sts 4/2 certificate-expired=2", part: 1).ConfigureAwait(false);
        TlsReportJob[] waiting = [.. (await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false)).OrderBy(job => job.Part)];
        Expect(waiting.Length, state == TlsReportState.Waiting ? 2 : 1, "waiting reports");
        Expect(waiting[^1], New(Monday) with { Part = 1 }, "the further report");
    }

    private static async Task PartsAreSavedEachForItself(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        for (int part = 0; part < 3; part++)
        {
            await store.AddAsync(Batch(part + 1, Counts(Monday, Policy, part + 1, 0))).ConfigureAwait(false);
            Expect(await store.SaveAsync(New(Monday) with { Part = part, FirstAttempt = Noon }).ConfigureAwait(false), true, $"SaveAsync of part {part}");
        }

        Expect(await store.SaveAsync(New(Monday) with { Part = 1, Version = 1, FirstAttempt = Noon, State = TlsReportState.Sent }).ConfigureAwait(false), true, "SaveAsync of part 1 as sent");
        await ExpectCounts(store, Monday, "Sts 1/0").ConfigureAwait(false);
        await ExpectCounts(store, Monday, "", part: 1).ConfigureAwait(false);
        await ExpectCounts(store, Monday, "Sts 3/0", part: 2).ConfigureAwait(false);
    }

    private static async Task WhatWaitsIsNeverForgotten(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0), Counts(Monday.AddDays(1), Policy, 2, 0))).ConfigureAwait(false);
        TlsReportJob tried = New(Monday) with { ReportId = "1@a.example", FirstAttempt = Noon, Attempts = 1 };
        await store.SaveAsync(tried).ConfigureAwait(false);
        await store.RemoveAsync(Monday.AddDays(10_000)).ConfigureAwait(false);
        await ExpectCounts(store, Monday, "Sts 1/0").ConfigureAwait(false);
        await ExpectCounts(store, Monday.AddDays(1), "Sts 2/0").ConfigureAwait(false);
        IReadOnlyList<TlsReportJob> waiting = await store.FindWaitingAsync(Monday.AddDays(2)).ConfigureAwait(false);
        Expect(waiting.Count, 2, "waiting reports");
        Expect(waiting.Contains(tried with { Version = 1 }), true, "the report that was tried is as it was");
    }

    private static async Task OldDaysAreForgotten(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0), Counts(Monday.AddDays(1), Policy, 2, 0))).ConfigureAwait(false);
        await store.SaveAsync(New(Monday) with { State = TlsReportState.Sent }).ConfigureAwait(false);
        await store.RemoveAsync(Monday).ConfigureAwait(false);
        Expect(await store.SaveAsync(New(Monday)).ConfigureAwait(false), false, "SaveAsync of a report of a day that is not so old");
        await store.RemoveAsync(Monday.AddDays(1)).ConfigureAwait(false);
        await ExpectCounts(store, Monday, "").ConfigureAwait(false);
        await ExpectCounts(store, Monday.AddDays(1), "Sts 2/0").ConfigureAwait(false);
        Expect((await store.FindWaitingAsync(Monday.AddDays(3)).ConfigureAwait(false)).Count, 1, "waiting reports");
        Expect(await store.SaveAsync(New(Monday)).ConfigureAwait(false), true, "SaveAsync of a report that was forgotten");
    }

    private static async Task SeveralThreadsLoseNothing(StoreOpening<ITlsResultStore> open)
    {
        ITlsResultStore store = open.Open();
        await Task.WhenAll(Enumerable.Range(1, 4).Select(writer => Task.Run(async () =>
        {
            for (int number = 1; number <= 25; number++)
            {
                await store.AddAsync(Batch(number, Counts(Monday, Policy, 1, 1, (Expired, 1))) with { Writer = new Guid(writer, 0, 0, new byte[8]) }).ConfigureAwait(false);
            }
        }))).ConfigureAwait(false);
        await ExpectCounts(store, Monday, "Sts 100/100 certificate-expired=100").ConfigureAwait(false);
    }

    private static TlsReportJob New(DateOnly day) => new(day, Domain, 0, 0, TlsReportState.Waiting, null, DateTimeOffset.MinValue, null, 0, "");

    private static TlsResultBatch Batch(long number, params TlsResultCounts[] results) => new(new Guid(1, 0, 0, new byte[8]), number, Noon, results);

    private static TlsResultCounts Counts(DateOnly day, TlsPolicyKey policy, long successful, long failed, params (TlsFailureDetail Failure, long Sessions)[] failures) =>
        new(day, policy, new TlsSessionCounts(successful, failed), [.. failures.Select(one => new TlsFailureCount(one.Failure, one.Sessions))]);

    private static async Task ExpectCounts(ITlsResultStore store, DateOnly day, string expected, int part = 0)
    {
        IReadOnlyList<TlsResultCounts> read = await store.ReadAsync(day, Domain, part).ConfigureAwait(false);
        IEnumerable<string> texts = read.OrderBy(counts => counts.Policy.Type).Select(counts => string.Create(CultureInfo.InvariantCulture,
            $"{counts.Policy.Type} {counts.Sessions.Successful}/{counts.Sessions.Failed} {string.Join(' ', counts.Failures.OrderBy(one => one.Failure.ResultType, StringComparer.Ordinal).Select(one => $"{one.Failure.ResultType}={one.Sessions}"))}").TrimEnd());
        Expect(string.Join("; ", texts), expected, $"the counts of {day:yyyy-MM-dd}");
    }

    private static void Expect<T>(T found, T expected, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(found, expected))
        {
            throw new StoreContractException($"{what}: expected {expected}, found {found}.");
        }
    }
}
