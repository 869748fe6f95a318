using System.Text;

namespace MtaSts.Delivery.InteropTests.Corpus;

/// <summary>One awkward message.</summary>
/// <param name="Name">What is awkward about it.</param>
/// <param name="Octets">The message as an application stores it.</param>
/// <param name="Expected">The message as it is to arrive, lines ended by CRLF.</param>
internal sealed record CorpusMessage(string Name, byte[] Octets, byte[] Expected)
{
    /// <summary>What a correct sender makes of it.</summary>
    public Fate Fate { get; init; } = Fate.Unchanged;

    /// <summary>The reverse-path; empty for the null one.</summary>
    public string From { get; init; } = "sender@sender.test";

    /// <summary>The recipient's local part.</summary>
    public string LocalPart { get; init; } = "recipient";

    /// <summary>Whether it carries a DKIM signature.</summary>
    public bool IsSigned { get; init; }

    /// <summary>Whether an encoding can reach all of its octets above 127: inside the parts' bodies, and in no signed ones. RFC 2045 §6.4.</summary>
    public bool IsEncodable { get; init; } = true;

    public bool HasEightBitBody => !Ascii.IsValid(Expected.AsSpan(BodyAt));

    public bool NeedsSmtpUtf8 => !Ascii.IsValid(From) || !Ascii.IsValid(LocalPart) || !Ascii.IsValid(Expected.AsSpan(0, BodyAt));

    private int BodyAt => Expected.AsSpan().IndexOf("\r\n\r\n"u8) is var at and >= 0 ? at : 0;
}
