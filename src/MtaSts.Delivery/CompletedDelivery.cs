namespace MtaSts.Delivery;

/// <summary>One of many messages and what became of it.</summary>
/// <param name="Request">The message as it was asked for.</param>
/// <param name="Result">Exactly one outcome for each recipient.</param>
public sealed record CompletedDelivery(DeliveryRequest Request, DeliveryResult Result);
