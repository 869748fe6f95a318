using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>A store in front of another: a test holds calls up, lets them fail, or counts them.</summary>
internal sealed class HookedStore(IQueueStore inner) : IQueueStore
{
    public Func<Func<Task<QueueId>>, Task<QueueId>> Add { get; set; } = next => next();

    /// <summary>Is shown each message that is kept, before it is.</summary>
    public Action<NewMessage> Adding { get; set; } = _ => { };

    public Func<Func<Task<AddedMessage>>, Task<AddedMessage>> AddLeased { get; set; } = next => next();

    public Func<Func<Task<ReadOnlyMemory<byte>?>>, Task<ReadOnlyMemory<byte>?>> Read { get; set; } = next => next();

    public Func<LeaseRequest, Func<Task<IReadOnlyList<QueueLease>>>, Task<IReadOnlyList<QueueLease>>> Lease { get; set; } = (_, next) => next();

    public Func<LeaseCompletion, Func<Task<bool>>, Task<bool>> Complete { get; set; } = (_, next) => next();

    public Func<Func<Task<QueuePulse>>, Task<QueuePulse>> Beat { get; set; } = next => next();

    public Func<Func<Task<QueueCounts>>, Task<QueueCounts>> Count { get; set; } = next => next();

    public Task<QueueId> AddAsync(NewMessage message, CancellationToken cancellationToken = default)
    {
        Adding(message);
        return Add(() => inner.AddAsync(message, cancellationToken));
    }

    public Task<AddedMessage> AddLeasedAsync(NewMessage message, LeaseRequest request, CancellationToken cancellationToken = default) =>
        AddLeased(() => inner.AddLeasedAsync(message, request, cancellationToken));

    public Task<ReadOnlyMemory<byte>?> ReadOctetsAsync(QueueId id, CancellationToken cancellationToken = default) => Read(() => inner.ReadOctetsAsync(id, cancellationToken));

    public Task<IReadOnlyList<QueueLease>> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken = default) => Lease(request, () => inner.LeaseAsync(request, cancellationToken));

    public Task<bool> CompleteAsync(LeaseCompletion completion, CancellationToken cancellationToken = default) => Complete(completion, () => inner.CompleteAsync(completion, cancellationToken));

    public Task<QueuePulse> BeatAsync(Guid worker, DateTimeOffset now, CancellationToken cancellationToken = default) => Beat(() => inner.BeatAsync(worker, now, cancellationToken));

    public Task<long?> ReclaimAsync(WorkerBeat silent, DateTimeOffset now, CancellationToken cancellationToken = default) => inner.ReclaimAsync(silent, now, cancellationToken);

    public Task<bool> ShiftAsync(long shifts, TimeSpan by, DateTimeOffset now, CancellationToken cancellationToken = default) => inner.ShiftAsync(shifts, by, now, cancellationToken);

    public Task<int> WakeAsync(string destination, DateTimeOffset now, int count, CancellationToken cancellationToken = default) => inner.WakeAsync(destination, now, count, cancellationToken);

    public Task<OrderResult> OrderAsync(
        QueueOrder order, QueueFilter filter, string? reason, DateTimeOffset now, QueueId? from, int count, CancellationToken cancellationToken = default) =>
        inner.OrderAsync(order, filter, reason, now, from, count, cancellationToken);

    public Task<QueuePage> ListAsync(QueueFilter filter, QueueId? from, int count, CancellationToken cancellationToken = default) => inner.ListAsync(filter, from, count, cancellationToken);

    public Task<QueuedMessage?> FindAsync(QueueId id, CancellationToken cancellationToken = default) => inner.FindAsync(id, cancellationToken);

    public Task<QueueCounts> CountAsync(DateTimeOffset now, CancellationToken cancellationToken = default) => Count(() => inner.CountAsync(now, cancellationToken));

    public Task<IReadOnlyList<QueueEvent>> ReadEventsAsync(int count, CancellationToken cancellationToken = default) => inner.ReadEventsAsync(count, cancellationToken);

    public Task RemoveEventsAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken = default) => inner.RemoveEventsAsync(numbers, cancellationToken);
}
