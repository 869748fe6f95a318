namespace MtaSts.Delivery.Sessions;

/// <summary>What ended a session before its work was done.</summary>
public enum SessionFailureKind
{
    /// <summary>The address is private, loopback or reserved, and was not tried.</summary>
    AddressForbidden,

    /// <summary>The address was not tried: it did not answer a moment ago or asked for time, or all of this sender's places for the host are taken.</summary>
    HeldBack,

    /// <summary>The session ended behind an earlier part of the recipients, before the turn of the others.</summary>
    SessionEnded,

    /// <summary>No TCP connection.</summary>
    ConnectFailed,

    /// <summary>The server did not answer in time.</summary>
    Timeout,

    /// <summary>The connection was lost.</summary>
    ConnectionLost,

    /// <summary>The server greeted with 4yz or 5yz, or refused EHLO and HELO.</summary>
    Refused,

    /// <summary>The server closes the session: 421. RFC 5321 §3.8.</summary>
    ServiceClosing,

    /// <summary>The server's reply is not SMTP, too long, or came unasked.</summary>
    ProtocolViolation,
}
