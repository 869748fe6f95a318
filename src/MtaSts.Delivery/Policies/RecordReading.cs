using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Policies;

/// <summary>What the TXT records at <c>_mta-sts</c> come to, and all that was noticed about them. RFC 8461 §3.1.</summary>
/// <param name="Lookup">What a sender makes of them.</param>
/// <param name="Findings">What was noticed; <see cref="Finding.Line"/> is the number of the record, from 1. At most 100.</param>
public sealed record RecordReading(RecordLookup Lookup, IReadOnlyList<Finding> Findings)
{
    /// <summary>Reads the TXT records of one answer, exactly as a sender does. RFC 8461 §3.1.</summary>
    /// <param name="texts">The records, each with its strings joined.</param>
    public static RecordReading Of(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return RecordRules.Read(texts);
    }
}
