namespace MtaSts.Delivery.Reporting;

/// <summary>Text that a stranger chose, made safe to keep, to log and to write into I-JSON. RFC 8460 §7, RFC 7493 §2.1.</summary>
internal static class PeerText
{
    /// <summary>Cuts the text, and puts U+FFFD for control characters, noncharacters and lone surrogates.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">The most characters that are kept.</param>
    public static string Clean(string text, int maxLength)
    {
        ReadOnlySpan<char> kept = text.AsSpan(0, Math.Min(text.Length, maxLength));
        if (!kept.ContainsAnyExceptInRange(' ', '~'))
        {
            return kept.Length == text.Length ? text : new string(kept);
        }

        char[] clean = kept.ToArray();
        for (int i = 0; i < clean.Length; i++)
        {
            if (char.IsHighSurrogate(clean[i]) && i + 1 < clean.Length && char.IsLowSurrogate(clean[i + 1]))
            {
                int point = char.ConvertToUtf32(clean[i], clean[i + 1]);
                if ((point & 0xFFFE) == 0xFFFE)
                {
                    clean[i] = clean[i + 1] = '\uFFFD';
                }

                i++;
            }
            else if (IsUnfit(clean[i]))
            {
                clean[i] = '\uFFFD';
            }
        }

        return new string(clean);
    }

    // Line and paragraph separators and the marks that turn the direction of writing can forge a log or a screen.
    private static bool IsUnfit(char c) => char.IsControl(c) || char.IsSurrogate(c) || c is >= '\uFDD0' and <= '\uFDEF' or '\uFFFE' or '\uFFFF'
        or '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
