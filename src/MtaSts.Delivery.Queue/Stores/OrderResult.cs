namespace MtaSts.Delivery.Queue.Stores;

/// <summary>How far an order has been carried out.</summary>
/// <param name="Count">How many deliveries it has reached.</param>
/// <param name="Next">Where it goes on; <see langword="null"/> when it is done.</param>
public sealed record OrderResult(long Count, QueueId? Next);
