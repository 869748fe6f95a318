namespace MtaSts.Delivery.Queue.Stores;

/// <summary>The end of a lease: all of this is kept in one transaction, or none of it.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="Now">The moment.</param>
/// <param name="Results">One for each of its recipients.</param>
/// <param name="NextTry">When those that wait are tried next; <see langword="null"/> leaves that, and whether the destination was the reason, as it was.</param>
/// <param name="WasTried">Whether it counts as a try.</param>
/// <param name="IsBlocked">Whether the destination was the reason, so that those that wait are due when it does better.</param>
/// <param name="IsDelayTold">Whether the sender is told of the delay with this, and so not again.</param>
/// <param name="Destination">How the destination does from now on; <see langword="null"/> when this says nothing about it.</param>
/// <param name="Notices">Notices that go into the queue.</param>
/// <param name="Events">Events that are kept until the listener has taken them.</param>
public sealed record LeaseCompletion(
    QueueLease Lease, DateTimeOffset Now, IReadOnlyList<RecipientResult> Results, DateTimeOffset? NextTry, bool WasTried, bool IsBlocked, bool IsDelayTold,
    DestinationState? Destination, IReadOnlyList<NewMessage> Notices, IReadOnlyList<QueueEvent> Events);
