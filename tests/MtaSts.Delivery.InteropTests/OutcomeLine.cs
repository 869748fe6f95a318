using System.Text.Encodings.Web;
using System.Text.Json;

namespace MtaSts.Delivery.InteropTests;

/// <summary>What a part reads about one recipient.</summary>
/// <param name="Recipient">The address as it was given.</param>
/// <param name="Outcome"><c>Delivered</c>, <c>Deferred</c> or <c>Failed</c>.</param>
/// <param name="Stage">Where on the line it was decided, such as <c>Tls</c>.</param>
/// <param name="Status">The enhanced status, such as <c>5.1.1</c>.</param>
/// <param name="Tls">How a delivered message travelled: <c>verified</c>, <c>unverified</c> or <c>none</c>; otherwise null.</param>
/// <param name="Mode">The mode of the policy in force; null when there is none.</param>
/// <param name="Fault">What went wrong with the policy; null when nothing did.</param>
/// <param name="Reason">The sentence for a human.</param>
/// <param name="InDoubt">Whether a message that was not delivered may have been, for all that is known.</param>
internal sealed record OutcomeLine(
    string Recipient, string Outcome, string? Stage, string? Status, string? Tls, string? Mode, string? Fault, string? Reason, bool InDoubt)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string ToJson() => JsonSerializer.Serialize(this, Format);
}
