namespace MtaSts.Delivery.Tls;

/// <summary>What this sender demands of a domain by its own configuration, whatever its policy says.</summary>
public enum TlsDemand
{
    /// <summary>Encryption, with whatever certificate.</summary>
    Encrypted,

    /// <summary>Encryption, with a certificate that is valid for the MX host.</summary>
    Verified,
}
