namespace MtaSts.Delivery.Benchmarks.Stress;

/// <summary>What an MX host shows of TLS: it changes under way.</summary>
internal enum HostState
{
    /// <summary>A certificate that names it, from the run's authority.</summary>
    Good,

    /// <summary>A certificate that names another host.</summary>
    OtherName,

    /// <summary>A certificate that has expired.</summary>
    Expired,

    /// <summary>A certificate from an authority that nobody trusts.</summary>
    Untrusted,

    /// <summary>No STARTTLS: messages come in clear text.</summary>
    InClear,
}
