namespace MtaSts.Delivery.Testing;

/// <summary>What a sender must keep from an MX host.</summary>
public enum NeverSent
{
    /// <summary>Not even a connection.</summary>
    Connection,

    /// <summary>No word of the envelope: no MAIL, RCPT, DATA or BDAT, in clear or under TLS.</summary>
    Mail,

    /// <summary>No MAIL, RCPT, DATA or BDAT in clear.</summary>
    MailInClear,

    /// <summary>No octet of the message.</summary>
    Content,
}
