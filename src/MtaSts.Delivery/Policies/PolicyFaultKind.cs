namespace MtaSts.Delivery.Policies;

/// <summary>The faults that discovery and fetch can meet. RFC 8461 §3.3, RFC 8460 §4.3.</summary>
public enum PolicyFaultKind
{
    /// <summary>The <c>_mta-sts</c> look-up failed.</summary>
    RecordUnavailable,

    /// <summary>The <c>_mta-sts</c> record is malformed, or there are several.</summary>
    RecordInvalid,

    /// <summary>The policy host has no address, or its look-up failed.</summary>
    HostNotResolved,

    /// <summary>The policy host's addresses are private or loopback.</summary>
    HostForbidden,

    /// <summary>No connection to the policy host.</summary>
    ConnectFailed,

    /// <summary>The policy host's TLS handshake failed.</summary>
    TlsFailed,

    /// <summary>The policy host's certificate is not valid for it.</summary>
    CertificateInvalid,

    /// <summary>The policy host answered with another status than 200; redirects are not followed. RFC 8461 §3.3.</summary>
    HttpStatus,

    /// <summary>The policy host's answer is not well-formed HTTP, was cut off, or is encoded.</summary>
    HttpProtocol,

    /// <summary>The policy is not served as text/plain. RFC 8461 §3.2.</summary>
    MediaType,

    /// <summary>The policy is longer than the limit. RFC 8461 §3.3.</summary>
    TooLarge,

    /// <summary>The fetch took longer than the limit. RFC 8461 §3.3.</summary>
    Timeout,

    /// <summary>The policy was fetched and is malformed.</summary>
    PolicyInvalid,

    /// <summary>Nothing is known yet: the policy is being looked for, and mail did not wait for it. <see cref="PolicyOptions.FirstContactWait"/>.</summary>
    NotYetKnown,
}
