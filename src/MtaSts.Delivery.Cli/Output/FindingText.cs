using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Cli.Output;

/// <summary>Findings for people: what, what it does to mail, and what to do.</summary>
internal static class FindingText
{
    private const int Margin = 11;
    private const string Placeholder = "DOMAIN";

    public static Tone ToneOf(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error or FindingSeverity.Security => Tone.Bad,
        FindingSeverity.Warning => Tone.Caution,
        _ => Tone.Good,
    };

    public static string Word(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => "error",
        FindingSeverity.Security => "security",
        FindingSeverity.Warning => "warning",
        _ => "info",
    };

    /// <summary>Findings, worst first, each with its remedy; what they do to mail is said once. What is only information takes one line.</summary>
    public static void Write(IPaper paper, IEnumerable<(Finding Finding, string? Subject)> findings, string domain = Placeholder)
    {
        string effect = "";
        foreach ((Finding finding, string? subject) in findings.OrderByDescending(one => one.Finding.Severity))
        {
            FindingRow row = FindingTable.For(finding.Code);
            string where = string.Join(", ", (string[])[.. subject is null ? (string[])[] : [subject], .. finding.Line is { } line ? (string[])[FormattableString.Invariant($"line {line}")] : []]);
            if (row.Severity == FindingSeverity.Info)
            {
                paper.Paragraph(Margin, $"{(where.Length > 0 ? where + ": " : "")}{finding.Message}", Tone.Quiet, $"{"  info",-Margin}{finding.Code}  ");
                continue;
            }

            paper.Line(("  " + Word(row.Severity).PadRight(Margin - 2), ToneOf(row.Severity)), (finding.Code, Tone.Strong), (where.Length > 0 ? "  " + where : "", Tone.Quiet));
            paper.Paragraph(Margin, Sentence(finding.Message));
            if (row.Effect != effect)
            {
                paper.Paragraph(Margin, For(domain, row.Effect), Tone.Quiet);
                effect = row.Effect;
            }

            paper.Paragraph(Margin, $"→ {For(domain, row.Remedy)} ({row.Reference})", Tone.Strong);
        }
    }

    /// <summary>The text of a row with the domain in its place.</summary>
    public static string For(string domain, string text) => text.Replace(Placeholder, domain, StringComparison.Ordinal);

    /// <summary>The text as a sentence; a host name or a key at its start stays as it is.</summary>
    public static string Sentence(string text)
    {
        bool startsWithName = text.Split(' ')[0].AsSpan().IndexOfAny('.', '_') >= 0;
        string start = text.Length == 0 || startsWithName ? text : char.ToUpperInvariant(text[0]) + text[1..];
        return start.EndsWith('.') ? start : start + ".";
    }
}
