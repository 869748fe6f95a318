using System.Buffers;
using System.Globalization;
using System.Text;

namespace MtaSts.Delivery.Names;

/// <summary>Turns U-labels into A-labels: the same result under every culture and under invariant globalization.</summary>
/// <remarks>
/// <para>.NET's <c>IdnMapping</c> maps with ICU when there is one and barely at all when there is none, so that one address could mean two
/// domains. Here only what cannot be mistaken is accepted: letters, marks and digits that are already in normal form (RFC 5891 §4.2), after
/// simple lower-casing as a courtesy (RFC 5895 §2). Whatever would need compatibility mapping or composition (full-width letters, ligatures,
/// a base letter followed by a combining accent) is refused, and can still be given as an A-label.</para>
/// </remarks>
internal static class Idna
{
    private const int MaxLabel = 63;

    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>The whole name in lower-case A-labels, or <see langword="null"/> when it is not a domain name.</summary>
    public static string? ToAscii(string name)
    {
        if (IsPlain(name))
        {
            return name;
        }

        string[] labels = name.Split('.', '\u3002');
        for (int i = 0; i < labels.Length; i++)
        {
            if (LabelToAscii(labels[i]) is not { } ascii)
            {
                return null;
            }

            labels[i] = ascii;
        }

        return string.Join('.', labels);
    }

    /// <summary>Whether a name is as it should be already, as names that were read before are: without a copy for each label.</summary>
    private static bool IsPlain(ReadOnlySpan<char> name)
    {
        if (name.ContainsAnyExcept(Plain) || name.Contains("xn--", StringComparison.Ordinal))
        {
            return false;
        }

        while (true)
        {
            int dot = name.IndexOf('.');
            ReadOnlySpan<char> label = dot < 0 ? name : name[..dot];
            if (label.Length is 0 or > MaxLabel || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }

            if (dot < 0)
            {
                return true;
            }

            name = name[(dot + 1)..];
        }
    }

    private static string? LabelToAscii(string label)
    {
        if (!Ascii.IsValid(label))
        {
            return ULabelToAscii(label);
        }

        string lower = label.ToLowerInvariant();
        bool wellFormed = lower.Length is > 0 and <= MaxLabel
            && lower[0] != '-' && lower[^1] != '-'
            && lower.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');
        if (!wellFormed)
        {
            return null;
        }

        return lower.StartsWith("xn--", StringComparison.Ordinal) && lower.Length == 4 ? null : lower;
    }

    private static string? ULabelToAscii(string label)
    {
        var runes = new List<Rune>(label.Length);
        foreach (Rune rune in label.EnumerateRunes())
        {
            runes.Add(ToLower(rune));
        }

        if (runes.Count > MaxLabel || !IsStable(runes) || runes[0].Value == '-' || runes[^1].Value == '-'
            // Kept for A-labels. RFC 5891 §4.2.3.1.
            || (runes.Count > 3 && runes[2].Value == '-' && runes[3].Value == '-'))
        {
            return null;
        }

        string ascii = "xn--" + Punycode.Encode(runes);
        return ascii.Length <= MaxLabel ? ascii : null;
    }

    /// <summary>The lower-case letter of an alphabet whose case pairs every version of ICU and .NET's own tables agree on; any other stays as it is.</summary>
    private static Rune ToLower(Rune rune)
    {
        if (rune.Value is not (< 0x590 or (>= 0x1E00 and < 0x2000)))
        {
            return rune;
        }

        // A letter that its lower case does not lead back to (capital sharp s) has been mapped in more than one way.
        Rune lower = Rune.ToLowerInvariant(rune);
        return Rune.ToUpperInvariant(lower) == rune ? lower : rune;
    }

