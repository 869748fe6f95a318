namespace MtaSts.Delivery.Queue;

/// <summary>Whether the queue does its work.</summary>
/// <param name="State">The verdict.</param>
/// <param name="Description">The verdict in one sentence, with what to do when it is not healthy.</param>
/// <param name="Counts">How much is in the queue; <see langword="null"/> when the store did not answer.</param>
public sealed record QueueHealth(QueueHealthState State, string Description, QueueCounts? Counts);
