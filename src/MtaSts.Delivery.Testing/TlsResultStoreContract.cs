using System.Globalization;
using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Testing;

/// <summary>What every <see cref="ITlsResultStore"/> must do, as checks that need no test framework.</summary>
/// <param name="open">Opens the store. The first call of a check opens an empty one; a later call within the same check opens it again, as after a restart,
/// or gives the same store when it does not outlive the process.</param>
public sealed class TlsResultStoreContract(Func<Task<ITlsResultStore>> open)
{
    private static readonly DateOnly Monday = new(2026, 1, 12);
    private static readonly DateTimeOffset Noon = new(2026, 1, 12, 12, 0, 0, TimeSpan.Zero);
    private static readonly DomainName Domain = DomainName.Parse("example.test");
    private static readonly TlsPolicyKey Policy = new(TlsPolicyType.Sts, Domain, "version: STSv1\r\nmode: enforce\r\nmx: *.example.test\r\nmax_age: 86400\r\n");
    private static readonly TlsPolicyKey NoPolicy = new(TlsPolicyType.NoPolicyFound, Domain, "");

    private static readonly TlsFailureDetail Expired = new(
        "certificate-expired", "certificate-expired", IPAddress.Parse("192.0.2.1"), "mx1.example.test", "mx \uFFFD \U0001F4E8 '; DROP TABLE", IPAddress.Parse("2001:db8::25"));

    private static readonly TlsFailureDetail FetchError = new("sts-policy-fetch-error", "policy-timeout");

    private static readonly Dictionary<string, Func<TlsResultStoreContract, Task>> Checks = new()
    {
        ["what is added is read as it was"] = one => one.WhatIsAddedIsRead(),
        ["counts of several batches add up"] = one => one.CountsAddUp(),
        ["a batch saved twice counts once"] = one => one.ABatchCountsOnce(),
        ["a batch saved twice counts once after a restart"] = one => one.ABatchCountsOnceAfterARestart(),
        ["writers number their batches each for themselves"] = one => one.WritersNumberForThemselves(),
        ["days, domains and policies are kept apart"] = one => one.DaysDomainsAndPoliciesAreApart(),
        ["reports wait for each domain and day before a day"] = one => one.ReportsWait(),
        ["a report is saved with its next version"] = one => one.AReportIsSaved(),
        ["a report that somebody else saved is not saved"] = one => one.AReportIsNotSavedOverAnother(),
        ["a report that was sent waits no longer"] = one => one.ASentReportWaitsNoLonger(),
        ["old days are forgotten"] = one => one.OldDaysAreForgotten(),
        ["several threads lose nothing"] = one => one.SeveralThreadsLoseNothing(),
    };

    /// <summary>The names of the checks, each a sentence.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Checks.Keys];

    /// <summary>Runs one check with a store of its own.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InvalidOperationException">The store does not do it; the message says what it did.</exception>
    public Task CheckAsync(string name) => Checks[name](this);

