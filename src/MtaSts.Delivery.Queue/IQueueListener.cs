namespace MtaSts.Delivery.Queue;

/// <summary>A program that wants to be told what becomes of its mail, beside or instead of notices.</summary>
/// <remarks>Each event is told at least once: it is kept in the store until the listener has taken it, over crashes and restarts, and told again when there was
/// one in between. So the same event (by its <see cref="QueueEvent.Number"/>) can come twice, and events of different recipients come in any order.</remarks>
public interface IQueueListener
{
    /// <summary>Takes events, in the order of their numbers. They are told again later when this throws.</summary>
    /// <param name="events">At least one, at most 100.</param>
    /// <param name="cancellationToken">The queue is ending.</param>
    Task HandleAsync(IReadOnlyList<QueueEvent> events, CancellationToken cancellationToken);
}
