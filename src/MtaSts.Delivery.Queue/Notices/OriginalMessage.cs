using System.Text;
using MimeKit;
using MimeKit.Utils;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>What a notice quotes of the message that it is about.</summary>
internal sealed class OriginalMessage
{
    private const int MaxHeader = 64 * 1024;
    private const int MaxSubject = 200;
    private const int MaxMessageId = 250;
    private const int MaxReferences = 10;

    private OriginalMessage(ReadOnlyMemory<byte> header, string? subject, string? messageId, IReadOnlyList<string> references)
    {
        Header = header;
        Subject = subject;
        MessageId = messageId;
        References = references;
    }

    /// <summary>The header without the blank line behind it: whole fields, 64 KiB at most.</summary>
    public ReadOnlyMemory<byte> Header { get; }

    /// <summary>Its subject, cleaned and cut; <see langword="null"/> when it has none.</summary>
    public string? Subject { get; }

    /// <summary>Its id without angle brackets; <see langword="null"/> when it has none that can be repeated.</summary>
    public string? MessageId { get; }

    /// <summary>The last ids that it refers to.</summary>
    public IReadOnlyList<string> References { get; }

    /// <summary>Reads a message as it is stored.</summary>
    public static OriginalMessage Read(ReadOnlyMemory<byte> octets)
    {
        ReadOnlyMemory<byte> header = HeaderOf(octets);
        HeaderList fields = Fields(header);
        string? messageId = Raw(fields, HeaderId.MessageId) is { } id && MimeUtils.ParseMessageId(id) is { } parsed && IsUsable(parsed) && id.Trim() == $"<{parsed}>" ? parsed : null;
        string[] references = Raw(fields, HeaderId.References) is { } before ? [.. MimeUtils.EnumerateReferences(before).Where(IsUsable).TakeLast(MaxReferences)] : [];
        return new OriginalMessage(header, fields[HeaderId.Subject] is { } subject && CleanText.Of(subject, MaxSubject) is { Length: > 0 } clean ? clean : null, messageId, references);
    }

    private static ReadOnlyMemory<byte> HeaderOf(ReadOnlyMemory<byte> octets)
    {
        if (octets.Span.StartsWith("\r\n"u8))
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        int blank = octets.Span.IndexOf("\r\n\r\n"u8);
        ReadOnlyMemory<byte> header = blank < 0 ? octets : octets[..(blank + 2)];
        if (header.Length <= MaxHeader)
        {
            return header;
        }

        // Up to the end of the last field that is whole: a line end with neither blank nor tab behind it.
        int end = MaxHeader;
        while (end > 0 && !(header.Span[..end].EndsWith("\r\n"u8) && header.Span[end] is not ((byte)' ' or (byte)'\t')))
        {
            end--;
        }

        return header[..end];
    }

    private static HeaderList Fields(ReadOnlyMemory<byte> header)
    {
        try
        {
            using var stream = new MemoryStream([.. header.Span, .. "\r\n"u8], writable: false);
            return HeaderList.Load(stream);
        }
        catch (FormatException)
        {
            // Nothing that can be read can be quoted; the header itself comes back all the same.
            return [];
        }
    }

    // As it stands: MimeKit would decode what looks like an encoded word, and no id is one.
    private static string? Raw(HeaderList fields, HeaderId id) => fields.FirstOrDefault(field => field.Id == id) is { } field ? Encoding.Latin1.GetString(field.RawValue).Replace("\r\n", "", StringComparison.Ordinal) : null;

    // RFC 5322 §3.6.4, with the literals of old; quoted strings are not worth the risk.
    private static bool IsUsable(string id) => id.Length is > 2 and <= MaxMessageId && id.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < id.Length - 1 && at == id.LastIndexOf('@')
        && id.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~.@[]:".Contains(c, StringComparison.Ordinal)) && !id.Contains("=?", StringComparison.Ordinal);
}
