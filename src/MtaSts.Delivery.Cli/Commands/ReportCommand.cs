using System.CommandLine;
using System.Globalization;
using MtaSts.Delivery.Cli.Lint;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>report</c>: received TLS reports, summed up.</summary>
internal static class ReportCommand
{
    private const int MaxFiles = 100_000;

    public static Command Create(Surroundings around)
    {
        var paths = new Argument<string[]>("PATH") { Description = "Reports (JSON, gzip, or whole mails), or folders of them; - for standard input.", Arity = ArgumentArity.OneOrMore };
        Option<bool> json = Common.JsonOption();
        var show = new Command("show", "Sums up received reports: by domain, MX host, result type and day.") { paths, json };
        show.SetAction((parsed, cancellationToken) => RunAsync(around, parsed.GetValue(paths)!, parsed.GetValue(json), cancellationToken));
        return new Command("report", "TLS reports that were received.") { show };
    }

    private static async Task<int> RunAsync(Surroundings around, string[] paths, bool json, CancellationToken cancellationToken)
    {
        Common.RefuseTwiceStdin(paths);
        string[] files = [.. paths.SelectMany(FilesOf)];
        var totals = new TlsReportTotals();
        var days = new SortedDictionary<string, TlsSessionCounts>(StringComparer.Ordinal);
        var unreadable = new List<(string File, string Why)>();
        bool unusable = false;
        int done = 0;
        using var progress = new ProgressLine(around, () => FormattableString.Invariant($"reading: {done} of {files.Length} files…"));
        foreach (string file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Input input = await Input.ReadAsync(file, ReportLint.MaxSize, around, cancellationToken).ConfigureAwait(false);
            unusable |= input is Input.Unusable;
            if (Read(input, out string why) is not { } report)
            {
                unreadable.Add((file, why));
            }
            else if (totals.Add(report))
            {
                string day = report.Start?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "unknown";
                days[day] = report.Policies.Aggregate(days.GetValueOrDefault(day), (sum, policy) => sum.Plus(new TlsSessionCounts(policy.SuccessfulSessions ?? 0, policy.FailedSessions ?? 0)));
            }

            done++;
        }

        progress.Clear();
        if (json)
        {
            await around.Out.WriteLineAsync(Json.Write(LineOf(files.Length, unreadable.Count, totals, days), Json.Lines.TotalsLine)).ConfigureAwait(false);
        }
        else
        {
            Write(Common.Paper(around), files.Length, unreadable, totals, days);
        }

        return unusable ? ExitCode.Usage : totals.All.Failed > 0 || unreadable.Count > 0 ? ExitCode.Findings : ExitCode.Good;
    }

    private static TlsReport? Read(Input input, out string why)
    {
        switch (input)
        {
            case Input.Content(_, var octets):
                TlsReportReading reading = TlsReportReader.Read(octets);
                why = reading is TlsReportReading.Unreadable unreadable ? unreadable.Detail : "";
                return (reading as TlsReportReading.Read)?.Report;
            case Input.Unusable(_, var reason):
                why = reason;
                return null;
            default:
                why = "it is longer than a report may be";
                return null;
        }
    }

    private static IEnumerable<string> FilesOf(string path)
    {
        try
        {
            return path != "-" && Directory.Exists(path) ? [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).Take(MaxFiles)] : [path];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {failure.Message}");
        }
    }

    private static TotalsLine LineOf(int files, int unreadable, TlsReportTotals totals, SortedDictionary<string, TlsSessionCounts> days) => new(
        files, unreadable, totals.Reports, totals.All.Successful, totals.All.Failed,
        Sorted(totals.ByDomain.ToDictionary(one => one.Key, one => Count(one.Value))),
        Sorted(totals.FailuresByMxHost), Sorted(totals.FailuresByResultType),
        days.ToDictionary(one => one.Key, one => Count(one.Value)));

    private static SortedDictionary<string, T> Sorted<T>(IReadOnlyDictionary<string, T> all) => new(all.ToDictionary(), StringComparer.Ordinal);

    private static TotalsCount Count(TlsSessionCounts counts) => new(counts.Successful, counts.Failed);

    private static void Write(IPaper paper, int files, List<(string File, string Why)> unreadable, TlsReportTotals totals, SortedDictionary<string, TlsSessionCounts> days)
    {
        paper.Line((FormattableString.Invariant($"{totals.Reports} report(s) in {files} file(s): {totals.All.Successful} sessions good, "), Tone.Strong), (FormattableString.Invariant($"{totals.All.Failed} failed"), totals.All.Failed > 0 ? Tone.Bad : Tone.Good));
        foreach ((string file, string why) in unreadable.Take(20))
        {
            paper.Paragraph(2, $"not counted: {file}: {why}", Tone.Caution);
        }

        if (unreadable.Count > 20)
        {
            paper.Paragraph(2, FormattableString.Invariant($"and {unreadable.Count - 20} more"), Tone.Caution);
        }

        if (totals.Reports == 0)
        {
            return;
        }

        paper.Line();
        paper.Table(["domain", "good", "failed"], [.. totals.ByDomain.OrderByDescending(one => one.Value.Failed).ThenBy(one => one.Key, StringComparer.Ordinal).Select(one => (string[])[Name(one.Key), Number(one.Value.Successful), Number(one.Value.Failed)])]);
        Failures("MX host", totals.FailuresByMxHost);
        Failures("result type", totals.FailuresByResultType);
        paper.Line();
        paper.Line(("sessions by day", Tone.Strong));
        paper.Bars([.. days.Select(day => (day.Key, day.Value.Successful, day.Value.Failed))]);

        void Failures(string heading, IReadOnlyDictionary<string, long> all)
        {
            if (all.Count > 0)
            {
                paper.Line();
                paper.Table([heading, "failures"], [.. all.OrderByDescending(one => one.Value).ThenBy(one => one.Key, StringComparer.Ordinal).Select(one => (string[])[Name(one.Key), Number(one.Value)])]);
            }
        }
    }

    private static string Name(string key) => key.Length == 0 ? "(not named)" : key;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
