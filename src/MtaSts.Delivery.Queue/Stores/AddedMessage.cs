namespace MtaSts.Delivery.Queue.Stores;

/// <summary>A message that a store has kept.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Lease">Its delivery, leased with it; <see langword="null"/> when it waits to be leased like any other.</param>
public sealed record AddedMessage(QueueId Id, QueueLease? Lease);
