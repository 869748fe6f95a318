using System.Diagnostics.CodeAnalysis;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Reporting;

/// <summary>From counts to a report. RFC 8460 §4.4, §4.5.</summary>
internal static class ReportRules
{
    /// <summary>As many as a report of a few hundred kilobytes holds; RFC 8460 §5.2 warns of mail systems that stop at 10 MB.</summary>
    public const int MaxFailures = 1000;

    /// <summary>The report to one domain about one UTC day.</summary>
    /// <param name="organization">Who reports.</param>
    /// <param name="contact">Who answers for it.</param>
    /// <param name="id">The report's id.</param>
    /// <param name="day">The day.</param>
    /// <param name="counts">What was counted, by policy; at least one.</param>
    public static TlsReport Build(string organization, EnvelopeAddress contact, string id, DateOnly day, IEnumerable<TlsResultCounts> counts)
    {
        var start = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
        return new TlsReport(organization, start, start.AddDays(1).AddSeconds(-1), contact.ToString(), id, [.. counts
            .OrderBy(one => one.Policy.Type).ThenBy(one => one.Policy.Text, StringComparer.Ordinal).Select(Build)]);
    }

    private static TlsReportPolicy Build(TlsResultCounts counts) => new(
        counts.Policy.Type switch { TlsPolicyType.Sts => "sts", TlsPolicyType.Tlsa => "tlsa", _ => "no-policy-found" },
        Lines(counts.Policy.Text),
        counts.Policy.Domain.Value,
        counts.Policy.Type == TlsPolicyType.Sts && StsPolicy.TryParse(counts.Policy.Text, out StsPolicy? policy, out _) ? [.. policy.Mx.Select(pattern => pattern.ToString())] : [],
        counts.Sessions.Successful,
        counts.Sessions.Failed,
        [.. Fewer(counts.Failures).OrderByDescending(one => one.Sessions).ThenBy(one => one.Failure.ToString(), StringComparer.Ordinal).Select(Build)]);

    private static TlsReportFailure Build(TlsFailureCount one) => new(
        one.Failure.ResultType, one.Failure.SendingIp?.ToString(), Clean(one.Failure.MxHost), Clean(one.Failure.Helo), one.Failure.ReceivingIp?.ToString(), one.Sessions, null,
        Clean(one.Failure.ReasonCode));

    /// <summary>A sink or a store of somebody else's may not have cleaned it.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    private static string? Clean(string? text) => text is null ? null : PeerText.Clean(text, 255);

    /// <summary>The lines as the domain published them, with its slips, but without line ends. RFC 8460 §4.5.</summary>
    private static IReadOnlyList<string> Lines(string text) => text.Length == 0
        ? []
        : [.. text.TrimEnd('\r', '\n').Split('\n').Select(line => PeerText.Clean(line.EndsWith('\r') ? line[..^1] : line, int.MaxValue))];

    /// <summary>The most frequent failures as they are, the others by type and reason only.</summary>
    private static IEnumerable<TlsFailureCount> Fewer(IReadOnlyList<TlsFailureCount> failures)
    {
        TlsFailureCount[] sorted = [.. failures.OrderByDescending(one => one.Sessions)];
        return sorted.Take(MaxFailures).Concat(sorted.Skip(MaxFailures).Select(one => one with { Failure = new TlsFailureDetail(one.Failure.ResultType, one.Failure.ReasonCode) }))
            .GroupBy(one => one.Failure).Select(same => new TlsFailureCount(same.Key, same.Sum(one => one.Sessions)));
    }
}
