using System.Text.RegularExpressions;
using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Reporting;

/// <summary>What was noticed about a received report, by the names of <see cref="FindingTable"/>.</summary>
public static partial class TlsReportFindings
{
    private const int MaxFindings = 100;

    /// <summary>The findings of a reading: every deviation has its own code, and so has every reason why a text is no report.</summary>
    /// <returns>At most 100.</returns>
    public static IReadOnlyList<Finding> Of(TlsReportReading reading) => reading switch
    {
        TlsReportReading.Read { Conforms: true } read => [new Finding("report.conforms", $"a report of {read.Report.OrganizationName}, as RFC 8460 asks")],
        TlsReportReading.Read read => [.. read.Deviations.Take(MaxFindings).Select(one => new Finding(CodeOf(one.Kind.ToString()), one.Path.Length == 0 ? one.Detail : $"{one.Path}: {one.Detail}"))],
        TlsReportReading.Unreadable unreadable => [new Finding(CodeOf(unreadable.Fault.ToString()), unreadable.Detail)],
        _ => throw new ArgumentNullException(nameof(reading)),
    };

    /// <summary><c>MissingMember</c> becomes <c>report.missing-member</c>.</summary>
    private static string CodeOf(string name) => "report" + Capital().Replace(name, match => (match.Index == 0 ? "." : "-") + match.Value.ToLowerInvariant());

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
