using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Reporting;

/// <summary>What <c>_smtp._tls</c> said. RFC 8460 §3.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Found), "found")]
[JsonDerivedType(typeof(None), "none")]
[JsonDerivedType(typeof(Invalid), "invalid")]
[JsonDerivedType(typeof(Unavailable), "unavailable")]
public abstract record TlsRptLookup
{
    private TlsRptLookup()
    {
    }

    /// <summary>Exactly one valid record.</summary>
    public sealed record Found(TlsRptRecord Record) : TlsRptLookup;

    /// <summary>No record: nobody wants reports.</summary>
    public sealed record None : TlsRptLookup;

    /// <summary>A record that is malformed, or several of them: the same as none, but worth telling. RFC 8460 §3.</summary>
    /// <param name="Fault">What is wrong, for a person.</param>
    public sealed record Invalid(string Fault) : TlsRptLookup;

    /// <summary>The look-up failed: to be done again later.</summary>
    /// <param name="Reason">Why, for a person.</param>
    public sealed record Unavailable(string Reason) : TlsRptLookup;
}
