namespace MtaSts.Delivery.Queue.Stores;

/// <summary>A sign of life of a worker.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="Count">How many signs of life it has given.</param>
public sealed record WorkerBeat(Guid Worker, long Count);
