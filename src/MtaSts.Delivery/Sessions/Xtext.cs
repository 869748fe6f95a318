using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace MtaSts.Delivery.Sessions;

/// <summary>The form in which values of ENVID and ORCPT travel: printable ASCII, the rest and <c>+</c> and <c>=</c> as <c>+</c> and two hexadecimal digits. RFC 3461 §4.</summary>
public static class Xtext
{
    /// <summary>Writes a text as xtext, octet by octet of its UTF-8 form.</summary>
    public static string Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var encoded = new StringBuilder(text.Length);
        foreach (byte octet in Encoding.UTF8.GetBytes(text))
        {
            _ = octet is > 32 and < 127 and not ((byte)'+' or (byte)'=') ? encoded.Append((char)octet) : encoded.Append(CultureInfo.InvariantCulture, $"+{octet:X2}");
        }

        return encoded.ToString();
    }

    /// <summary>Reads xtext whose octets are UTF-8.</summary>
    /// <returns><see langword="false"/> when the text is no xtext.</returns>
    public static bool TryDecode([NotNullWhen(true)] string? xtext, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var octets = new List<byte>(xtext?.Length ?? 0);
        for (int i = 0; i < xtext?.Length; i++)
        {
            if (xtext[i] is <= ' ' or > '~' or '=')
            {
                return false;
            }

            if (xtext[i] != '+')
            {
                octets.Add((byte)xtext[i]);
            }
            else if (i + 2 < xtext.Length && IsUpperHex(xtext[i + 1]) && IsUpperHex(xtext[i + 2]))
            {
                octets.Add(byte.Parse(xtext.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                return false;
            }
        }

        try
        {
            text = xtext is null ? null : new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. octets]);
            return text is not null;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    // RFC 3461 §4: upper case only.
    private static bool IsUpperHex(char c) => c is (>= '0' and <= '9') or (>= 'A' and <= 'F');
}
