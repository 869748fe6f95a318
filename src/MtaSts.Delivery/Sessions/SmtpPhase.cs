namespace MtaSts.Delivery.Sessions;

/// <summary>The steps of an SMTP session; each has its own deadline. RFC 5321 §4.5.3.2.</summary>
public enum SmtpPhase
{
    /// <summary>The TCP connection.</summary>
    Connect,

    /// <summary>The server's greeting.</summary>
    Greeting,

    /// <summary>EHLO or HELO in clear text.</summary>
    Ehlo,

    /// <summary>The STARTTLS command.</summary>
    StartTls,

    /// <summary>The TLS handshake.</summary>
    Handshake,

    /// <summary>EHLO on the connection that mail is handed over on.</summary>
    FinalEhlo,

    /// <summary>MAIL FROM.</summary>
    Mail,

    /// <summary>RCPT TO.</summary>
    Rcpt,

    /// <summary>The DATA command.</summary>
    Data,

    /// <summary>The message itself.</summary>
    Content,

    /// <summary>The reply to the end of the message.</summary>
    FinalDot,

    /// <summary>RSET, NOOP or another command between transactions.</summary>
    Between,

    /// <summary>QUIT.</summary>
    Quit,
}
