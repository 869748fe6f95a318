using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>Policies as text, one JSON object a line, so that they can be read, sorted and mended with common tools.</summary>
internal static partial class PolicyLines
{
    // A policy of the greatest size that can be set, with every octet escaped.
    private const int LongestLine = 8 << 20;

    private static readonly (string Name, Func<JsonElement, bool> IsRight, string Fault)[] Members =
    [
        ("domain", value => value.ValueKind == JsonValueKind.String && DomainName.TryParse(value.GetString(), out _), "is no domain name"),
        ("id", value => value.ValueKind == JsonValueKind.String, "is no text"),
        ("fetchedAt", value => value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out _), "is no date and time"),
        ("lastUsedAt", value => value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out _), "is no date and time"),
        ("pinned", value => value.ValueKind is JsonValueKind.True or JsonValueKind.False, "is neither true nor false"),
        ("policy", value => value.ValueKind == JsonValueKind.String, "is no text"),
    ];

    public static byte[] Write(StoredPolicy policy) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(
            new Line(policy.Domain, policy.Id, policy.FetchedAt, policy.LastUsedAt, policy.IsPinned, Encoding.UTF8.GetString(policy.Text.Span)), Json.Default.Line), (byte)'\n'];

    /// <summary>Reads line by line; what is no policy comes as a fault, and the next line is read.</summary>
    public static async IAsyncEnumerable<(StoredPolicy? Policy, string? Fault)> ReadAsync(Stream source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PipeReader reader = PipeReader.Create(source, new StreamPipeReaderOptions(leaveOpen: true));
        int number = 0;
        bool skipping = false;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> rest = read.Buffer;
            while (TakeLine(ref rest, read.IsCompleted) is { } line)
            {
                number++;
                (StoredPolicy? policy, string? fault) = skipping ? (null, "too long") : Parse(line);
                skipping = false;
                if (policy is not null || fault is not null)
                {
                    yield return (policy, fault is null ? null : FormattableString.Invariant($"line {number}: {fault}"));
                }
            }

            if (rest.Length > LongestLine)
            {
                skipping = true;
                rest = rest.Slice(rest.End);
            }

            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        await reader.CompleteAsync().ConfigureAwait(false);
    }

    private static byte[]? TakeLine(ref ReadOnlySequence<byte> rest, bool isAll)
    {
        ReadOnlySequence<byte> line;
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
        }
        else if (isAll && rest.Length > 0)
        {
            line = rest;
            rest = rest.Slice(rest.End);
        }
        else
        {
            return null;
        }

        return line.ToArray();
    }

    private static (StoredPolicy? Policy, string? Fault) Parse(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> line = text.StartsWith(Encoding.UTF8.Preamble) ? text[3..] : text;
        if (line.IndexOfAnyExcept(" \t\r"u8) < 0)
        {
            return default;
        }

        try
        {
            if (JsonSerializer.Deserialize(line, Json.Default.Line) is not { } read)
            {
                return (null, Explain(line.ToArray()));
            }

            byte[] policy = Encoding.UTF8.GetBytes(read.Policy);
            return !StsRecord.TryParse("v=STSv1; id=" + read.Id, out StsRecord? record, out string? fault) || record.Id != read.Id || !StsPolicy.TryParse(policy, out _, out fault)
                ? (null, fault ?? $"the id '{read.Id}' is not 1 to 32 letters and digits")
                : (new StoredPolicy(read.Domain, read.Id, policy, read.FetchedAt.ToUniversalTime(), read.LastUsedAt.ToUniversalTime(), read.Pinned), null);
        }
        catch (JsonException)
        {
            return (null, Explain(line.ToArray()));
        }
    }

    /// <summary>What keeps a line from being a policy, for whoever mends it by hand.</summary>
    private static string Explain(byte[] line)
    {
        try
        {
            using var read = JsonDocument.Parse(line);
            return read.RootElement.ValueKind != JsonValueKind.Object ? "not a JSON object"
                : Members.Select(member => FaultOf(read.RootElement, member.Name, member.IsRight, member.Fault)).FirstOrDefault(fault => fault is not null)
                ?? "not a policy as an export writes it";
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // The second for a string that is no Unicode.
            return "not JSON";
        }
    }

    private static string? FaultOf(JsonElement policy, string name, Func<JsonElement, bool> isRight, string fault) =>
        !policy.TryGetProperty(name, out JsonElement value) ? $"'{name}' is missing"
        : isRight(value) ? null
        : $"'{name}' {fault}";

    internal sealed record Line(DomainName Domain, string Id, DateTimeOffset FetchedAt, DateTimeOffset LastUsedAt, bool Pinned, string Policy);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(Line))]
    internal sealed partial class Json : JsonSerializerContext;
}
