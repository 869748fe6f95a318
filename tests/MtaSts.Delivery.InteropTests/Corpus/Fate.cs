namespace MtaSts.Delivery.InteropTests.Corpus;

/// <summary>What a correct sender makes of a message that the server can take.</summary>
internal enum Fate
{
    /// <summary>It arrives octet for octet.</summary>
    Unchanged,

    /// <summary>SMTP cannot carry it as it is: it arrives encoded, and means the same. RFC 5321 §4.5.3.1.6, RFC 2045 §6.</summary>
    Encoded,

    /// <summary>SMTP cannot carry it, and a signature forbids every change: it is refused, with a reason.</summary>
    Refused,
}
