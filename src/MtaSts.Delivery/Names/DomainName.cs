using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Names;

/// <summary>A domain name as DNS knows it: A-labels, lower case, no trailing dot. RFC 1035 §2.3.4, RFC 5891 §4.</summary>
/// <remarks>
/// <para>The only way a name enters the library, so two spellings of one name are always equal. Labels hold letters, digits, hyphens
/// and underscores, 1 to 63 octets each, 253 in all. U-labels are turned into A-labels by rules that do not depend on culture or on
/// invariant globalization (see <see cref="Idna"/>).</para>
/// </remarks>
[JsonConverter(typeof(JsonText))]
public sealed class DomainName : IEquatable<DomainName>
{
    private const int MaxLength = 253;

    private DomainName(string value) => Value = value;

    /// <summary>The name in A-labels, lower case, without a trailing dot.</summary>
    public string Value { get; }

    /// <summary>The labels from left to right; at least one.</summary>
    public IReadOnlyList<string> Labels => Value.Split('.');

    /// <summary>The name without its left-most label, or <see langword="null"/> for a single label.</summary>
    public DomainName? Parent => Value.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? new DomainName(Value[(dot + 1)..]) : null;

    /// <summary>Whether every label is a host-name label: letters, digits and inner hyphens. RFC 1123 §2.1.</summary>
    /// <remarks>Underscores are legal in DNS and met in MX records, but not in host names.</remarks>
    public bool IsHostName => !Value.Contains('_', StringComparison.Ordinal);

    /// <summary>Reads a name; accepts U-labels, any case and one trailing dot.</summary>
    /// <param name="text">The name, for example <c>Bücher.Example.</c></param>
    /// <param name="name">The name, when the text is one.</param>
    /// <returns><see langword="false"/> when the text is no domain name.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out DomainName? name)
    {
        name = null;
        // Four times the length of the longest name leaves room for U-labels and keeps hostile input cheap.
        if (string.IsNullOrEmpty(text) || text.Length > 4 * MaxLength)
        {
            return false;
        }

        if (Idna.ToAscii(text[^1] == '.' ? text[..^1] : text) is not { Length: > 0 and <= MaxLength } ascii)
        {
            return false;
        }

        // A last label of digits alone would make an IPv4 address look like a name. RFC 1123 §2.1.
        if (!ascii.AsSpan(ascii.LastIndexOf('.') + 1).ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        name = new DomainName(ascii);
        return true;
    }

    /// <summary>Reads a name that is known to be good: for literals in programs and tests.</summary>
    /// <exception cref="FormatException">The text is no domain name.</exception>
    public static DomainName Parse(string text) => TryParse(text, out DomainName? name)
        ? name
        : throw new FormatException($"'{text}' is not a domain name: expected dot-separated labels of 1 to 63 letters, digits or hyphens, at most {MaxLength} octets in all.");

    /// <summary>The name with further labels put in front, or <see langword="null"/> when that is longer than a name can be.</summary>
    /// <param name="labels">One or more labels, for example <c>_mta-sts</c>.</param>
    public DomainName? Prepend(string labels) => TryParse(labels + "." + Value, out DomainName? name) ? name : null;

    /// <inheritdoc/>
    public bool Equals(DomainName? other) => other is not null && string.Equals(Value, other.Value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DomainName);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    /// <summary>The name in A-labels.</summary>
    public override string ToString() => Value;

    /// <summary>Whether both are the same name.</summary>
    public static bool operator ==(DomainName? left, DomainName? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether the two are different names.</summary>
    public static bool operator !=(DomainName? left, DomainName? right) => !(left == right);

    /// <summary>Writes the name as a JSON string.</summary>
    internal sealed class JsonText : JsonConverter<DomainName>
    {
        public override DomainName? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out DomainName? name) ? name : throw new JsonException("Not a domain name.");

        public override void Write(Utf8JsonWriter writer, DomainName value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
