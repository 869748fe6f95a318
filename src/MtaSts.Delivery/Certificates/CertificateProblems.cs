namespace MtaSts.Delivery.Certificates;

/// <summary>What is wrong with a certificate; several may hold at once. RFC 8461 §4.2, RFC 8460 §4.3.</summary>
[Flags]
public enum CertificateProblems
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>No certificate was presented.</summary>
    Missing = 1,

    /// <summary>No SAN DNS-ID names the host. RFC 9525 §6.</summary>
    HostMismatch = 2,

    /// <summary>The certificate or one above it is past its end.</summary>
    Expired = 4,

    /// <summary>The certificate or one above it is not valid yet.</summary>
    NotYetValid = 8,

    /// <summary>The chain does not end in a trusted root: unknown authority, or an intermediate certificate was not sent.</summary>
    NotTrusted = 16,

    /// <summary>The certificate is its own issuer and not a trusted root.</summary>
    SelfSigned = 32,

    /// <summary>The certificate may not be used by a server. RFC 5280 §4.2.1.12.</summary>
    WrongUsage = 64,

    /// <summary>Any other fault of the chain: signature, constraint, revocation, or it could not be examined.</summary>
    Invalid = 128,
}
