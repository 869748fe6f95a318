using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Queue.Stores;

/// <summary>Keeps a queue in memory, for tests: what is in it ends with the process.</summary>
public sealed class MemoryQueueStore : IQueueStore
{
    private const int MaxPerDelivery = 1000;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, MemoryMessage> _messages = [];
    private readonly Dictionary<string, DestinationState> _destinations = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<Guid, long> _workers = [];
    private readonly List<QueueEvent> _events = [];
    private long _lastMessage;
    private long _lastDelivery;
    private long _lastEvent;
    private long _shifts;
    private TimeSpan _lastShift;
    private DateTimeOffset? _lastSeen;

    /// <inheritdoc/>
    public Task<QueueId> AddAsync(NewMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Locked(() => Add(message));
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> ReadOctetsAsync(QueueId id, CancellationToken cancellationToken = default) =>
        Locked(() => _messages.TryGetValue(id.Value, out MemoryMessage? message) ? message.New.Octets : (ReadOnlyMemory<byte>?)null);

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueLease>> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Locked<IReadOnlyList<QueueLease>>(() => Lease(request));
    }

    /// <inheritdoc/>
    public Task<bool> CompleteAsync(LeaseCompletion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return Locked(() => Complete(completion));
    }

    /// <inheritdoc/>
    public Task<QueuePulse> BeatAsync(Guid worker, DateTimeOffset now, CancellationToken cancellationToken = default) => Locked(() =>
    {
        _workers[worker] = _workers.GetValueOrDefault(worker) + 1;
        var pulse = new QueuePulse([.. _workers.Select(one => new WorkerBeat(one.Key, one.Value))], _lastSeen, _shifts, _lastShift);
        _lastSeen = now;
        return pulse;
    });

    /// <inheritdoc/>
    public Task<long?> ReclaimAsync(WorkerBeat silent, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(silent);
        return Locked<long?>(() =>
        {
            if (_workers.GetValueOrDefault(silent.Worker) != silent.Count)
            {
                return null;
            }

            _workers.Remove(silent.Worker);
            MemoryDelivery[] back = [.. Deliveries().Where(delivery => delivery.Worker == silent.Worker)];
            foreach (MemoryDelivery delivery in back)
            {
                delivery.Worker = null;
                delivery.NextTry = delivery.NextTry < now ? delivery.NextTry : now;
            }

            return back.Length;
        });
    }

    /// <inheritdoc/>
    public Task<bool> ShiftAsync(long shifts, TimeSpan by, DateTimeOffset now, CancellationToken cancellationToken = default) => Locked(() =>
    {
        if (shifts != _shifts)
        {
            return false;
        }

        (_shifts, _lastShift) = (shifts + 1, by);
        _lastSeen += by;
        foreach (MemoryMessage message in _messages.Values)
        {
            bool isOfBefore = by > TimeSpan.Zero ? message.New.Arrived <= now - by : message.New.Arrived > now;
            message.New = isOfBefore ? message.New with { Arrived = message.New.Arrived + by } : message.New;
            foreach (MemoryDelivery delivery in message.Deliveries)
            {
                delivery.NextTry += isOfBefore || (by < TimeSpan.Zero && delivery.Attempts > 0) ? by : TimeSpan.Zero;
                delivery.Expires += isOfBefore ? by : TimeSpan.Zero;
                delivery.DelayNoticeAt += isOfBefore ? by : TimeSpan.Zero;
            }
        }

        foreach (DestinationState destination in _destinations.Values.ToArray())
        {
            _destinations[destination.Name] = destination with { NotBefore = destination.NotBefore + by };
        }

        return true;
    });

    /// <inheritdoc/>
    public Task<int> WakeAsync(string destination, DateTimeOffset now, int count, CancellationToken cancellationToken = default) => Locked(() =>
    {
        if (_destinations.TryGetValue(destination, out DestinationState? state))
        {
            _destinations[destination] = state with { NotBefore = null };
        }

        MemoryDelivery[] woken = [.. Deliveries().Where(delivery => delivery.Destination == destination && delivery.IsOpen && delivery.IsBlocked && delivery.NextTry > now).Take(count)];
        foreach (MemoryDelivery delivery in woken)
        {
            (delivery.NextTry, delivery.IsBlocked) = (now, false);
        }

        return woken.Length;
    });

