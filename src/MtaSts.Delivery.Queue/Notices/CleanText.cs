using System.Globalization;
using System.Text;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>Text that strangers chose (replies, subjects, ids), fit for one line of a notice.</summary>
internal static class CleanText
{
    /// <summary>The text on one line and at most so long: line ends and tabs are blanks; control, format (those that turn the direction of writing among them)
    /// and unassigned characters and lone surrogates are <c>?</c>.</summary>
    /// <remarks>What looks like an encoded word is taken apart: whoever decodes it would see what was cleaned away. RFC 2047 §2.</remarks>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">About the most UTF-16 units that are kept; what is cut shows as three dots.</param>
    public static string Of(string text, int maxLength) => WithoutEncodedWords(Of(text, maxLength, ascii: false));

    /// <summary>The same, and <c>?</c> for what is not ASCII, for fields that can hold nothing else. RFC 3464 §2.1.1.</summary>
    public static string Ascii(string text, int maxLength) => WithoutEncodedWords(Of(text, maxLength, ascii: true));

    /// <summary>The same for an address, in which every sign counts and nothing is decoded.</summary>
    public static string Address(string text, int maxLength) => Of(text, maxLength, ascii: false);

    private static string WithoutEncodedWords(string text) => text.Replace("=?", "= ?", StringComparison.Ordinal);

    private static string Of(string text, int maxLength, bool ascii)
    {
        var output = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            string shown = rune.Value is '\r' or '\n' or '\t' or 0x2028 or 0x2029 ? " " : rune.IsAscii ? (rune.Value is >= ' ' and <= '~' ? rune.ToString() : "?")
                : ascii || !IsHarmless(rune) ? "?" : rune.ToString();
            if (output.Length + shown.Length > maxLength)
            {
                return output.ToString().TrimEnd() + "...";
            }

            if (shown != " " || (output.Length > 0 && output[^1] != ' '))
            {
                output.Append(shown);
            }
        }

        return output.ToString().TrimEnd();
    }

    private static bool IsHarmless(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
