using System.Text.Json;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;

namespace MtaSts.Delivery;

/// <summary>What became of one delivery: an outcome for each recipient, and the reasoning behind it for each domain.</summary>
/// <param name="Outcomes">Exactly one for each recipient of the envelope, in its order.</param>
/// <param name="Domains">The whole line for each domain, in the order of the envelope.</param>
/// <param name="StartedAt">When the delivery began.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record DeliveryResult(IReadOnlyList<RecipientOutcome> Outcomes, IReadOnlyList<DomainDelivery> Domains, DateTimeOffset StartedAt, TimeSpan Elapsed)
{
    /// <summary>Whether every recipient's message was delivered.</summary>
    public bool AllDelivered => Outcomes.All(outcome => outcome is RecipientOutcome.Delivered);

    /// <summary>The outcome for a recipient.</summary>
    /// <exception cref="KeyNotFoundException">The envelope did not name it.</exception>
    public RecipientOutcome For(string recipient) => EnvelopeAddress.TryParse(recipient, out EnvelopeAddress? address) && Outcomes.FirstOrDefault(outcome => outcome.Recipient.Equals(address)) is { } found
        ? found
        : throw new KeyNotFoundException($"'{recipient}' was not a recipient of this delivery; there were {string.Join(", ", Outcomes.Take(5).Select(outcome => outcome.Recipient))}.");

    /// <summary>The whole result as JSON, for logs and tools.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ResultJson.Indented.DeliveryResult);
}