    private async Task WhatIsAddedIsRead()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        Expect(await store.AddAsync(Batch(1, Counts(Monday, Policy, 5, 2, (Expired, 2), (FetchError, 1)))).ConfigureAwait(false), true, "AddAsync");
        store = await open().ConfigureAwait(false);
        await ExpectCounts(store, Monday, "Sts 5/2 certificate-expired=2 sts-policy-fetch-error=1").ConfigureAwait(false);
        IReadOnlyList<TlsResultCounts> read = await store.ReadAsync(Monday, Domain).ConfigureAwait(false);
        Expect(read[0].Policy, Policy, "the policy");
        Expect(read[0].Day, Monday, "the day");
        Expect(read[0].Failures.Any(failure => failure.Failure == Expired), true, "the whole failure detail is there");
        Expect(read[0].Failures.Any(failure => failure.Failure == FetchError), true, "a failure detail with nothing but type and reason is there");
    }

    private async Task CountsAddUp()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 5, 2, (Expired, 2)))).ConfigureAwait(false);
        await store.AddAsync(Batch(2, Counts(Monday, Policy, 1, 1, (Expired, 1), (FetchError, 1)))).ConfigureAwait(false);
        await store.AddAsync(Batch(7, Counts(Monday, Policy, 3_000_000_000, 0))).ConfigureAwait(false);
        await ExpectCounts(store, Monday, "Sts 3000000006/3 certificate-expired=3 sts-policy-fetch-error=1").ConfigureAwait(false);
    }

    private async Task ABatchCountsOnce()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        TlsResultBatch second = Batch(2, Counts(Monday, Policy, 1, 0));
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        Expect(await store.AddAsync(second).ConfigureAwait(false), true, "AddAsync");
        Expect(await store.AddAsync(second).ConfigureAwait(false), false, "AddAsync of the same batch");
        Expect(await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false), false, "AddAsync of an earlier batch");
        await ExpectCounts(store, Monday, "Sts 2/0").ConfigureAwait(false);
    }

    private async Task ABatchCountsOnceAfterARestart()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        store = await open().ConfigureAwait(false);
        Expect(await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false), false, "AddAsync of the same batch");
        await ExpectCounts(store, Monday, "Sts 1/0").ConfigureAwait(false);
    }

    private async Task WritersNumberForThemselves()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        await store.AddAsync(Batch(9, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        Expect(await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0)) with { Writer = new Guid(2, 0, 0, new byte[8]) }).ConfigureAwait(false), true, "AddAsync by another writer");
        await ExpectCounts(store, Monday, "Sts 2/0").ConfigureAwait(false);
    }

    private async Task DaysDomainsAndPoliciesAreApart()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        TlsPolicyKey elsewhere = Policy with { Domain = DomainName.Parse("other.test") };
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0), Counts(Monday, NoPolicy, 2, 0), Counts(Monday.AddDays(1), Policy, 4, 0), Counts(Monday, elsewhere, 8, 0)))
            .ConfigureAwait(false);
        await ExpectCounts(store, Monday, "NoPolicyFound 2/0; Sts 1/0").ConfigureAwait(false);
        await ExpectCounts(store, Monday.AddDays(1), "Sts 4/0").ConfigureAwait(false);
        await ExpectCounts(store, Monday.AddDays(2), "").ConfigureAwait(false);
    }

    private async Task ReportsWait()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0), Counts(Monday, NoPolicy, 1, 0), Counts(Monday.AddDays(1), Policy, 1, 0))).ConfigureAwait(false);
        Expect((await store.FindWaitingAsync(Monday).ConfigureAwait(false)).Count, 0, "reports of days before the only ones");
        IReadOnlyList<TlsReportJob> waiting = await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false);
        Expect(waiting.Count, 1, "reports of Monday");
        Expect(waiting[0], New(Monday), "a report that was never saved");
        Expect((await store.FindWaitingAsync(Monday.AddDays(2)).ConfigureAwait(false)).Count, 2, "reports of both days");
    }

    private async Task AReportIsSaved()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        TlsReportJob tried = New(Monday) with { ReportId = "1@sender.example", NextAttempt = Noon.AddMilliseconds(1), FirstAttempt = Noon, Attempts = 1, Detail = "mail: déjà" };
        Expect(await store.SaveAsync(tried).ConfigureAwait(false), true, "SaveAsync");
        store = await open().ConfigureAwait(false);
        Expect((await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false))[0], tried with { Version = 1 }, "the saved report");
        Expect(await store.SaveAsync(tried with { Version = 1, Attempts = 2 }).ConfigureAwait(false), true, "SaveAsync of the next version");
        Expect((await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false))[0], tried with { Version = 2, Attempts = 2 }, "the report saved again");
        await ExpectCounts(store, Monday, "Sts 1/0").ConfigureAwait(false);
    }

    private async Task AReportIsNotSavedOverAnother()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        Expect(await store.SaveAsync(New(Monday) with { ReportId = "1@a.example" }).ConfigureAwait(false), true, "SaveAsync");
        Expect(await store.SaveAsync(New(Monday) with { ReportId = "2@b.example" }).ConfigureAwait(false), false, "SaveAsync with an old version");
        Expect((await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false))[0].ReportId, "1@a.example", "the report's id");
    }

    private async Task ASentReportWaitsNoLonger()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        Expect(await store.SaveAsync(New(Monday) with { State = TlsReportState.Sent }).ConfigureAwait(false), true, "SaveAsync");
        await store.AddAsync(Batch(2, Counts(Monday, Policy, 1, 0))).ConfigureAwait(false);
        store = await open().ConfigureAwait(false);
        Expect((await store.FindWaitingAsync(Monday.AddDays(1)).ConfigureAwait(false)).Count, 0, "waiting reports");
        Expect(await store.SaveAsync(New(Monday)).ConfigureAwait(false), false, "SaveAsync of the report as new");
    }

    private async Task OldDaysAreForgotten()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        await store.AddAsync(Batch(1, Counts(Monday, Policy, 1, 0), Counts(Monday.AddDays(1), Policy, 2, 0))).ConfigureAwait(false);
        await store.SaveAsync(New(Monday) with { State = TlsReportState.Sent }).ConfigureAwait(false);
        await store.RemoveAsync(Monday.AddDays(1)).ConfigureAwait(false);
        await ExpectCounts(store, Monday, "").ConfigureAwait(false);
        await ExpectCounts(store, Monday.AddDays(1), "Sts 2/0").ConfigureAwait(false);
        Expect((await store.FindWaitingAsync(Monday.AddDays(3)).ConfigureAwait(false)).Count, 1, "waiting reports");
        Expect(await store.SaveAsync(New(Monday)).ConfigureAwait(false), true, "SaveAsync of a report that was forgotten");
    }

    private async Task SeveralThreadsLoseNothing()
    {
        ITlsResultStore store = await open().ConfigureAwait(false);
        await Task.WhenAll(Enumerable.Range(1, 4).Select(writer => Task.Run(async () =>
        {
            for (int number = 1; number <= 25; number++)
            {
                await store.AddAsync(Batch(number, Counts(Monday, Policy, 1, 1, (Expired, 1))) with { Writer = new Guid(writer, 0, 0, new byte[8]) }).ConfigureAwait(false);
            }
        }))).ConfigureAwait(false);
        await ExpectCounts(store, Monday, "Sts 100/100 certificate-expired=100").ConfigureAwait(false);
    }

    private static TlsReportJob New(DateOnly day) => new(day, Domain, 0, TlsReportState.Waiting, null, DateTimeOffset.MinValue, null, 0, "");

    private static TlsResultBatch Batch(long number, params TlsResultCounts[] results) => new(new Guid(1, 0, 0, new byte[8]), number, Noon, results);

    private static TlsResultCounts Counts(DateOnly day, TlsPolicyKey policy, long successful, long failed, params (TlsFailureDetail Failure, long Sessions)[] failures) =>
        new(day, policy, new TlsSessionCounts(successful, failed), [.. failures.Select(one => new TlsFailureCount(one.Failure, one.Sessions))]);

    private static async Task ExpectCounts(ITlsResultStore store, DateOnly day, string expected)
    {
        IReadOnlyList<TlsResultCounts> read = await store.ReadAsync(day, Domain).ConfigureAwait(false);
        IEnumerable<string> texts = read.OrderBy(counts => counts.Policy.Type).Select(counts => string.Create(CultureInfo.InvariantCulture,
            $"{counts.Policy.Type} {counts.Sessions.Successful}/{counts.Sessions.Failed} {string.Join(' ', counts.Failures.OrderBy(one => one.Failure.ResultType, StringComparer.Ordinal).Select(one => $"{one.Failure.ResultType}={one.Sessions}"))}").TrimEnd());
        Expect(string.Join("; ", texts), expected, $"the counts of {day:yyyy-MM-dd}");
    }

    private static void Expect<T>(T found, T expected, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(found, expected))
        {
            throw new InvalidOperationException($"{what}: expected {expected}, found {found}.");
        }
    }
}
