using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Policies;

/// <summary>What <c>_mta-sts</c> said. RFC 8461 §3.1.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Found), "found")]
[JsonDerivedType(typeof(None), "none")]
[JsonDerivedType(typeof(Invalid), "invalid")]
[JsonDerivedType(typeof(Unavailable), "unavailable")]
[JsonDerivedType(typeof(NotApplicable), "notApplicable")]
public abstract record RecordLookup
{
    private RecordLookup()
    {
    }

    /// <summary>Exactly one valid record.</summary>
    public sealed record Found(StsRecord Record) : RecordLookup;

    /// <summary>No MTA-STS record.</summary>
    public sealed record None : RecordLookup;

    /// <summary>A record that is malformed, or several of them: the same as none, but worth telling. RFC 8461 §3.1.</summary>
    /// <param name="Fault">What is wrong, for a person.</param>
    /// <param name="Code">The code of the finding behind it, see <see cref="Findings.FindingTable"/>.</param>
    public sealed record Invalid(string Fault, string? Code = null) : RecordLookup;

    /// <summary>The look-up failed.</summary>
    /// <param name="Reason">Why, for a person.</param>
    public sealed record Unavailable(string Reason) : RecordLookup;

    /// <summary>Nothing was asked: the address has no domain, or a name too long to put <c>_mta-sts</c> in front. RFC 8461 §3.4.</summary>
    public sealed record NotApplicable : RecordLookup;
}
