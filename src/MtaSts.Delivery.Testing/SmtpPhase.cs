namespace MtaSts.Delivery.Testing;

/// <summary>Where in an SMTP session a fault strikes.</summary>
public enum SmtpPhase
{
    /// <summary>The connection, before the greeting.</summary>
    Connect,

    /// <summary>The greeting.</summary>
    Greeting,

    /// <summary>EHLO in clear.</summary>
    Ehlo,

    /// <summary>HELO, in clear or under TLS.</summary>
    Helo,

    /// <summary>STARTTLS. For faults of the handshake itself see <see cref="HandshakeFault"/>.</summary>
    StartTls,

    /// <summary>EHLO under TLS.</summary>
    EhloAfterTls,

    /// <summary>MAIL FROM.</summary>
    Mail,

    /// <summary>RCPT TO, each one.</summary>
    Rcpt,

    /// <summary>DATA. A host with such a fault offers no CHUNKING, so that DATA is said.</summary>
    Data,

    /// <summary>The message content, after its first octets have arrived.</summary>
    Content,

    /// <summary>The end of the content: the final dot, or the last BDAT chunk.</summary>
    FinalDot,

    /// <summary>RSET.</summary>
    Reset,

    /// <summary>QUIT.</summary>
    Quit,
}
