namespace MtaSts.Delivery.Queue.Stores;

/// <summary>What a queue keeps its mail in. <c>QueueStoreContract</c> in the test kit holds any store to this.</summary>
/// <remarks>
/// <para>A message is kept once, and its recipients apart, in <em>deliveries</em>: those in one domain, in the order of the envelope, at most 1,000 to a delivery. A delivery is what is leased.</para>
/// <para>Every change happens wholly or not at all, and is seen by others when its task ends; several processes may use one store. It is durable then, too, but for leases and signs of life, which need
/// only outlive the process: after the end of the power nobody works. Moments are given by the caller and are kept to the millisecond or finer.
/// A message leaves the store when the last of its recipients is finished. What one caller begins first takes effect first: a worker looks for work while the end of a lease is on its way, and what it
/// does not find then waits for the next look (<see cref="QueueOptions.PollInterval"/>).</para>
/// <para>A store that cannot do what it is asked throws a <see cref="QueueException"/> that says why and what to do, and has then changed nothing, except where the
/// call was cancelled or the connection was lost: then it may have.</para>
/// </remarks>
public interface IQueueStore
{
    /// <summary>Keeps a message.</summary>
    Task<QueueId> AddAsync(NewMessage message, CancellationToken cancellationToken = default);

    /// <summary>Keeps a message that is due and has one delivery, and leases that at once, in the same change, if the store can: neither by this nor otherwise does it come to harm when it does not.</summary>
    /// <param name="message">The message.</param>
    /// <param name="request">For whom; <see cref="LeaseRequest.Max"/> does not count. The limits are those of <see cref="LeaseAsync"/>, and what waits for the same destination goes first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    async Task<AddedMessage> AddLeasedAsync(NewMessage message, LeaseRequest request, CancellationToken cancellationToken = default) =>
        new(await AddAsync(message, cancellationToken).ConfigureAwait(false), null);

    /// <summary>The octets of a message; <see langword="null"/> when it is not there, or not all of it.</summary>
    Task<ReadOnlyMemory<byte>?> ReadOctetsAsync(QueueId id, CancellationToken cancellationToken = default);

    /// <summary>Leases deliveries to a worker: those with an order first, then what has expired, then those whose sender is to be told of the delay, then what is due, by priority and then by time, passing over destinations that are left alone or have as many as they may.</summary>
    /// <remarks>What has expired, and what is to be told, is leased also while its destination is left alone. What is due and can be leased for that is not leased to be told: the sender hears with the try.
    /// Leases for an order, or to tell, need no room at the destination, as nothing is said to it. A lease lasts until it is completed or its worker's leases are taken back.</remarks>
    Task<IReadOnlyList<QueueLease>> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken = default);

    /// <summary>Ends a lease.</summary>
    /// <returns><see langword="false"/> when the lease was not held any more; nothing is changed then.</returns>
    Task<bool> CompleteAsync(LeaseCompletion completion, CancellationToken cancellationToken = default);

    /// <summary>Gives a sign of life, which is what keeps a worker's leases.</summary>
    /// <param name="worker">Who gives it.</param>
    /// <param name="now">The moment.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<QueuePulse> BeatAsync(Guid worker, DateTimeOffset now, CancellationToken cancellationToken = default);

    /// <summary>Takes all leases of a worker back, so that others can have them; they are due at once.</summary>
    /// <param name="silent">The worker, with its last sign of life: nothing happens when it has given another since.</param>
    /// <param name="now">The moment.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many; <see langword="null"/> when the worker has given a further sign of life, or has ended.</returns>
    Task<long?> ReclaimAsync(WorkerBeat silent, DateTimeOffset now, CancellationToken cancellationToken = default);

    /// <summary>Shifts the moments of mail that was taken before the clock jumped, its arrival too, by as much, once for all workers. Mail that others have taken by the new clock stays as it is.</summary>
    /// <remarks>After a jump forward that is all mail that arrived up to <paramref name="now"/> less the jump. After one back it is all that arrived after <paramref name="now"/>; of
    /// the rest one cannot tell, so only the next try of what has been tried comes as much sooner.</remarks>
    /// <param name="shifts">How often that had been done when the jump was seen.</param>
    /// <param name="by">The jump.</param>
    /// <param name="now">The moment, by the new clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns><see langword="false"/> when another worker was first; nothing is changed then.</returns>
    Task<bool> ShiftAsync(long shifts, TimeSpan by, DateTimeOffset now, CancellationToken cancellationToken = default);

    /// <summary>Makes deliveries due that wait because of their destination, and ends its being left alone.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="now">The moment.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many; fewer than <paramref name="count"/> when there are no more.</returns>
    Task<int> WakeAsync(string destination, DateTimeOffset now, int count, CancellationToken cancellationToken = default);

    /// <summary>Carries an order out on a part of the queue.</summary>
    /// <param name="order">What is to be done. Cancel and drop are noted, and done by whoever leases the delivery; a delivery that is being tried is reached when that try ends.</param>
    /// <param name="filter">With what.</param>
    /// <param name="reason">The words for an order to drop.</param>
    /// <param name="now">The moment.</param>
    /// <param name="from">Where to begin: <see cref="OrderResult.Next"/> of the part before.</param>
    /// <param name="count">How many messages to look at, at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<OrderResult> OrderAsync(QueueOrder order, QueueFilter filter, string? reason, DateTimeOffset now, QueueId? from, int count, CancellationToken cancellationToken = default);

    /// <summary>Lists messages in the order of their numbers.</summary>
    Task<QueuePage> ListAsync(QueueFilter filter, QueueId? from, int count, CancellationToken cancellationToken = default);

    /// <summary>One message with all its recipients; <see langword="null"/> when it is not there.</summary>
    Task<QueuedMessage?> FindAsync(QueueId id, CancellationToken cancellationToken = default);

    /// <summary>How much is kept.</summary>
    Task<QueueCounts> CountAsync(DateTimeOffset now, CancellationToken cancellationToken = default);

    /// <summary>The oldest events that the listener has not taken, in the order of their numbers.</summary>
    Task<IReadOnlyList<QueueEvent>> ReadEventsAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>Forgets events that the listener has taken.</summary>
    Task RemoveEventsAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken = default);
}
