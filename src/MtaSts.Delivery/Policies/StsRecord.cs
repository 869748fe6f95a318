using System.Diagnostics.CodeAnalysis;

namespace MtaSts.Delivery.Policies;

/// <summary>The <c>_mta-sts</c> TXT record. RFC 8461 §3.1.</summary>
/// <param name="Id">The policy's id, an opaque token of 1 to 32 letters and digits: equal or different, never newer or older.</param>
public sealed record StsRecord(string Id)
{
    internal const string Version = "v=STSv1";

    /// <summary>Whether a TXT record claims to be an MTA-STS record, so that it counts among several. RFC 8461 §3.1.</summary>
    /// <remarks>The RFC's literal filter is <c>v=STSv1;</c>, though its grammar allows white space before the semicolon; we take the filter
    /// where there are several records and the grammar for a single one (decision AMB-1).</remarks>
    public static bool IsCandidate(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Version + ";", StringComparison.Ordinal);
    }

    /// <summary>Reads the record to the letter of the grammar. RFC 8461 §3.1.</summary>
    /// <param name="text">One TXT record, its strings joined.</param>
    /// <param name="record">The record, when the text is one.</param>
    /// <param name="fault">What is wrong, for a person, when it is none.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out StsRecord? record, [NotNullWhen(false)] out string? fault)
    {
        var reader = new RecordReader(null);
        reader.Read(text);
        record = reader.Id is { } id ? new StsRecord(id) : null;
        fault = reader.Fault?.Message;
        return record is not null;
    }
}
