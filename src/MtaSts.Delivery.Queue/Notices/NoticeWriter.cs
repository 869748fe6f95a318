using System.Globalization;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using MimeKit;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>Writes notices: multipart/report with a text for people, fields for programs, and what they are about. RFC 3461 §6, RFC 3464, RFC 6522, RFC 6533.</summary>
public sealed class NoticeWriter : INoticeWriter
{
    private const int MaxLine = 998;

    // Where the system has no full name either: one that nobody has, so that nobody is named wrongly. RFC 6761 §6.4.
    private const string NoHost = "localhost.invalid";

    private readonly NoticeOptions _options;
    private readonly string _host;

    /// <summary>Creates a writer; the options are copied.</summary>
    /// <param name="options">How notices look; the defaults unless given.</param>
    /// <exception cref="ArgumentException">The options are not good; the message says which and why.</exception>
    public NoticeWriter(NoticeOptions? options = null)
    {
        options ??= new NoticeOptions();
        if (options.Validate().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _options = options.Copy();
        _host = DomainName.TryParse(options.ReportingMta ?? HostName(), out DomainName? host) && host.IsHostName && host.Parent is not null ? host.Value : NoHost;
    }

    /// <inheritdoc/>
    public MessageContent Write(NoticeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Envelope.Sender is not { } sender)
        {
            throw new ArgumentException("The message has the null sender: there is nobody to tell (RFC 5321 section 6.1).", nameof(request));
        }

        OriginalMessage original = OriginalMessage.Read(request.Content.Octets);
        bool full = StatusRules.ReturnsFull(request, _options.MaxReturned);
        byte[] octets = Write(request, sender, original, full);
        if (full && !sender.NeedsSmtpUtf8 && !CanBeSevenBit(octets))
        {
            // There is no notice about a notice, so one that a server without 8BITMIME could not take would be lost.
            octets = Write(request, sender, original, returnsFull: false);
        }

        return MessageContent.From(octets);
    }

    private byte[] Write(NoticeRequest request, EnvelopeAddress sender, OriginalMessage original, bool returnsFull)
    {
        // Only to a sender whose address is beyond ASCII must a notice go with SMTPUTF8; to all others it goes as ASCII.
        bool international = sender.NeedsSmtpUtf8;
        // Its boundary is made by chance: what comes back could hold one that can be foretold.
        var report = new MultipartReport("delivery-status")
        {
            Text(NoticeText.Write(request, original, _options, returnsFull), international),
            Status(request, international),
            returnsFull ? WholeMessage(request.Content, original, international) : HeaderOnly(original, international),
        };
        var notice = new MimeMessage { Date = request.Now, MessageId = IdOf(request), Subject = NoticeText.Subject(original, request.Action), Body = report };
        notice.From.Add(new MailboxAddress(_options.FromName, _options.From?.ToString() ?? "MAILER-DAEMON@" + _host));
        notice.To.Add(new MailboxAddress(null, sender.ToString()));
        // RFC 3834 §5.
        notice.Headers.Add("Auto-Submitted", "auto-replied");
        if (original.MessageId is { } answered)
        {
            notice.Headers.Add(HeaderId.InReplyTo, $"<{answered}>");
            notice.Headers.Add(HeaderId.References, string.Join(' ', original.References.Where(reference => reference != answered).Append(answered).Select(reference => $"<{reference}>")));
        }

        FormatOptions format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        format.International = international;
        format.EnsureNewLine = true;
        using var stream = new MemoryStream();
        notice.WriteTo(format, stream);
        return stream.ToArray();
    }

    /// <summary>The notice's Message-ID: the same for the same news, so that a mailbox can tell a repeated notice.</summary>
    private string IdOf(NoticeRequest request)
    {
        string news = string.Create(CultureInfo.InvariantCulture, $"{request.Action} {request.Arrived.UtcTicks} {string.Join(' ', request.Recipients.Select(one => one.Address))}");
        string mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(news)).AsSpan(0, 8));
        return $"{request.Id}.{mark}@{_host}";
    }

    private MimePart Status(NoticeRequest request, bool international)
    {
        bool utf8 = StatusFields.NeedUtf8(request);
        return Part("message", utf8 ? "global-delivery-status" : "delivery-status", StatusFields.Write(request, _host, utf8), international);
    }

    private static TextPart Text(string text, bool international) =>
        new("plain") { Text = text, ContentTransferEncoding = EncodingFor(Encoding.UTF8.GetBytes(text), international) };

    // RFC 2046 §5.2.1 lets message/rfc822 be 7bit or 8bit and nothing else; message/global may be encoded (RFC 6532 §3.7).
    private static MimePart WholeMessage(MessageContent content, OriginalMessage original, bool international)
    {
        if (IsUtf8Beyond(original.Header.Span))
        {
            return Part("message", "global", content.Octets, international);
        }

        MimePart part = Part("message", "rfc822", content.Octets, international);
        part.ContentTransferEncoding = Ascii.IsValid(content.Octets.Span) ? ContentEncoding.SevenBit : ContentEncoding.EightBit;
        return part;
    }

    private static MimePart HeaderOnly(OriginalMessage original, bool international) => IsUtf8Beyond(original.Header.Span)
        ? Part("message", "global-headers", original.Header, international)
        : Part("text", "rfc822-headers", original.Header, international: false);

    private static MimePart Part(string type, string subtype, ReadOnlyMemory<byte> octets, bool international) => new(type, subtype)
    {
        Content = new MimeContent(new MemoryStream(octets.ToArray(), writable: false)),
        ContentTransferEncoding = EncodingFor(octets.Span, international),
    };

    private static ContentEncoding EncodingFor(ReadOnlySpan<byte> octets, bool international) =>
        !CanBeSent(octets) ? ContentEncoding.QuotedPrintable
        : Ascii.IsValid(octets) ? ContentEncoding.SevenBit
        : international ? ContentEncoding.EightBit
        : ContentEncoding.QuotedPrintable;

    private static bool IsUtf8Beyond(ReadOnlySpan<byte> header) => !Ascii.IsValid(header) && Utf8.IsValid(header);

    // A message that failed because it cannot be sent is quoted in a notice that can. RFC 5321 §4.1.2, §4.5.3.1.6.
    private static bool CanBeSent(ReadOnlySpan<byte> octets)
    {
        if (octets.Contains((byte)0))
        {
            return false;
        }

        foreach (Range line in octets.Split("\r\n"u8))
        {
            if (octets[line].Length > MaxLine)
            {
                return false;
            }
        }

        return true;
    }

    private static bool CanBeSevenBit(byte[] octets)
    {
        if (Ascii.IsValid(octets))
        {
            return true;
        }

        try
        {
            using var stream = new MemoryStream(octets, writable: false);
            using MimeMessage notice = MimeMessage.Load(stream);
            notice.Prepare(EncodingConstraint.SevenBit, MaxLine);
            using var written = new MemoryStream();
            notice.WriteTo(written);
            return Ascii.IsValid(written.GetBuffer().AsSpan(0, (int)written.Length));
        }
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentOutOfRangeException)
        {
            // The latter comes from MimeKit when it folds a long word behind a field name that is longer than a line.
            return false;
        }
    }

    private static string HostName()
    {
        IPGlobalProperties system = IPGlobalProperties.GetIPGlobalProperties();
        return system.HostName.Contains('.', StringComparison.Ordinal) ? system.HostName : $"{system.HostName}.{system.DomainName}";
    }
}
