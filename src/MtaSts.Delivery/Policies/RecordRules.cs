namespace MtaSts.Delivery.Policies;

/// <summary>From the TXT records at <c>_mta-sts</c> to the one that counts. RFC 8461 §3.1.</summary>
internal static class RecordRules
{
    /// <summary>Chooses among the records; at least one text.</summary>
    public static RecordLookup Select(IReadOnlyList<string> texts)
    {
        // One record alone is read by the grammar; among several only those count that pass the RFC's literal filter (AMB-1).
        string[] candidates = texts.Count == 1
            ? [.. texts.Where(text => text.StartsWith("v=STSv1", StringComparison.Ordinal))]
            : [.. texts.Where(StsRecord.IsCandidate)];
        return candidates.Length switch
        {
            0 => new RecordLookup.None(),
            1 => StsRecord.TryParse(candidates[0], out StsRecord? record, out string? fault) ? new RecordLookup.Found(record) : new RecordLookup.Invalid(fault),
            _ => new RecordLookup.Invalid(FormattableString.Invariant($"{candidates.Length} MTA-STS records; there must be exactly one")),
        };
    }
}
