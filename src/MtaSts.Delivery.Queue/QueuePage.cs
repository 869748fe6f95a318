namespace MtaSts.Delivery.Queue;

/// <summary>A part of a list.</summary>
/// <param name="Entries">Messages in the order in which they came.</param>
/// <param name="Next">Where the next part begins; <see langword="null"/> at the end.</param>
public sealed record QueuePage(IReadOnlyList<QueueEntry> Entries, QueueId? Next);