    private static bool IsStable(List<Rune> runes)
    {
        for (int i = 0; i < runes.Count; i++)
        {
            bool allowed = runes[i].IsAscii
                ? char.IsAsciiLetterLower((char)runes[i].Value) || char.IsAsciiDigit((char)runes[i].Value) || runes[i].Value is '-'
                : IsLetterMarkOrDigit(runes[i]) && !IsUnstable(runes[i].Value);
            bool composes = i > 0 && ComposingPairs.Contains((runes[i - 1].Value, runes[i].Value));
            if (!allowed || composes)
            {
                return false;
            }
        }

        // A label cannot begin with a combining mark. RFC 5891 §4.2.3.2.
        return runes.Count > 0 && Rune.GetUnicodeCategory(runes[0]) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);
    }

    private static bool IsLetterMarkOrDigit(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter
        or UnicodeCategory.ModifierLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber;

    private static bool IsUnstable(int value)
    {
        for (int i = 0; i < UnstableRanges.Length; i += 2)
        {
            if (value < UnstableRanges[i])
            {
                return false;
            }

            if (value <= UnstableRanges[i + 1])
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>First and last code point of each run that case folding or NFKC would change, or that combines or joins with what stands before it.</summary>
    private static readonly int[] UnstableRanges =
    [
        0xAA, 0xAA, 0xB5, 0xB5, 0xBA, 0xBA, 0x133, 0x133, 0x140, 0x140, 0x149, 0x149, 0x17F, 0x17F, 0x1C6, 0x1CC, 0x1F3, 0x1F3, 0x2B0, 0x2B8, 0x2E0, 0x2E4,
        0x300, 0x345, 0x34F, 0x34F, 0x374, 0x374, 0x37A, 0x37A, 0x3D0, 0x3D6, 0x3F0, 0x3F2, 0x3F5, 0x3F5, 0x587, 0x587, 0x675, 0x678, 0x958, 0x95F, 0x9DC, 0x9DF,
        0xA33, 0xA33, 0xA36, 0xA36, 0xA59, 0xA5B, 0xA5E, 0xA5E, 0xB5C, 0xB5D, 0xE33, 0xE33, 0xEB3, 0xEB3, 0xEDC, 0xEDD, 0xF43, 0xF43, 0xF4D, 0xF4D,
        0xF52, 0xF52, 0xF57, 0xF57, 0xF5C, 0xF5C, 0xF69, 0xF69, 0xF73, 0xF73, 0xF75, 0xF79, 0xF81, 0xF81, 0xF93, 0xF93, 0xF9D, 0xF9D, 0xFA2, 0xFA2,
        0xFA7, 0xFA7, 0xFAC, 0xFAC, 0xFB9, 0xFB9, 0x10FC, 0x10FC, 0x1100, 0x11FF, 0x13F8, 0x13FD, 0x17B4, 0x17B5, 0x180B, 0x180D, 0x180F, 0x180F, 0x1C80, 0x1C88, 0x1D2C, 0x1D2E, 0x1D30, 0x1D3A, 0x1D3C, 0x1D4D, 0x1D4F, 0x1D6A,
        0x1D78, 0x1D78, 0x1D9B, 0x1DBF, 0x1E9A, 0x1E9B, 0x1F71, 0x1F71, 0x1F73, 0x1F73, 0x1F75, 0x1F75, 0x1F77, 0x1F77, 0x1F79, 0x1F79, 0x1F7B, 0x1F7B,
        0x1F7D, 0x1F7D, 0x1F80, 0x1FAF, 0x1FB2, 0x1FB4, 0x1FB7, 0x1FB7, 0x1FBE, 0x1FBE, 0x1FC2, 0x1FC4, 0x1FC7, 0x1FC7, 0x1FD3, 0x1FD3,
        0x1FE3, 0x1FE3, 0x1FF2, 0x1FF4, 0x1FF7, 0x1FF7, 0x2071, 0x209C, 0x210A, 0x2149, 0x2C7C, 0x2C7D, 0x2D6F, 0x2D6F, 0x3099, 0x309A,
        0x309F, 0x309F, 0x30FF, 0x30FF, 0x3131, 0x318E, 0xA69C, 0xA69D, 0xA770, 0xA770, 0xA7F2, 0xA7F4, 0xA7F8, 0xA7F9, 0xA960, 0xA97F, 0xAB5C, 0xAB5F,
        0xAB69, 0xAB69, 0xAB70, 0xABBF, 0xD7B0, 0xD7FF, 0xF900, 0xFA0D, 0xFA10, 0xFA10, 0xFA12, 0xFA12, 0xFA15, 0xFA1E, 0xFA20, 0xFA20, 0xFA22, 0xFA22, 0xFA25, 0xFA26,
        0xFA2A, 0xFB1D, 0xFB1F, 0xFDFB, 0xFE00, 0xFE0F, 0xFE20, 0xFE2F, 0xFE70, 0xFE72, 0xFE74, 0xFFDC, 0x10781, 0x107BA, 0x1D41A, 0x1D7FF,
        0x1E030, 0x1E06D, 0x1EE00, 0x1FBF9, 0x2F800, 0x2FA1D, 0xE0100, 0xE01EF,
    ];

    /// <summary>Pairs outside the blocks above that NFC would compose into one code point.</summary>
    private static readonly HashSet<(int First, int Second)> ComposingPairs =
    [
        (0x627, 0x653), (0x627, 0x654), (0x648, 0x654), (0x627, 0x655), (0x64A, 0x654), (0x6D5, 0x654), (0x6C1, 0x654), (0x6D2, 0x654), (0x928, 0x93C),
        (0x930, 0x93C), (0x933, 0x93C), (0x9C7, 0x9BE), (0x9C7, 0x9D7), (0xB47, 0xB56), (0xB47, 0xB3E), (0xB47, 0xB57), (0xB92, 0xBD7), (0xBC6, 0xBBE),
        (0xBC7, 0xBBE), (0xBC6, 0xBD7), (0xC46, 0xC56), (0xCBF, 0xCD5), (0xCC6, 0xCD5), (0xCC6, 0xCD6), (0xCC6, 0xCC2), (0xCCA, 0xCD5), (0xD46, 0xD3E),
        (0xD47, 0xD3E), (0xD46, 0xD57), (0xDD9, 0xDCA), (0xDD9, 0xDCF), (0xDDC, 0xDCA), (0xDD9, 0xDDF), (0x1025, 0x102E), (0x1B05, 0x1B35),
        (0x1B07, 0x1B35), (0x1B09, 0x1B35), (0x1B0B, 0x1B35), (0x1B0D, 0x1B35), (0x1B11, 0x1B35), (0x1B3A, 0x1B35), (0x1B3C, 0x1B35), (0x1B3E, 0x1B35),
        (0x1B3F, 0x1B35), (0x1B42, 0x1B35), (0x11099, 0x110BA), (0x1109B, 0x110BA), (0x110A5, 0x110BA), (0x11131, 0x11127), (0x11132, 0x11127),
        (0x11347, 0x1133E), (0x11347, 0x11357), (0x114B9, 0x114BA), (0x114B9, 0x114B0), (0x114B9, 0x114BD), (0x115B8, 0x115AF), (0x115B9, 0x115AF),
        (0x11935, 0x11930),
    ];
}
