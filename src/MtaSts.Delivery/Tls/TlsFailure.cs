namespace MtaSts.Delivery.Tls;

/// <summary>Why TLS with an MX host does not do. RFC 8461 §4, RFC 8460 §4.3.</summary>
public enum TlsFailure
{
    /// <summary>STARTTLS is not offered.</summary>
    StartTlsNotOffered,

    /// <summary>STARTTLS is offered and refused.</summary>
    StartTlsRefused,

    /// <summary>Clear text was injected before the handshake.</summary>
    StartTlsInjected,

    /// <summary>The handshake failed.</summary>
    HandshakeFailed,

    /// <summary>The certificate does not name the MX host.</summary>
    CertificateHostMismatch,

    /// <summary>The certificate, or one above it, has expired.</summary>
    CertificateExpired,

    /// <summary>The certificate, or one above it, is not valid yet.</summary>
    CertificateNotYetValid,

    /// <summary>The certificate is not trusted: unknown or missing authority, wrong usage, or any other fault of the chain.</summary>
    CertificateNotTrusted,

    /// <summary>The policy does not name the MX host.</summary>
    HostNotPermitted,

    /// <summary>No TLSA record that can be used matches the certificate. RFC 7672 §2.2.</summary>
    TlsaMismatch,

    /// <summary>Whether the host has TLSA records could not be found out. RFC 7672 §2.1.2.</summary>
    TlsaUnavailable,

    /// <summary>This sender requires DANE for the domain, and the host has no TLSA records that can be used.</summary>
    TlsaMissing,
}
