using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>From the TXT records at <c>_mta-sts</c> to the one that counts. RFC 8461 §3.1.</summary>
internal static class RecordRules
{
    private const int MaxFindings = 100;

    /// <summary>Chooses among the records; at least one text.</summary>
    public static RecordLookup Select(IReadOnlyList<string> texts) => Read(texts).Lookup;

    /// <summary>Chooses among the records, and tells all that there is to notice.</summary>
    public static RecordReading Read(IReadOnlyList<string> texts)
    {
        // One record alone is read by the grammar; among several only those count that pass the RFC's literal filter (AMB-1).
        Func<string, bool> counts = texts.Count == 1 ? text => text.StartsWith(StsRecord.Version, StringComparison.Ordinal) : StsRecord.IsCandidate;
        var candidates = new List<RecordReader>();
        var others = new List<Finding>();
        for (int i = 0; i < texts.Count; i++)
        {
            if (counts(texts[i]))
            {
                var reader = new RecordReader(i + 1);
                reader.Read(texts[i]);
                candidates.Add(reader);
            }
            else
            {
                others.Add(Other(texts[i], i + 1));
            }
        }

        return candidates switch
        {
            [] => Reading(new RecordLookup.None(), others.Exists(other => other.Severity == FindingSeverity.Error)
                ? others
                : [new Finding("record.missing", texts.Count == 0 ? "there is no TXT record" : "no TXT record begins with v=STSv1;"), .. others]),
            [{ Fault: { } fault } only] => Reading(new RecordLookup.Invalid(fault.Message, fault.Code), [.. only.Findings, .. others]),
            [{ Id: { } id } only] => Reading(new RecordLookup.Found(new StsRecord(id)), [.. only.Findings, .. others]),
            _ => Several(candidates.Count, [.. candidates.SelectMany(one => one.Findings).Where(finding => finding.Code != "record.found"), .. others]),
        };
    }

    private static RecordReading Several(int count, IReadOnlyList<Finding> further)
    {
        string message = FormattableString.Invariant($"{count} MTA-STS records; there must be exactly one");
        return Reading(new RecordLookup.Invalid(message, "record.multiple"), [new Finding("record.multiple", message), .. further]);
    }

    private static RecordReading Reading(RecordLookup lookup, IReadOnlyList<Finding> findings) => new(lookup, [.. findings.Take(MaxFindings)]);

    private static Finding Other(string text, int number)
    {
        string printable = PrintableText.Of(text, 64);
        return text.StartsWith(StsRecord.Version, StringComparison.Ordinal)
            ? new Finding(text[StsRecord.Version.Length..].TrimStart(' ', '\t').StartsWith(';') ? "record.filtered-out" : "record.version-wrong", $"among several records, '{printable}' does not begin with v=STSv1;", number)
            : new Finding(RecordSlips.OfOther(text), $"'{printable}' is not an MTA-STS record", number);
    }
}
