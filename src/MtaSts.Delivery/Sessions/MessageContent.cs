using System.Buffers;
using MimeKit;

namespace MtaSts.Delivery.Sessions;

/// <summary>A message as it goes over the wire: octets with CRLF line ends, never changed on the way unless a server forces it.</summary>
/// <remarks>Bare CR and bare LF become CRLF (RFC 5321 §2.3.8). What SMTP cannot carry (NUL, lines over 998 octets) is encoded anew when the
/// message is not signed; a signed one is refused, as every change would break the signature, and so is one where it stands outside the bodies
/// of the parts, which are all that can be encoded (RFC 2045 §6.4).</remarks>
public sealed class MessageContent
{
    private const int MaxLine = 998;

    private readonly Lazy<MessageContent?> _sevenBit;

    private MessageContent(ReadOnlyMemory<byte> octets)
    {
        Octets = octets;
        int body = FindBody(octets.Span);
        Header = octets[..body];
        Body = octets[Math.Min(body + 2, octets.Length)..];
        HasEightBitHeader = !System.Text.Ascii.IsValid(Header.Span);
        HasEightBitBody = !System.Text.Ascii.IsValid(Body.Span);
        IsSigned = HasSignature(Header);
        _sevenBit = new Lazy<MessageContent?>(() => IsSigned ? null : Encode(EncodingConstraint.SevenBit) is { HasEightBitBody: false } encoded ? encoded : null);
    }

    /// <summary>The message, every line ended by CRLF.</summary>
    public ReadOnlyMemory<byte> Octets { get; }

    /// <summary>Whether a header field has octets above 127, so that the server must know SMTPUTF8. RFC 6531 §3.5.</summary>
    public bool HasEightBitHeader { get; }

    /// <summary>Whether the body has octets above 127, so that the server must know 8BITMIME. RFC 6152.</summary>
    public bool HasEightBitBody { get; }

    /// <summary>Whether the message carries a signature that a change would break (DKIM, ARC, DomainKeys; multipart/signed and application/pkcs7-mime).</summary>
    public bool IsSigned { get; }

    /// <summary>Why the message cannot be sent at all, or <see langword="null"/>.</summary>
    public string? Fault { get; private init; }

    /// <summary>The header fields without the blank line behind them.</summary>
    internal ReadOnlyMemory<byte> Header { get; }

    /// <summary>What stands behind the blank line.</summary>
    internal ReadOnlyMemory<byte> Body { get; }

    /// <summary>The message encoded for a server without 8BITMIME; <see langword="null"/> when a signature forbids that, or when octets above 127
    /// stand where no encoding reaches: outside the parts, in the header of one, or in one that is signed or calls itself encoded. RFC 2045 §6.</summary>
    internal MessageContent? SevenBit => _sevenBit.Value;

    /// <summary>Takes a message, which is written out once and never changed; Bcc fields stay behind.</summary>
    public static MessageContent From(MimeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        FormatOptions format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        format.EnsureNewLine = true;
        format.HiddenHeaders.Add(HeaderId.Bcc);
        format.HiddenHeaders.Add(HeaderId.ResentBcc);
        // A local part that is not ASCII has no encoded form. RFC 6532 §3.
        format.International = HasInternationalAddress(message);
        using var stream = new MemoryStream();
        message.WriteTo(format, stream);
        byte[] octets = WithoutBlindCopies(stream.ToArray());
        byte[] canonical = Canonicalize(octets);
        MessageContent written = FromCanonical(octets.AsSpan().SequenceEqual(canonical) ? octets
            : HasSignature(canonical.AsMemory(0, FindBody(canonical))) ? canonical
            : Canonicalize(WithoutBinary(octets, format)));
        // A part that was made in memory and never encoded says nothing, or the wrong thing, of its 8-bit text.
        bool unlabelled = message.BodyParts.OfType<MimePart>().Any(part => part.ContentTransferEncoding is ContentEncoding.Default or ContentEncoding.SevenBit or ContentEncoding.Binary);
        return unlabelled && written is { IsSigned: false, HasEightBitBody: true, Fault: null } ? written.Encode(EncodingConstraint.EightBit) : written;
    }

