using System.Globalization;
using System.Text;
using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>docs/findings.md, from the table.</summary>
internal static class FindingsDocument
{
    private static readonly (string Area, string Title)[] Areas =
    [
        ("record", "The `_mta-sts` record"), ("policy", "The policy's text"), ("host", "The policy host"), ("http", "What the policy host serves"), ("mx", "MX records and hosts"),
        ("smtp", "SMTP sessions"), ("tls", "TLS with MX hosts"), ("cert", "Certificates of MX hosts"), ("dane", "TLSA records of MX hosts"), ("rpt", "The `_smtp._tls` record"), ("report", "Received TLS reports"), ("verdict", "Verdicts"),
    ];

    public static string Text()
    {
        var text = new StringBuilder("""
            # Findings

            What `mta-sts` can say, by its stable codes. The same codes stand in the faults of delivery results (`PolicyFault.Code`) and in the
            lines of `mta-sts send --json`. A code keeps its meaning for good; new ones may be added. `mta-sts finding CODE` prints one.

            - **error**: a sender that enforces policies will not deliver, or will not see the policy.
            - **security**: it can be attacked.
            - **warning**: it works with this sender today, and will hurt with others or later.
            - **info**: nothing is wrong.

            <!-- The tables are written by FindingTests from FindingTable.cs: run it with MTASTS_UPDATE_DOCS=1. -->

            """.ReplaceLineEndings("\n"));
        foreach ((string area, string title) in Areas)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| Code | Severity | Meaning | Effect on mail | Remedy | Source |\n|---|---|---|---|---|---|\n");
            foreach (FindingRow row in FindingTable.Rows.Where(row => row.Code.StartsWith(area + ".", StringComparison.Ordinal)))
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{row.Code}` | {row.Severity.ToString().ToLowerInvariant()} | {Cell(row.Meaning)} | {Cell(row.Effect)} | {Cell(row.Remedy)} | {row.Reference} |\n");
            }
        }

        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
}
