namespace MtaSts.Delivery.Policies;

/// <summary>What a policy asks of senders. RFC 8461 §5.</summary>
public enum PolicyMode
{
    /// <summary>No active policy: senders behave as without one.</summary>
    None,

    /// <summary>Failures are reported, mail is delivered all the same.</summary>
    Testing,

    /// <summary>No mail to hosts that fail MX matching or TLS.</summary>
    Enforce,
}
