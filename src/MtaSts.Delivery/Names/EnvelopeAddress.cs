using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Names;

/// <summary>An SMTP mailbox: a local part at a domain or at an address literal. RFC 5321 §4.1.2, RFC 6531 §3.3.</summary>
/// <remarks>The local part is kept to the letter and compared with case, as only its own host may interpret it (RFC 5321 §2.4).
/// What cannot be a mailbox, control characters among it, never becomes one, so an address cannot smuggle a command.</remarks>
[JsonConverter(typeof(JsonText))]
public sealed class EnvelopeAddress : IEquatable<EnvelopeAddress>
{
    private const int MaxLength = 254;

    private EnvelopeAddress(string localPart, DomainName? domain, IPAddress? literal)
    {
        LocalPart = localPart;
        Domain = domain;
        Literal = literal;
    }

    /// <summary>The part before the <c>@</c>, quotes included when it has any.</summary>
    public string LocalPart { get; }

    /// <summary>The domain, or <see langword="null"/> for an address literal.</summary>
    public DomainName? Domain { get; }

    /// <summary>The address literal, or <see langword="null"/> for a domain. RFC 5321 §4.1.3.</summary>
    public IPAddress? Literal { get; }

    /// <summary>Whether the local part is not ASCII, so that only a server with SMTPUTF8 can take it. RFC 6531 §3.2.</summary>
    public bool NeedsSmtpUtf8 => !System.Text.Ascii.IsValid(LocalPart);

    /// <summary>What stands behind the <c>@</c>: the domain in A-labels, or the literal in brackets.</summary>
    public string DomainText => Domain?.Value
        ?? (Literal!.AddressFamily == AddressFamily.InterNetworkV6 ? $"[IPv6:{Literal}]" : $"[{Literal}]");

    /// <summary>Reads an address such as <c>jane@example.com</c>, <c>"jane doe"@example.com</c> or <c>jane@[IPv6:2001:db8::1]</c>.</summary>
    /// <returns><see langword="false"/> when the text is no mailbox.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out EnvelopeAddress? address)
    {
        address = null;
        int at = text?.LastIndexOf('@') ?? -1;
        if (at <= 0 || text!.Length > 4 * MaxLength || !IsLocalPart(text[..at]))
        {
            return false;
        }

        string behind = text[(at + 1)..];
        EnvelopeAddress? read = behind.StartsWith('[')
            ? TryParseLiteral(behind, out IPAddress? literal) ? new EnvelopeAddress(text[..at], null, literal) : null
            : DomainName.TryParse(behind, out DomainName? domain) ? new EnvelopeAddress(text[..at], domain, null) : null;
        if (read is null || System.Text.Encoding.UTF8.GetByteCount(read.ToString()) > MaxLength)
        {
            return false;
        }

        address = read;
        return true;
    }

    /// <summary>Reads an address that is known to be good: for literals in programs and tests.</summary>
    /// <exception cref="FormatException">The text is no mailbox.</exception>
    public static EnvelopeAddress Parse(string text) => TryParse(text, out EnvelopeAddress? address)
        ? address
        : throw new FormatException($"'{text}' is not an SMTP mailbox: expected local-part@domain, local-part@[192.0.2.1] or local-part@[IPv6:2001:db8::1], at most {MaxLength} octets.");

    /// <inheritdoc/>
    public bool Equals(EnvelopeAddress? other) => other is not null
        && string.Equals(LocalPart, other.LocalPart, StringComparison.Ordinal) && Domain == other.Domain && Equals(Literal, other.Literal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EnvelopeAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(LocalPart.GetHashCode(StringComparison.Ordinal), Domain, Literal);

    /// <summary>The address with its domain in A-labels.</summary>
    public override string ToString() => LocalPart + "@" + DomainText;

    private static bool IsLocalPart(string text) => text[0] == '"' ? IsQuotedString(text) : IsDotString(text);

    private static bool IsDotString(string text) => text.Split('.').All(atom => atom.Length > 0 && atom.All(IsAtomCharacter)) && IsValidUnicode(text);

    private static bool IsAtomCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal) || IsUtf8NonAscii(c);

    private static bool IsQuotedString(string text)
    {
        if (text.Length < 2 || text[^1] != '"' || !IsValidUnicode(text))
        {
            return false;
        }

        for (int i = 1; i < text.Length - 1; i++)
        {
            if (text[i] == '\\')
            {
                i++;
                if (i == text.Length - 1 || text[i] is < ' ' or > '~')
                {
                    return false;
                }
            }
            else if (text[i] == '"' || (text[i] is < ' ' or > '~' && !IsUtf8NonAscii(text[i])))
            {
                return false;
            }
        }

        return true;
    }

    // C1 controls and the line and paragraph separators are not text that anybody addresses mail with.
    private static bool IsUtf8NonAscii(char c) => c >= '\u00A0' && c is not ('\u2028' or '\u2029' or '\uFEFF');

    private static bool IsValidUnicode(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryParseLiteral(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (!text.EndsWith(']'))
        {
            return false;
        }

        string inner = text[1..^1];
        return inner.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase)
            ? inner[5..].All(c => char.IsAsciiHexDigit(c) || c is ':' or '.') && inner.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(inner[5..], out address)
                && address.AddressFamily == AddressFamily.InterNetworkV6
            : IsDottedQuad(inner) && IPAddress.TryParse(inner, out address);
    }

    // IPAddress.TryParse also reads "1" and "127.1", which RFC 5321 does not.
    private static bool IsDottedQuad(string text)
    {
        string[] octets = text.Split('.');
        return octets.Length == 4 && octets.All(octet => octet.Length is > 0 and <= 3 && octet.All(char.IsAsciiDigit) && (octet.Length == 1 || octet[0] != '0') && int.Parse(octet, System.Globalization.CultureInfo.InvariantCulture) <= 255);
    }

    /// <summary>Writes the address as a JSON string.</summary>
    internal sealed class JsonText : JsonConverter<EnvelopeAddress>
    {
        public override EnvelopeAddress? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out EnvelopeAddress? address) ? address : throw new JsonException("Not an SMTP mailbox.");

        public override void Write(Utf8JsonWriter writer, EnvelopeAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
