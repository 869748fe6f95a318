using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery;

/// <summary>One message to deliver.</summary>
/// <param name="Content">The message.</param>
/// <param name="Envelope">Sender and recipients.</param>
/// <param name="Tag">Whatever the caller knows the message by; it comes back with the result.</param>
public sealed record DeliveryRequest(MessageContent Content, Envelope Envelope, object? Tag = null);
