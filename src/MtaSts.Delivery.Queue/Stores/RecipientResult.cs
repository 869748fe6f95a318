namespace MtaSts.Delivery.Queue.Stores;

/// <summary>What became of one recipient of a leased delivery.</summary>
/// <param name="Ordinal">Its place in the message's envelope.</param>
/// <param name="State">Finished for good, or <see cref="RecipientState.Waiting"/>.</param>
/// <param name="Attempt">What the last try came to; <see langword="null"/> leaves what is on record.</param>
public sealed record RecipientResult(int Ordinal, RecipientState State, QueueAttempt? Attempt);