    /// <inheritdoc/>
    public Task<OrderResult> OrderAsync(
        QueueOrder order, QueueFilter filter, string? reason, DateTimeOffset now, QueueId? from, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return Locked(() =>
        {
            MemoryMessage[] messages = [.. _messages.Values.Where(message => message.Id.Value >= (from?.Value ?? 0) && IsMeant(message, filter)).Take(count + 1)];
            long reached = messages.Take(count).SelectMany(message => filter.Recipient is { } recipient ? Single(message, recipient) : message.Deliveries.ToArray())
                .Count(delivery => IsMeant(delivery, filter with { Recipient = null }) && Order(delivery, order, reason, now));
            return new OrderResult(reached, messages.Length > count ? messages[count].Id : null);
        });
    }

    /// <inheritdoc/>
    public Task<QueuePage> ListAsync(QueueFilter filter, QueueId? from, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return Locked(() =>
        {
            MemoryMessage[] found = [.. _messages.Values.Where(message => message.Id.Value >= (from?.Value ?? 0) && IsMeant(message, filter) && message.Deliveries.Any(delivery => IsMeant(delivery, filter))).Take(count + 1)];
            return new QueuePage([.. found.Take(count).Select(Entry)], found.Length > count ? found[count].Id : null);
        });
    }

    /// <inheritdoc/>
    public Task<QueuedMessage?> FindAsync(QueueId id, CancellationToken cancellationToken = default) => Locked(() =>
        _messages.TryGetValue(id.Value, out MemoryMessage? message)
            ? new QueuedMessage(Entry(message), message.New.Envelope.EnvelopeId, message.New.Envelope.Return, [.. message.Recipients.Select(recipient => new QueuedRecipient(
                recipient.Address, message.New.Envelope.Notifications.GetValueOrDefault(recipient.Address), recipient.Now, recipient.Now == RecipientState.Waiting ? recipient.Delivery.NextTry : null,
                recipient.Delivery.Expires, recipient.Attempts, recipient.LastAttempt))])
            : null);

