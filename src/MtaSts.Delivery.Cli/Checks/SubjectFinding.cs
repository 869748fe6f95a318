using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>A finding, and what it is about: a name, a host, an address.</summary>
internal sealed record SubjectFinding(Finding Finding, string Subject)
{
    public string Code => Finding.Code;

    public FindingSeverity Severity => Finding.Severity;
}
