namespace MtaSts.Delivery.Policies;

/// <summary>In what a new policy protects less than the one before.</summary>
[Flags]
public enum PolicyWeakness
{
    /// <summary>In nothing.</summary>
    None = 0,

    /// <summary>The mode: from enforce to testing or none, from testing to none.</summary>
    Mode = 1,

    /// <summary>A shorter <c>max_age</c>: an attacker has to keep the policy host away for less long. RFC 8461 §10.2.</summary>
    MaxAge = 2,

    /// <summary>MX patterns that permit hosts which were not permitted before.</summary>
    Mx = 4,
}