    /// <summary>Takes a message as it is stored: header fields go out as they are, a Bcc field too.</summary>
    /// <param name="octets">The message. It is not copied when all its line ends are CRLF, so leave it as it is until it is delivered.</param>
    /// <exception cref="ArgumentException">There is nothing in it.</exception>
    public static MessageContent From(ReadOnlyMemory<byte> octets) => octets.Length == 0
        ? throw new ArgumentException("The message is empty; expected header fields, a blank line and a body.", nameof(octets))
        : FromCanonical(IsCanonical(octets.Span) ? octets : Canonicalize(octets.Span));

    /// <summary>Reads a stored message to its end.</summary>
    /// <exception cref="ArgumentException">There is nothing in it.</exception>
    public static async Task<MessageContent> FromAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, cancellationToken).ConfigureAwait(false);
        // The copy is nobody else's.
        return From(copy.GetBuffer().AsMemory(0, (int)copy.Length));
    }

    // MimeKit hides no field of a message without a body, so its word is not taken for it.
    private static byte[] WithoutBlindCopies(byte[] octets)
    {
        int body = FindBody(octets);
        ILookup<bool, HeaderField> fields = HeaderField.ReadAll(octets.AsMemory(0, body)).ToLookup(field => field.Is("Bcc") || field.Is("Resent-Bcc"));
        return fields.Contains(true) ? [.. fields[false].SelectMany(field => field.Octets.ToArray()), .. octets.AsSpan(body)] : octets;
    }

    // What looks like a bare CR or LF in a binary part is none, so the part keeps it only when it is encoded.
    private static byte[] WithoutBinary(byte[] octets, FormatOptions format)
    {
        using var stream = new MemoryStream(octets, writable: false);
        using MimeMessage message = MimeMessage.Load(stream);
        foreach (MimePart part in message.BodyParts.OfType<MimePart>().Where(part => part.ContentTransferEncoding == ContentEncoding.Binary))
        {
            part.ContentTransferEncoding = ContentEncoding.Base64;
        }

        using var written = new MemoryStream();
        message.WriteTo(format, written);
        return written.ToArray();
    }

    private static MessageContent FromCanonical(ReadOnlyMemory<byte> octets)
    {
        if (FindBody(octets.Span) == octets.Length)
        {
            // A header alone still ends in a blank line, which MimeKit would write without telling.
            octets = (byte[])[.. octets.Span, .. "\r\n"u8];
        }

        var content = new MessageContent(octets);
        if (Unsendable(octets.Span) is not { } fault)
        {
            return content;
        }

        MessageContent encoded = content.IsSigned ? content : content.Encode(EncodingConstraint.EightBit);
        return Unsendable(encoded.Octets.Span) is null ? encoded : new MessageContent(octets)
        {
            Fault = fault + (content.IsSigned ? ", and encoding it anew would break its signature" : ", and no encoding reaches it there"),
        };
    }

    private MessageContent Encode(EncodingConstraint constraint)
    {
        try
        {
            using var stream = new MemoryStream(Octets.ToArray(), writable: false);
            using MimeMessage message = MimeMessage.Load(stream);
            message.Prepare(constraint, MaxLine);
            FormatOptions format = FormatOptions.Default.Clone();
            format.NewLineFormat = NewLineFormat.Dos;
            format.EnsureNewLine = true;
            format.International = HasEightBitHeader;
            using var written = new MemoryStream();
            message.WriteTo(format, written);
            return new MessageContent(Canonicalize(written.GetBuffer().AsSpan(0, (int)written.Length)));
        }
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentOutOfRangeException)
        {
            // The latter comes from MimeKit when it folds a long word behind a field name that is longer than a line.
            return this;
        }
    }

    private static string? Unsendable(ReadOnlySpan<byte> octets)
    {
        if (octets.Contains((byte)0))
        {
            return "the message contains NUL octets, which SMTP cannot carry (RFC 5321 section 4.1.2)";
        }

        if (HasBareLineEnd(octets))
        {
            return "the message contains bare CR or LF octets, by which a second message could be smuggled (RFC 5321 section 2.3.8)";
        }

        for (int line = 1; octets.Length > 0; line++)
        {
            int end = octets.IndexOf("\r\n"u8);
            if (end > MaxLine)
            {
                return FormattableString.Invariant($"line {line} has {end} octets; SMTP carries at most {MaxLine} (RFC 5321 section 4.5.3.1.6)");
            }

            octets = octets[(end + 2)..];
        }

        return null;
    }

    /// <summary>Whether a CR or LF stands alone: stored messages never have one here, binary parts of a <see cref="MimeMessage"/> may.</summary>
    private static bool HasBareLineEnd(ReadOnlySpan<byte> octets)
    {
        for (int end = octets.IndexOfAny((byte)'\r', (byte)'\n'); end >= 0; end = octets.IndexOfAny((byte)'\r', (byte)'\n'))
        {
            if (!octets[end..].StartsWith("\r\n"u8))
            {
                return true;
            }

            octets = octets[(end + 2)..];
        }

        return false;
    }

    /// <summary>Whether <see cref="Canonicalize"/> would change nothing.</summary>
    private static bool IsCanonical(ReadOnlySpan<byte> octets) => BeginsWithField(octets) && octets.EndsWith("\r\n"u8) && !HasBareLineEnd(octets);

    /// <summary>Makes every CR, LF and CRLF a CRLF, puts one at the end, and a blank line in front of a text that begins without header fields.</summary>
    private static byte[] Canonicalize(ReadOnlySpan<byte> octets)
    {
        var output = new ArrayBufferWriter<byte>(octets.Length + 64);
        if (!BeginsWithField(octets))
        {
            output.Write("\r\n"u8);
        }

        while (octets.Length > 0)
        {
            int end = octets.IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                output.Write(octets);
                output.Write("\r\n"u8);
                break;
            }

            output.Write(octets[..end]);
            output.Write("\r\n"u8);
            octets = octets[end] == '\r' && end + 1 < octets.Length && octets[end + 1] == '\n' ? octets[(end + 2)..] : octets[(end + 1)..];
        }

        return output.WrittenSpan.ToArray();
    }

    private static bool BeginsWithField(ReadOnlySpan<byte> octets)
    {
        int colon = octets.IndexOf((byte)':');
        return (octets.Length > 0 && octets[0] is (byte)'\r' or (byte)'\n')
            || (colon > 0 && octets[..colon].TrimEnd(" \t"u8) is { Length: > 0 } name && name.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0);
    }

    private static int FindBody(ReadOnlySpan<byte> octets)
    {
        if (octets.StartsWith("\r\n"u8))
        {
            return 0;
        }

        int blank = octets.IndexOf("\r\n\r\n"u8);
        return blank < 0 ? octets.Length : blank + 2;
    }

    private static bool HasSignature(ReadOnlyMemory<byte> header) => HeaderField.ReadAll(header).Any(field =>
        field.Is("DKIM-Signature") || field.Is("DomainKey-Signature") || field.Is("ARC-Message-Signature")
        || (field.Is("Content-Type") && IsSignedType(field.Value)));

    // Without its parameters: a malformed one must not hide a signature.
    private static bool IsSignedType(string contentType) => ContentType.TryParse(contentType.Split(';')[0], out ContentType? type)
        && (type.IsMimeType("multipart", "signed") || type.IsMimeType("application", "pkcs7-mime") || type.IsMimeType("application", "x-pkcs7-mime"));

    private static bool HasInternationalAddress(MimeMessage message) =>
        message.From.Mailboxes.Concat(message.To.Mailboxes).Concat(message.Cc.Mailboxes).Concat(message.ReplyTo.Mailboxes)
            .Concat(message.Sender is null ? [] : [message.Sender])
            .Any(mailbox => mailbox.Address.LastIndexOf('@') is var at && !System.Text.Ascii.IsValid(at < 0 ? mailbox.Address : mailbox.Address[..at]));
}
