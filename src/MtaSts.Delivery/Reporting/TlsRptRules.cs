namespace MtaSts.Delivery.Reporting;

/// <summary>From the TXT records at <c>_smtp._tls</c> to the one that counts. RFC 8460 §3.</summary>
public static class TlsRptRules
{
    /// <summary>Chooses among the TXT records of one name.</summary>
    /// <remarks>One record alone is read by the grammar; among several only those count that begin with <c>v=TLSRPTv1;</c>, and exactly one may,
    /// as with MTA-STS (decision AMB-1).</remarks>
    /// <param name="texts">The records, each with its strings joined.</param>
    public static TlsRptLookup Select(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        string[] candidates = texts.Count == 1
            ? [.. texts.Where(text => text.StartsWith("v=TLSRPTv1", StringComparison.Ordinal))]
            : [.. texts.Where(TlsRptRecord.IsCandidate)];
        return candidates.Length switch
        {
            0 => new TlsRptLookup.None(),
            1 => TlsRptRecord.TryParse(candidates[0], out TlsRptRecord? record, out string? fault) ? new TlsRptLookup.Found(record) : new TlsRptLookup.Invalid(fault),
            _ => new TlsRptLookup.Invalid(FormattableString.Invariant($"{candidates.Length} TLSRPT records; there must be exactly one")),
        };
    }
}
