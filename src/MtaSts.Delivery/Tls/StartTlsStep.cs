namespace MtaSts.Delivery.Tls;

/// <summary>How far the way from clear text to TLS was gone. RFC 3207.</summary>
public enum StartTlsStep
{
    /// <summary>TLS was not tried: this connection is the clear-text retry after a failure.</summary>
    Skipped,

    /// <summary>The server did not offer STARTTLS, or knows no EHLO.</summary>
    NotOffered,

    /// <summary>The server offered STARTTLS and refused the command.</summary>
    Refused,

    /// <summary>Clear text followed the server's go-ahead: somebody tampers with the connection. RFC 3207 §6.</summary>
    Injected,

    /// <summary>The handshake failed or did not end in time.</summary>
    HandshakeFailed,

    /// <summary>TLS is up.</summary>
    Established,
}
