namespace MtaSts.Delivery.Policies;

/// <summary>What a policy asks of senders. RFC 8461 §5.</summary>
public enum PolicyMode
{
<<<<<<< HEAD
    /// <summary>No active policy: senders behave as without one.</summary>
    None,

    /// <summary>Failures are reported, mail is delivered all the same.</summary>
    Testing,

    /// <summary>No mail to hosts that fail MX matching or TLS.</summary>
=======
    /// <summary>The domain has no active policy.</summary>
    None,

    /// <summary>Failures are reported, and mail is delivered all the same.</summary>
    Testing,

    /// <summary>Mail must not be delivered to hosts that fail.</summary>
>>>>>>> kit
    Enforce,
}
