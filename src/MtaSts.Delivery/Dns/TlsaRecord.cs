using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Dns;

/// <summary>One TLSA record as it stood in the answer; whether it can be used is for <c>DaneRules</c> to say. RFC 6698 §2.1.</summary>
/// <remarks>Two records are equal when all four fields are.</remarks>
[JsonConverter(typeof(JsonText))]
public sealed class TlsaRecord : IEquatable<TlsaRecord>
{
    /// <summary>A record of these fields.</summary>
    /// <param name="usage">The certificate usage: 3 for DANE-EE, 2 for DANE-TA.</param>
    /// <param name="selector">0 for the certificate, 1 for its public key.</param>
    /// <param name="matchingType">0 for the octets themselves, 1 for SHA-256, 2 for SHA-512.</param>
    /// <param name="association">What the certificate must match; copied.</param>
    public TlsaRecord(byte usage, byte selector, byte matchingType, ReadOnlySpan<byte> association)
    {
        (Usage, Selector, MatchingType) = (usage, selector, matchingType);
        Association = association.ToArray();
    }

    /// <summary>The certificate usage. RFC 6698 §2.1.1.</summary>
    public byte Usage { get; }

    /// <summary>Which part of the certificate is matched. RFC 6698 §2.1.2.</summary>
    public byte Selector { get; }

    /// <summary>How it is matched. RFC 6698 §2.1.3.</summary>
    public byte MatchingType { get; }

    /// <summary>What it is matched with. RFC 6698 §2.1.4.</summary>
    public ReadOnlyMemory<byte> Association { get; }

    /// <summary>Reads the presentation format of RFC 6698 §2.2: three numbers, and hexadecimal digits that blanks may part.</summary>
    /// <param name="text">The record's data, for example <c>3 1 1 0C72AC70…</c></param>
    /// <param name="record">The record, when the text is one.</param>
    /// <returns><see langword="false"/> when the text is no such data.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out TlsaRecord? record)
    {
        record = null;
        string[] parts = text?.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (parts.Length < 4 || !IsNumber(parts[0], out byte usage) || !IsNumber(parts[1], out byte selector) || !IsNumber(parts[2], out byte type))
        {
            return false;
        }

        string digits = string.Concat(parts.Skip(3));
        if (digits.Length % 2 != 0 || digits.Any(digit => !char.IsAsciiHexDigit(digit)))
        {
            return false;
        }

        record = new TlsaRecord(usage, selector, type, Convert.FromHexString(digits));
        return true;

        static bool IsNumber(string text, out byte number) => byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The record's data as reports write it: <c>usage selector type HEX</c>. RFC 8460 §4.5.</summary>
    public override string ToString() => FormattableString.Invariant($"{Usage} {Selector} {MatchingType} {Convert.ToHexString(Association.Span)}");

    /// <summary>The same, but with no more digits than a person compares.</summary>
    internal string Brief => Association.Length <= 8 ? ToString() : FormattableString.Invariant($"{Usage} {Selector} {MatchingType} {Convert.ToHexString(Association.Span[..8])}…");

    /// <inheritdoc/>
    public bool Equals(TlsaRecord? other) => other is not null && (Usage, Selector, MatchingType) == (other.Usage, other.Selector, other.MatchingType) && Association.Span.SequenceEqual(other.Association.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TlsaRecord);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Usage);
        hash.Add(Selector);
        hash.Add(MatchingType);
        hash.AddBytes(Association.Span);
        return hash.ToHashCode();
    }

    internal sealed class JsonText : JsonConverter<TlsaRecord>
    {
        public override TlsaRecord? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out TlsaRecord? record) ? record : throw new JsonException("Not the data of a TLSA record.");

        public override void Write(Utf8JsonWriter writer, TlsaRecord value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
