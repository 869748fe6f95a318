using System.Text;

namespace MtaSts.Delivery.Sessions;

/// <summary>One field of a message header as it is stored. RFC 5322 §2.2.</summary>
/// <param name="Octets">The whole field with its continuation lines and the line end behind each.</param>
internal readonly record struct HeaderField(ReadOnlyMemory<byte> Octets)
{
    /// <summary>What stands behind the colon, unfolded.</summary>
    public string Value => Encoding.Latin1.GetString(Octets.Span[(Octets.Span.IndexOf((byte)':') + 1)..]).Replace("\r\n", "", StringComparison.Ordinal).Trim();

    /// <summary>Whether it has this name; a line that is no field has none.</summary>
    public bool Is(string name) => Ascii.EqualsIgnoreCase(NameOf(Octets.Span), name);

    /// <summary>Takes a header apart: together, the fields are the header again.</summary>
    /// <param name="header">Lines that end in CRLF, without the blank line behind them.</param>
    public static IEnumerable<HeaderField> ReadAll(ReadOnlyMemory<byte> header)
    {
        while (header.Length > 0)
        {
            int end = EndOfLine(header.Span, 0);
            while (end < header.Length && header.Span[end] is (byte)' ' or (byte)'\t')
            {
                end = EndOfLine(header.Span, end);
            }

            yield return new HeaderField(header[..end]);
            header = header[end..];
        }
    }

    private static int EndOfLine(ReadOnlySpan<byte> header, int start) => header[start..].IndexOf("\r\n"u8) is var end and >= 0 ? start + end + 2 : header.Length;

    // White space before the colon is obsolete, but read by everybody. RFC 5322 §4.5.
    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> field)
    {
        int colon = field.IndexOf((byte)':');
        ReadOnlySpan<byte> name = colon < 0 ? [] : field[..colon].TrimEnd(" \t"u8);
        return name.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0 ? name : [];
    }
}