    /// <inheritdoc/>
    public Task<QueueCounts> CountAsync(DateTimeOffset now, CancellationToken cancellationToken = default) => Locked(() =>
    {
        MemoryDelivery[] all = [.. Deliveries()];
        long due = all.Count(delivery => delivery.Worker is null && (delivery.Task is not null || (delivery.IsOpen && IsDue(delivery, now))));
        return new QueueCounts(
            _messages.Count, due, all.Count(delivery => delivery.IsOpen && !IsDue(delivery, now)), all.Count(delivery => delivery.Worker is not null),
            all.Count(delivery => delivery is { IsHeld: true, Worker: null, Task: null }), _messages.Count == 0 ? null : _messages.Values.First().New.Arrived, _events.Count);
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueEvent>> ReadEventsAsync(int count, CancellationToken cancellationToken = default) => Locked<IReadOnlyList<QueueEvent>>(() => [.. _events.Take(count)]);

    /// <inheritdoc/>
    public Task RemoveEventsAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken = default) => Locked(() => _events.RemoveAll(one => numbers.Contains(one.Number)));

    private Task<T> Locked<T>(Func<T> work)
    {
        lock (_gate)
        {
            return Task.FromResult(work());
        }
    }

    private IEnumerable<MemoryDelivery> Deliveries() => _messages.Values.SelectMany(message => message.Deliveries);

    private QueueId Add(NewMessage message)
    {
        var added = new MemoryMessage(new QueueId(++_lastMessage), message);
        int ordinal = 0;
        Dictionary<EnvelopeAddress, int> ordinals = message.Envelope.Recipients.ToDictionary(recipient => recipient, _ => ordinal++);
        foreach (EnvelopeAddress[] part in message.Envelope.Recipients.GroupBy(recipient => recipient.DomainText, StringComparer.Ordinal).SelectMany(group => group.Chunk(MaxPerDelivery)))
        {
            var delivery = new MemoryDelivery(++_lastDelivery, added, part[0].DomainText) { NextTry = message.NextTry, Expires = message.Expires, DelayNoticeAt = message.DelayNoticeAt };
            delivery.Recipients.AddRange(part.Select(address => new MemoryRecipient(ordinals[address], address, delivery)));
            added.Deliveries.Add(delivery);
        }

        added.Recipients.AddRange(added.Deliveries.SelectMany(delivery => delivery.Recipients).OrderBy(recipient => recipient.Ordinal));
        _messages.Add(added.Id.Value, added);
        return added.Id;
    }

    private List<QueueLease> Lease(LeaseRequest request)
    {
        if (!_workers.ContainsKey(request.Worker))
        {
            return [];
        }

        var leases = new List<QueueLease>();
        Take(Deliveries().Where(delivery => delivery is { Worker: null, Task: not null }), _ => true);
        if (!request.OnlyOrders)
        {
            Take(Deliveries().Where(delivery => delivery.IsOpen && delivery.Expires <= request.Now).OrderBy(delivery => delivery.Expires), HasRoom);
            // Nothing is said to the destination, so no room is needed there. What can be tried now is tried first.
            Take(
                Deliveries().Where(delivery => delivery.IsOpen && delivery.DelayNoticeAt <= request.Now && delivery.Expires > request.Now && !IsReady(delivery, request.Now)).OrderBy(delivery => delivery.DelayNoticeAt), _ => true);
            Take(Deliveries().Where(delivery => delivery.IsOpen && IsReady(delivery, request.Now)).OrderByDescending(delivery => delivery.Message.New.Priority).ThenBy(delivery => delivery.NextTry), HasRoom);
        }

        return leases;

        bool HasRoom(MemoryDelivery delivery) => Deliveries().Count(other => other.Worker is not null && other.Destination == delivery.Destination)
            < (_destinations.GetValueOrDefault(delivery.Destination)?.Failures > 0 ? 1 : request.MaxPerDestination);

        void Take(IEnumerable<MemoryDelivery> found, Func<MemoryDelivery, bool> mayGo)
        {
            foreach (MemoryDelivery delivery in found.ToArray())
            {
                if (leases.Count < request.Max && mayGo(delivery))
                {
                    delivery.Worker = request.Worker;
                    delivery.Lease++;
                    leases.Add(Describe(delivery));
                }
            }
        }
    }

    private QueueLease Describe(MemoryDelivery delivery)
    {
        NewMessage message = delivery.Message.New;
        return new QueueLease(
            delivery.Worker!.Value, delivery.Number, delivery.Lease, delivery.Message.Id, message.Envelope.Sender, message.Envelope.EnvelopeId, message.Envelope.Return, message.Octets.Length, message.Priority, message.Tag,
            message.IsNotice, message.WantsEvents, message.Arrived, delivery.NextTry, delivery.Expires, delivery.Attempts, delivery.DelayNoticeAt, delivery.Task, delivery.Reason,
            _destinations.GetValueOrDefault(delivery.Destination, new DestinationState(delivery.Destination, 0, null, null)),
            [.. delivery.Recipients.Where(recipient => recipient.End is null).Select(recipient => new LeasedRecipient(
                recipient.Ordinal, recipient.Address, message.Envelope.Notifications.GetValueOrDefault(recipient.Address), recipient.Attempts, recipient.LastAttempt))]);
    }

    private bool Complete(LeaseCompletion completion)
    {
        QueueLease lease = completion.Lease;
        if (!_messages.TryGetValue(lease.Id.Value, out MemoryMessage? message)
            || message.Deliveries.Find(one => one.Number == lease.Delivery) is not { } delivery || delivery.Worker != lease.Worker || delivery.Lease != lease.Number)
        {
            return false;
        }

        foreach (RecipientResult result in completion.Results)
        {
            MemoryRecipient recipient = delivery.Recipients.First(one => one.Ordinal == result.Ordinal);
            recipient.End = result.State == RecipientState.Waiting ? null : result.State;
            recipient.LastAttempt = result.Attempt ?? recipient.LastAttempt;
            recipient.Attempts += completion.WasTried ? 1 : 0;
        }

        delivery.Worker = null;
        (delivery.NextTry, delivery.IsBlocked) = completion.NextTry is { } next ? (next, completion.IsBlocked) : (delivery.NextTry, delivery.IsBlocked);
        delivery.Attempts += completion.WasTried ? 1 : 0;
        delivery.DelayNoticeAt = completion.IsDelayTold ? null : delivery.DelayNoticeAt;
        if (delivery.Recipients.TrueForAll(recipient => recipient.End is not null))
        {
            message.Deliveries.Remove(delivery);
        }

        if (message.Deliveries.Count == 0)
        {
            _messages.Remove(message.Id.Value);
        }

        if (completion.Destination is { } destination)
        {
            _destinations[destination.Name] = destination;
        }

        foreach (NewMessage notice in completion.Notices)
        {
            Add(notice);
        }

        _events.AddRange(completion.Events.Select(happened => happened with { Number = ++_lastEvent }));
        return true;
    }

    private bool Order(MemoryDelivery delivery, QueueOrder order, string? reason, DateTimeOffset now)
    {
        switch (order)
        {
            case QueueOrder.Retry when delivery.IsOpen:
            case QueueOrder.Release when delivery.IsHeld:
                delivery.IsHeld = false;
                delivery.NextTry = delivery.NextTry < now ? delivery.NextTry : now;
                // The order counts for more than what the queue has learnt.
                _destinations.Remove(delivery.Destination);
                return true;

            case QueueOrder.Hold when delivery is { IsHeld: false, Task: null }:
                return delivery.IsHeld = true;

            case QueueOrder.Cancel or QueueOrder.Drop when delivery.Task is null:
                (delivery.Task, delivery.Reason) = (order, order == QueueOrder.Drop ? reason : null);
                return true;

            default:
                return false;
        }
    }

    private MemoryDelivery[] Single(MemoryMessage message, string address)
    {
        if (message.Recipients.Find(one => one.End is null && one.Address.ToString() == address) is not { } recipient)
        {
            return [];
        }

        MemoryDelivery together = recipient.Delivery;
        if (together.Recipients.Count(one => one.End is null) == 1)
        {
            return [together];
        }

        if (together.Worker is not null)
        {
            return [];
        }

        MemoryDelivery alone = together.Split(++_lastDelivery);
        together.Recipients.Remove(recipient);
        recipient.Delivery = alone;
        alone.Recipients.Add(recipient);
        message.Deliveries.Add(alone);
        return [alone];
    }

    private bool IsDue(MemoryDelivery delivery, DateTimeOffset now) => delivery.Expires <= now || IsReady(delivery, now);

    private bool IsReady(MemoryDelivery delivery, DateTimeOffset now) => delivery.NextTry <= now && !(_destinations.GetValueOrDefault(delivery.Destination)?.NotBefore > now);

    private static bool IsMeant(MemoryMessage message, QueueFilter filter) => (filter.Id is null || filter.Id == message.Id)
        && (filter.Tag is null || filter.Tag == message.New.Tag)
        && (filter.Sender is null || filter.Sender == (message.New.Envelope.Sender?.ToString() ?? ""));

    private static bool IsMeant(MemoryDelivery delivery, QueueFilter filter) => (filter.Destination is null || filter.Destination == delivery.Destination)
        && (filter.State is null || filter.State == delivery.State)
        && (filter.Recipient is null || delivery.Recipients.Exists(recipient => recipient.End is null && recipient.Address.ToString() == filter.Recipient));

    private static QueueEntry Entry(MemoryMessage message)
    {
        MemoryRecipient[] open = [.. message.Recipients.Where(recipient => recipient.End is null)];
        DateTimeOffset[] next = [.. message.Deliveries.Where(delivery => delivery.State == RecipientState.Waiting).Select(delivery => delivery.NextTry)];
        return new QueueEntry(
            message.Id, message.New.Envelope.Sender, message.New.Octets.Length, message.New.Priority, message.New.Tag, message.New.IsNotice, message.New.Arrived, next.Length == 0 ? null : next.Min(),
            message.Deliveries.Max(delivery => delivery.Expires), message.Deliveries.Max(delivery => delivery.Attempts), open.Length, open.Count(recipient => recipient.Delivery.IsHeld),
            [.. message.Deliveries.Select(delivery => delivery.Destination).Distinct(StringComparer.Ordinal).Take(10)],
            message.Recipients.OrderBy(recipient => recipient.End is not null).FirstOrDefault(recipient => recipient.LastAttempt is not null)?.LastAttempt?.Explanation);
    }
}
