using System.Text;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Sessions;

/// <summary>Reads the lines of replies. RFC 5321 §4.2.</summary>
internal static class ReplyRules
{
    private const int MaxTextKept = 512;

    /// <summary>Reads one line without its line end: <c>250-text</c>, <c>250 text</c> or <c>250</c>.</summary>
    /// <returns><see langword="false"/> when the line is not part of a reply with a code from 200 to 599.</returns>
    public static bool TryReadLine(ReadOnlySpan<byte> line, out int code, out bool isLast, out string text)
    {
        code = 0;
        isLast = true;
        text = "";
        if (line.Length < 3 || line[0] is < (byte)'2' or > (byte)'5' || !IsDigit(line[1]) || !IsDigit(line[2]))
        {
            return false;
        }

        if (line.Length > 3 && line[3] is not ((byte)' ' or (byte)'-'))
        {
            return false;
        }

        code = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + (line[2] - '0');
        isLast = line.Length == 3 || line[3] == ' ';
        text = line.Length > 4 ? Printable(line[4..]) : "";
        return true;
    }

    private static bool IsDigit(byte octet) => octet is >= (byte)'0' and <= (byte)'9';

    // A peer's text goes into logs, reports and notices: nothing that is no text, and an end.
    private static string Printable(ReadOnlySpan<byte> octets) => PrintableText.Of(Encoding.UTF8.GetString(octets[..Math.Min(octets.Length, MaxTextKept)]));
}
