using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>One <c>mx</c> value of a policy: a host name, or <c>*.</c> and a host name. RFC 8461 §3.2 and §4.1.</summary>
[JsonConverter(typeof(JsonText))]
public sealed class MxPattern : IEquatable<MxPattern>
{
    private MxPattern(DomainName name, bool isWildcard)
    {
        Name = name;
        IsWildcard = isWildcard;
    }

    /// <summary>The host name; for a wildcard, what stands behind <c>*.</c></summary>
    public DomainName Name { get; }

    /// <summary>Whether a <c>*</c> stands for the left-most label.</summary>
    public bool IsWildcard { get; }

    /// <summary>Reads a pattern.</summary>
    /// <remarks>Only A-labels and host-name labels: RFC 8461 §3.2 takes the grammar of RFC 5321's Domain, which has neither underscores nor a trailing dot.</remarks>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out MxPattern? pattern)
    {
        pattern = null;
        if (text is null || !System.Text.Ascii.IsValid(text))
        {
            return false;
        }

        bool wildcard = text.StartsWith("*.", StringComparison.Ordinal);
        string name = wildcard ? text[2..] : text;
        if (name.EndsWith('.') || !DomainName.TryParse(name, out DomainName? host) || !host.IsHostName)
        {
            return false;
        }

        pattern = new MxPattern(host, wildcard);
        return true;
    }

    /// <summary>Reads a pattern that is known to be good: for literals in programs and tests.</summary>
    /// <exception cref="FormatException">The text is no pattern.</exception>
    public static MxPattern Parse(string text) => TryParse(text, out MxPattern? pattern)
        ? pattern
        : throw new FormatException($"'{text}' is not an mx pattern: expected a host name such as mx1.example.com, or *.example.com.");

    /// <summary>Whether this pattern names the MX host. RFC 8461 §4.1.</summary>
    /// <remarks>A leading <c>*</c> stands for exactly one label.</remarks>
    public bool Matches(DomainName mxHost)
    {
        ArgumentNullException.ThrowIfNull(mxHost);
        return IsWildcard ? BehindFirstLabel(mxHost.Value).SequenceEqual(Name.Value) : mxHost == Name;
    }

    // Not by way of Parent: a policy may list thousands of patterns.
    private static ReadOnlySpan<char> BehindFirstLabel(string name) => name.AsSpan(name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? dot + 1 : name.Length);

    /// <inheritdoc/>
    public bool Equals(MxPattern? other) => other is not null && IsWildcard == other.IsWildcard && Name == other.Name;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MxPattern);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, IsWildcard);

    /// <summary>The pattern as in a policy, in lower case.</summary>
    public override string ToString() => IsWildcard ? "*." + Name : Name.Value;

    /// <summary>Writes the pattern as a JSON string.</summary>
    internal sealed class JsonText : JsonConverter<MxPattern>
    {
        public override MxPattern? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out MxPattern? pattern) ? pattern : throw new JsonException("Not an mx pattern.");

        public override void Write(Utf8JsonWriter writer, MxPattern value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
