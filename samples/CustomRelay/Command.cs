using System.Text;

namespace CustomRelay;

/// <summary>A command: its verb in capitals, and what stands behind it. RFC 5321 §4.1.1.</summary>
internal readonly record struct Command(string Verb, string Argument)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a line; <see langword="null"/> when it is no text. RFC 6531 §3.3 lets addresses be UTF-8.</summary>
    public static Command? Read(ReadOnlySpan<byte> line)
    {
        string text;
        try
        {
            text = Strict.GetString(line).TrimEnd(' ');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }

        if (text.Any(char.IsControl))
        {
            return null;
        }

        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 ? new Command(text.ToUpperInvariant(), "") : new Command(text[..blank].ToUpperInvariant(), text[(blank + 1)..].TrimStart(' '));
    }
}
