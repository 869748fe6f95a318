using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Sessions;

/// <summary>An enhanced mail system status code such as <c>4.7.5</c>. RFC 3463 §2.</summary>
/// <param name="Class">2 success, 4 transient failure, 5 permanent failure.</param>
/// <param name="Subject">0 to 999.</param>
/// <param name="Detail">0 to 999.</param>
[JsonConverter(typeof(JsonText))]
public readonly record struct EnhancedStatus(int Class, int Subject, int Detail)
{
    /// <summary>Reads a code that stands at the start of a text and is followed by a blank or nothing. RFC 2034 §3.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out EnhancedStatus status)
    {
        status = default;
        ReadOnlySpan<char> code = text.AsSpan();
        code = code.IndexOf(' ') is var blank and >= 0 ? code[..blank] : code;
        if (code.Length < 5 || code[0] is not ('2' or '4' or '5') || code[1] != '.')
        {
            return false;
        }

        int dot = code[2..].IndexOf('.') + 2;
        if (dot < 2 || !TryParseNumber(code[2..dot], out int subject) || !TryParseNumber(code[(dot + 1)..], out int detail))
        {
            return false;
        }

        status = new EnhancedStatus(code[0] - '0', subject, detail);
        return true;
    }

    /// <summary>The code with dots.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}.{Subject}.{Detail}");

    private static bool TryParseNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && text.Length <= 3 && (text.Length == 1 || text[0] != '0');

    /// <summary>Writes the code as a JSON string.</summary>
    internal sealed class JsonText : JsonConverter<EnhancedStatus>
    {
        public override EnhancedStatus Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out EnhancedStatus status) ? status : throw new JsonException("Not an enhanced status code.");

        public override void Write(Utf8JsonWriter writer, EnhancedStatus value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
