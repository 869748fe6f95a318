using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Reporting;

/// <summary>What the TXT records at <c>_smtp._tls</c> come to, and all that was noticed about them. RFC 8460 §3.</summary>
/// <param name="Lookup">What a sender makes of them.</param>
/// <param name="Findings">What was noticed; <see cref="Finding.Line"/> is the number of the record, from 1. At most 100.</param>
public sealed record TlsRptReading(TlsRptLookup Lookup, IReadOnlyList<Finding> Findings)
{
    private const int MaxFindings = 100;

    /// <summary>Reads the TXT records of one answer, exactly as a sender does. RFC 8460 §3.</summary>
    /// <param name="texts">The records, each with its strings joined.</param>
    public static TlsRptReading Of(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        TlsRptLookup lookup = TlsRptRules.Select(texts);
        IEnumerable<Finding> findings = lookup switch
        {
            TlsRptLookup.Found(var record) => AboutTargets(record),
            TlsRptLookup.Invalid(var fault) => texts.Count(TlsRptRecord.IsCandidate) > 1
                ? [new Finding("rpt.multiple", fault)]
                : [new Finding(CodeOf(fault, texts), fault)],
            _ => [],
        };
        Finding[] others = [.. texts.Select((text, i) => (Text: text, Number: i + 1)).Where(one => !one.Text.StartsWith("v=TLSRPTv1", StringComparison.Ordinal)).Select(one => Other(one.Text, one.Number))];
        if (lookup is TlsRptLookup.None && !others.Any(other => other.Severity == FindingSeverity.Error))
        {
            findings = [new Finding("rpt.missing", texts.Count == 0 ? "there is no TXT record" : "no TXT record begins with v=TLSRPTv1;")];
        }

        return new TlsRptReading(lookup, [.. findings.Concat(others).Take(MaxFindings)]);
    }

    private static IEnumerable<Finding> AboutTargets(TlsRptRecord record)
    {
        ReportTarget[] usable = [.. record.Usable];
        yield return usable.Length == 0
            ? new Finding("rpt.none-usable", "no address in rua can be used")
            : new Finding("rpt.found", $"reports go to {string.Join(", ", usable.Select(TextOf))}");
        foreach (ReportTarget.Unusable bad in record.Rua.OfType<ReportTarget.Unusable>())
        {
            bool hasScheme = bad.Text.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) || bad.Text.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
            yield return new Finding(hasScheme ? "rpt.rua-malformed" : "rpt.rua-scheme", $"'{bad.Text}' cannot be used: {bad.Fault}");
        }

        foreach (IGrouping<string, string> same in usable.Select(TextOf).GroupBy(text => text).Where(group => group.Count() > 1))
        {
            yield return new Finding("rpt.rua-duplicate", $"{same.Key} stands there {same.Count()} times");
        }
    }

    /// <summary>A target as a URI.</summary>
    public static string TextOf(ReportTarget target) => target switch
    {
        ReportTarget.Mail mail => "mailto:" + mail.Address,
        ReportTarget.Https https => https.Endpoint.OriginalString,
        ReportTarget.Unusable unusable => unusable.Text,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // The reader says in words what is wrong; here it gets the name of the slip.
    private static string CodeOf(string fault, IReadOnlyList<string> texts)
    {
        string text = texts.First(one => one.StartsWith("v=TLSRPTv1", StringComparison.Ordinal));
        return !text.Contains("rua=", StringComparison.Ordinal) && !text.Contains("rua", StringComparison.OrdinalIgnoreCase) ? "rpt.rua-missing"
            : fault.EndsWith("has no rua", StringComparison.Ordinal) ? "rpt.rua-missing"
            : fault.EndsWith("behind the version", StringComparison.Ordinal) ? "rpt.separator-missing"
            : "rpt.field-malformed";
    }

    private static Finding Other(string text, int number)
    {
        string letters = new([.. text.Where(c => !char.IsWhiteSpace(c) && c is not ('"' or '-' or '_'))]);
        string printable = PeerText.Clean(text, 64);
        string code = letters.StartsWith("v=STSv1", StringComparison.OrdinalIgnoreCase) ? "rpt.sts-record-here"
            : letters.StartsWith("v=TLS", StringComparison.OrdinalIgnoreCase) || letters.StartsWith("v=SMTPTLS", StringComparison.OrdinalIgnoreCase) ? "rpt.version-wrong"
            : letters.StartsWith("rua=", StringComparison.OrdinalIgnoreCase) ? "rpt.version-missing"
            : letters.Contains("v=TLSRPTv1", StringComparison.OrdinalIgnoreCase) ? "rpt.version-not-first"
            : "rpt.unrelated-txt";
        return new Finding(code, $"'{printable}' is not a TLSRPT record", number);
    }
}
