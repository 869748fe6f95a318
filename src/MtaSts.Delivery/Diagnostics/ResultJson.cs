using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;

namespace MtaSts.Delivery.Diagnostics;

/// <summary>Writes results and plans as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(AddressText), typeof(EndPointText)])]
[JsonSerializable(typeof(DeliveryResult))]
[JsonSerializable(typeof(DeliveryPlan))]
[JsonSerializable(typeof(Route.Unavailable), TypeInfoPropertyName = "RouteUnavailable")]
[JsonSerializable(typeof(RecordLookup.Unavailable), TypeInfoPropertyName = "RecordUnavailable")]
[JsonSerializable(typeof(DaneRequirement.Encrypted), TypeInfoPropertyName = "DaneEncrypted")]
[JsonSerializable(typeof(DaneRequirement.Unavailable), TypeInfoPropertyName = "DaneUnavailable")]
internal sealed partial class ResultJson : JsonSerializerContext
{
    /// <summary>For people: indented, and readable where HTML would want escapes.</summary>
    public static ResultJson Indented => Lazily.Value;

    private static readonly Lazy<ResultJson> Lazily = new(() => new ResultJson(new JsonSerializerOptions(Default!.Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = null,
    }));

    internal sealed class AddressText : JsonConverter<IPAddress>
    {
        public override IPAddress? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => System.Net.IPAddress.Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }

    internal sealed class EndPointText : JsonConverter<IPEndPoint>
    {
        public override IPEndPoint? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => System.Net.IPEndPoint.Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, IPEndPoint value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
