using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.InteropTests.Parts;

/// <summary>What became of one message, by the servers' word and the sender's.</summary>
/// <param name="What"><c>delivered, TLS</c>, <c>delivered, clear</c>, <c>deferred</c> or <c>bounced</c>.</param>
/// <param name="Why">The sender's own sentence.</param>
/// <param name="Fault">Where the two words do not agree; <see langword="null"/> where they do.</param>
internal sealed record PeerResult(string What, string Why, string? Fault)
{
    public static PeerResult Of(string word, string why, IEnumerable<ReceivedMessage> received)
    {
        ReceivedMessage[] messages = [.. received];
        string what = messages is [var first, ..] ? first.IsTls ? "delivered, TLS" : "delivered, clear" : word;
        string? fault = messages.Length > 1 ? $"{messages.Length} copies arrived"
            : messages.Length == 1 != (word == "delivered") ? $"the sender says {word}, and {messages.Length} arrived" : null;
        return new PeerResult(what, why, fault);
    }
}
