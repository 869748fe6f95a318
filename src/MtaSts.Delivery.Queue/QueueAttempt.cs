using System.Globalization;
using System.Text;
using System.Text.Json;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>What the last try came to for one recipient, in the form in which it is kept.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Status">The enhanced status. RFC 3463.</param>
/// <param name="MxHost">The host that the outcome comes from; <see langword="null"/> when it came to none.</param>
/// <param name="Reply">The server's reply behind the outcome, if there was one; at most twenty lines of it.</param>
/// <param name="Explanation">What happened and why, in words for a person; at most 2,000 characters.</param>
/// <param name="Failure">What went wrong; <see langword="null"/> when it was delivered.</param>
/// <param name="MayHaveBeenDelivered">Whether the server was sent the whole message, in this try or an earlier one, and its answer is not known.</param>
public sealed record QueueAttempt(
    DateTimeOffset At, EnhancedStatus Status, string? MxHost, SmtpReply? Reply, string Explanation, FailureCode? Failure, bool MayHaveBeenDelivered)
{
    private const int MaxLines = 20;
    private const int MaxText = 2000;

    /// <summary>Where on the line it ended; <see langword="null"/> when it was delivered.</summary>
    public DeliveryStage? Stage => Failure is { } failure ? FailureTable.For(failure).Stage : null;

    /// <summary>Who must do what; empty when it was delivered.</summary>
    public string Advice => Failure is { } failure ? FailureTable.For(failure).Advice : "";

    /// <summary>The attempt in a line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At:u} {Status}: {Explanation}");

    /// <summary>The attempt as JSON: what stores keep.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("at", At.UtcTicks);
            json.WriteString("status", Status.ToString());
            if (MxHost is not null)
            {
                json.WriteString("mx", MxHost);
            }

            if (Reply is not null)
            {
                json.WriteNumber("code", Reply.Code);
                json.WriteStartArray("lines");
                foreach (string line in Reply.Lines)
                {
                    json.WriteStringValue(line);
                }

                json.WriteEndArray();
            }

            json.WriteString("text", Explanation);
            if (Failure is { } failure)
            {
                json.WriteString("failure", failure.ToString());
            }

            if (MayHaveBeenDelivered)
            {
                json.WriteBoolean("unknown", true);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static QueueAttempt Parse(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            return new QueueAttempt(
                new DateTimeOffset(root.GetProperty("at").GetInt64(), TimeSpan.Zero),
                EnhancedStatus.TryParse(root.GetProperty("status").GetString(), out EnhancedStatus status) ? status : throw new FormatException("The attempt has no status."),
                root.TryGetProperty("mx", out JsonElement host) ? host.GetString() : null,
                root.TryGetProperty("code", out JsonElement code) ? new SmtpReply(code.GetInt32(), [.. root.GetProperty("lines").EnumerateArray().Select(line => line.GetString() ?? "")]) : null,
                root.GetProperty("text").GetString() ?? "",
                // A failure that only a newer version knows is a failure all the same.
                root.TryGetProperty("failure", out JsonElement failure) ? Enum.TryParse(failure.GetString(), out FailureCode known) ? known : FailureCode.InternalError : null,
                root.TryGetProperty("unknown", out _));
        }
        catch (Exception foreign) when (foreign is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("This is no attempt: " + foreign.Message, foreign);
        }
    }

    /// <summary>The attempt behind an outcome, cut to what is kept.</summary>
    internal static QueueAttempt From(RecipientOutcome outcome, DateTimeOffset at, bool mayHaveBeenDelivered)
    {
        SmtpReply? reply = outcome.Reply is null ? null : new SmtpReply(outcome.Reply.Code, [.. outcome.Reply.Lines.Take(MaxLines).Select(line => Cut(line, MaxText / 2))]);
        FailureCode? failure = outcome switch
        {
            RecipientOutcome.Deferred deferred => deferred.Failure,
            RecipientOutcome.Failed failed => failed.Failure,
            _ => null,
        };
        return new QueueAttempt(at, outcome.Status, outcome.MxHost, reply, Cut(outcome.Explanation, MaxText), failure, mayHaveBeenDelivered);
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - (char.IsHighSurrogate(text[length - 1]) ? 1 : 0))];
}
