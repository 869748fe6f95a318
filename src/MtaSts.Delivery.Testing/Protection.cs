namespace MtaSts.Delivery.Testing;

/// <summary>How a message travels.</summary>
public enum Protection
{
    /// <summary>In clear text.</summary>
    None,

    /// <summary>Under TLS, with a certificate that does not authenticate the host.</summary>
    Encrypted,

    /// <summary>Under TLS, with a certificate that authenticates the host.</summary>
    Verified,
}
