namespace MtaSts.Delivery.Queue.Stores;

/// <summary>Who works on the queue, and by which clock.</summary>
/// <param name="Workers">The last sign of life of each worker that has not ended, in the order of their first ones.</param>
/// <param name="LastSeen">The latest moment that a worker gave before this one; <see langword="null"/> when this is the first.</param>
/// <param name="Shifts">How often moments in the store were shifted because a clock jumped.</param>
/// <param name="LastShift">By how much the last time.</param>
public sealed record QueuePulse(IReadOnlyList<WorkerBeat> Workers, DateTimeOffset? LastSeen, long Shifts, TimeSpan LastShift);
