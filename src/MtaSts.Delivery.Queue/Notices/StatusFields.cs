using System.Globalization;
using System.Text;
using MimeKit.Utils;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>The part of a notice that programs read: message/delivery-status, or message/global-delivery-status where an address is not ASCII. RFC 3464 §2, RFC 6533 §4.</summary>
internal static class StatusFields
{
    // Programs that read notices know that a diagnosis is folded; not all of them do so of an address.
    private const int FoldedLine = 78;
    private const int LongestLine = 900;
    private const int MaxText = 1000;
    private const int MaxAddress = 1000;
    private const int MaxId = 200;

    /// <summary>Whether an address forces the form for UTF-8. RFC 6533 §3.</summary>
    public static bool NeedUtf8(NoticeRequest request) => request.Envelope.Sender is { NeedsSmtpUtf8: true }
        || request.Recipients.Any(one => one.Address.NeedsSmtpUtf8 || (TypedAddress(one.Dsn?.OriginalRecipient) is { } original && !Ascii.IsValid(original)));

    /// <summary>The fields: those of the message, then a group for each recipient.</summary>
    /// <param name="request">What there is to tell.</param>
    /// <param name="reportingMta">The name of this host.</param>
    /// <param name="utf8">Whether addresses stand in UTF-8.</param>
    public static byte[] Write(NoticeRequest request, string reportingMta, bool utf8)
    {
        var text = new StringBuilder();
        Field("Original-Envelope-Id", request.Envelope.EnvelopeId is { } id ? CleanText.Ascii(id, MaxId) : null);
        Field("Reporting-MTA", "dns; " + CleanText.Ascii(reportingMta, MaxAddress));
        Field("Arrival-Date", Date(request.Arrived));
        Field("X-MtaSts-Delivery-Queue-Id", request.Id.ToString());
        foreach (NoticeRecipient one in request.Recipients)
        {
            text.Append("\r\n");
            Field("Original-Recipient", TypedAddress(one.Dsn?.OriginalRecipient));
            Field("Final-Recipient", FinalRecipient(one.Address, utf8));
            Field("Action", one.Action switch { NoticeAction.Delayed => "delayed", NoticeAction.Relayed => "relayed", _ => "failed" });
            Field("Status", StatusRules.StatusOf(one).ToString());
            Field("Remote-MTA", one.LastAttempt?.MxHost is { } host ? "dns; " + CleanText.Ascii(host, MaxAddress) : null);
            Field("Diagnostic-Code", Diagnostic(one.LastAttempt, utf8));
            Field("Last-Attempt-Date", one.LastAttempt is { } last ? Date(last.At) : null);
            Field("Will-Retry-Until", one.Action == NoticeAction.Delayed && request.WillRetryUntil is { } until ? Date(until) : null);
        }

        return Encoding.UTF8.GetBytes(text.ToString());

        void Field(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                Fold(text, name + ": " + value, name == "Diagnostic-Code" ? FoldedLine : LongestLine);
            }
        }
    }

    /// <summary>A moment with a numeric zone. RFC 3464 §2.2.5.</summary>
    private static string Date(DateTimeOffset moment) => DateUtils.FormatDate(moment.ToUniversalTime());

    /// <summary>An address that the sender gave with its type. RFC 3464 §2.3.1.</summary>
    /// <returns><see langword="null"/> when there is none, or when it has no type and so means nothing.</returns>
    private static string? TypedAddress(string? original)
    {
        int end = original?.IndexOf(';', StringComparison.Ordinal) ?? -1;
        if (end <= 0 || !original.AsSpan(0, end).ContainsOnlyTypeCharacters())
        {
            return null;
        }

        string address = CleanText.Address(original![(end + 1)..], MaxAddress);
        return address.Length == 0 ? null : $"{original[..end]}; {address}";
    }

    /// <summary>The recipient with its type. In a part that is ASCII, what is not stands as <c>\x{code point}</c>. RFC 3464 §2.3.2, RFC 6533 §3.</summary>
    private static string FinalRecipient(EnvelopeAddress recipient, bool utf8) =>
        !recipient.NeedsSmtpUtf8 ? "rfc822; " + recipient
        : utf8 ? "utf-8; " + recipient
        : "utf-8; " + string.Concat(recipient.ToString().EnumerateRunes().Select(Escaped));

    private static string Escaped(Rune rune) => rune.Value is > ' ' and <= '~' and not ('\\' or '+' or '=') ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X2}}}");

    /// <summary>The server's reply, or, where none decided, what this sender found. RFC 3464 §2.3.6, RFC 3461 §9.2.</summary>
    private static string? Diagnostic(QueueAttempt? attempt, bool utf8) => attempt switch
    {
        null => null,
        { Reply: { } reply } => "smtp; " + Clean(reply.ToString(), utf8),
        { Explanation: { Length: > 0 } explanation } => "x-mtasts-delivery; " + Clean(explanation, utf8),
        _ => null,
    };

    private static string Clean(string text, bool utf8) => utf8 ? CleanText.Of(text, MaxText) : CleanText.Ascii(text, MaxText);

    /// <summary>Writes a field, folded at blanks; a word longer than a line may be is cut in pieces. RFC 5322 §2.1.1, §2.2.3.</summary>
    private static void Fold(StringBuilder text, string field, int lineLength)
    {
        int length = 0;
        foreach (string word in field.Split(' ').SelectMany(Pieces))
        {
            if (length > 0 && length + 1 + word.Length > lineLength)
            {
                text.Append("\r\n ").Append(word);
                length = 0;
            }
            else
            {
                text.Append(length > 0 ? " " : "").Append(word);
            }

            length += 1 + word.Length;
        }

        text.Append("\r\n");
    }

    // Runes rather than characters: a pair must not be torn.
    private static IEnumerable<string> Pieces(string word)
    {
        var piece = new StringBuilder();
        int octets = 0;
        foreach (Rune rune in word.EnumerateRunes())
        {
            if (octets + rune.Utf8SequenceLength > LongestLine)
            {
                yield return piece.ToString();
                piece.Clear();
                octets = 0;
            }

            piece.Append(rune);
            octets += rune.Utf8SequenceLength;
        }

        yield return piece.ToString();
    }

    private static bool ContainsOnlyTypeCharacters(this ReadOnlySpan<char> type)
    {
        foreach (char c in type)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}
