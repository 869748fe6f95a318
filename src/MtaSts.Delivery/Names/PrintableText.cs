using System.Globalization;
using System.Text;

namespace MtaSts.Delivery.Names;

/// <summary>Text from elsewhere (a peer's, an exception's) in a form that is safe in logs, reports and notices.</summary>
internal static class PrintableText
{
    /// <summary>The text on one line: each run of line ends is a blank; control and format characters (those that turn the direction of writing
    /// among them) and lone surrogates are <c>?</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">How many UTF-16 units are kept.</param>
    public static string Of(string text, int maxLength = int.MaxValue)
    {
        if (text.Length <= maxLength && !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var output = new StringBuilder(Math.Min(text.Length, maxLength));
        bool inLineEnd = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isLineEnd = rune.Value is '\r' or '\n' or 0x2028 or 0x2029;
            string shown = isLineEnd ? inLineEnd ? "" : " " : IsHarmless(rune) ? rune.ToString() : "?";
            if (output.Length + shown.Length > maxLength)
            {
                break;
            }

            output.Append(shown);
            inLineEnd = isLineEnd;
        }

        return output.ToString();
    }

    // The stand-in for what is no character says nothing that a question mark does not say.
    private static bool IsHarmless(Rune rune) => rune != Rune.ReplacementChar
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);
}
