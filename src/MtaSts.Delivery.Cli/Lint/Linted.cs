using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Cli.Lint;

/// <summary>What one lint came to.</summary>
/// <param name="Json">Its line of <c>--json</c>.</param>
/// <param name="Headline">The same for a person, in one line.</param>
/// <param name="IsGood">Whether the input is what it should be, whatever advice there is.</param>
/// <param name="Findings">What was noticed.</param>
/// <param name="ExitCode">What it means for the exit code.</param>
internal sealed record Linted(string Json, string Headline, bool IsGood, IReadOnlyList<Finding> Findings, int ExitCode)
{
    /// <summary>The exit code of findings: information is none.</summary>
    public static int CodeOf(IEnumerable<Finding> findings) => findings.Any(finding => finding.Severity != FindingSeverity.Info) ? Cli.ExitCode.Findings : Cli.ExitCode.Good;
}
