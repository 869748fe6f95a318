namespace MtaSts.Delivery.Sessions;

/// <summary>Why a message was not offered to a server that would have had to refuse it.</summary>
public enum LocalRefusal
{
    /// <summary>The message is longer than the server's limit. RFC 1870 §6.</summary>
    TooLargeForServer,

    /// <summary>An address or a header field needs SMTPUTF8, which the server does not offer. RFC 6531 §3.2.</summary>
    SmtpUtf8Missing,

    /// <summary>The message is 8-bit and cannot be encoded anew, as it is signed or as no encoding reaches its 8-bit octets, and the server does not offer 8BITMIME. RFC 6152 §3.</summary>
    EightBitMimeMissing,
}
