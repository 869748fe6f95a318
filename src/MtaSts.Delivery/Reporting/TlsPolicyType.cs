namespace MtaSts.Delivery.Reporting;

/// <summary>Which kind of policy a session was measured by. RFC 8460 §4.4.</summary>
public enum TlsPolicyType
{
    /// <summary>None: <c>no-policy-found</c>.</summary>
    NoPolicyFound,

    /// <summary>MTA-STS: <c>sts</c>.</summary>
    Sts,

    /// <summary>DANE: <c>tlsa</c>.</summary>
    Tlsa,
}
