using Microsoft.Data.Sqlite;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Every change of a queue, each within a transaction that the writer makes. They can be run again after it was rolled back.</summary>
/// <param name="sql">The statements.</param>
/// <param name="unreadable">Is told the number of a message that cannot be read, and why.</param>
internal sealed class QueueChanges(Statements sql, Action<long, string> unreadable)
{
    private const int ChunkSize = 1 << 20;
    private const int MaxPerDelivery = 1000;
    private const int LanesAtOnce = 200;
    private const string Open = "worker IS NULL AND held = 0 AND task IS NULL";

    // Written once for each transaction: in a batch many deliveries share a lane and a destination.
    private readonly HashSet<(string Destination, long Priority)> _dirty = [];
    private readonly Dictionary<string, long> _leased = new(StringComparer.Ordinal);

    // What was found out in this transaction about mail that could be leased as it comes.
    private readonly Dictionary<(string Destination, long Priority), long> _room = [];
    private readonly Dictionary<Guid, long> _workers = [];

    public SqliteConnection Connection => sql.Connection;

    public QueueId Add(NewMessage message) => Add(message, null);

    /// <summary>Keeps a message of one delivery, and leases that, if its destination has room and nothing else waits for it.</summary>
    public AddedMessage AddLeased(NewMessage message, LeaseRequest request)
    {
        string destination = message.Envelope.Recipients[0].DomainText;
        if (message.Envelope.Recipients.Count > MaxPerDelivery || message.Envelope.Recipients.Any(recipient => recipient.DomainText != destination) || !HasRoom(destination, (int)message.Priority, request))
        {
            return new AddedMessage(Add(message), null);
        }

        QueueId id = Add(message, WorkerId(request.Worker));
        _leased[destination] = _leased.GetValueOrDefault(destination) + 1;
        LeasedRecipient[] recipients = [.. message.Envelope.Recipients.Select((recipient, i) => new LeasedRecipient(i, recipient, message.Envelope.Notifications.GetValueOrDefault(recipient), 0, null))];
        return new AddedMessage(id, new QueueLease(
            request.Worker, id.Value << QueueTables.PartBits, 1, id, message.Envelope.Sender, message.Envelope.EnvelopeId, message.Envelope.Return, message.Octets.Length, message.Priority, message.Tag, message.IsNotice,
            message.WantsEvents, message.Arrived, message.NextTry, message.Expires, 0, message.DelayNoticeAt, null, null, new DestinationState(destination, 0, null, null), recipients));
    }

    private QueueId Add(NewMessage message, long? worker)
    {
        EnvelopeAddress[][] parts = message.Envelope.Recipients is [var only] ? [[only]] : [.. message.Envelope.Recipients.GroupBy(recipient => recipient.DomainText, StringComparer.Ordinal).SelectMany(group => group.Chunk(MaxPerDelivery))];
        if (parts.Length >= 1 << QueueTables.PartBits)
        {
            throw new QueueException($"The message has recipients in more domains than a queue can keep apart ({parts.Length}); split it.");
        }

        sql.Execute(
            """
            INSERT INTO queue_messages (sender, envelope_id, ret, size, priority, tag, is_notice, arrived, expires, parts, open, wants_events)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11)
            """,
            message.Envelope.Sender?.ToString(), message.Envelope.EnvelopeId, (long?)message.Envelope.Return, message.Octets.Length, (int)message.Priority, message.Tag, message.IsNotice,
            message.Arrived.UtcTicks, message.Expires.UtcTicks, parts.Length, message.WantsEvents);
        long id = sql.LastInserted;
        for (int part = 0; part * ChunkSize < message.Octets.Length; part++)
        {
            ReadOnlyMemory<byte> chunk = message.Octets.Slice(part * ChunkSize, Math.Min(ChunkSize, message.Octets.Length - (part * ChunkSize)));
            sql.Execute("INSERT INTO queue_bodies VALUES (?1, ?2)", (id << QueueTables.PartBits) | (uint)part, chunk);
        }

        Dictionary<EnvelopeAddress, int> ordinals = parts.Length == 1 ? [] : message.Envelope.Recipients.Index().ToDictionary(one => one.Item, one => one.Index);
        for (int part = 0; part < parts.Length; part++)
        {
            long delivery = (id << QueueTables.PartBits) | (uint)part;
            string destination = parts[part][0].DomainText;
            sql.Execute(
                "INSERT INTO queue_deliveries VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, ?6, NULL, NULL, ?7, ?8)",
                delivery, destination, (int)message.Priority, message.NextTry.UtcTicks, message.Expires.UtcTicks, message.DelayNoticeAt?.UtcTicks, worker, worker is null ? 0 : 1);
            for (int i = 0; i < parts[part].Length; i++)
            {
                EnvelopeAddress recipient = parts[part][i];
                RecipientDsn? dsn = message.Envelope.Notifications.GetValueOrDefault(recipient);
                sql.Execute(
                    "INSERT INTO queue_recipients VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, NULL)",
                    delivery, ordinals.GetValueOrDefault(recipient, i), recipient.ToString(), (long?)dsn?.Notify, dsn?.OriginalRecipient);
            }

            if (worker is null)
            {
                _dirty.Add((destination, (int)message.Priority));
            }
        }

        return new QueueId(id);
    }

    public IReadOnlyList<QueueLease> Lease(LeaseRequest request)
    {
        var leases = new List<QueueLease>();
        if (WorkerId(request.Worker) is not { } worker)
        {
            // Its leases were taken back; it has to give a sign of life first.
            return leases;
        }

        foreach (long id in sql.Rows("SELECT id FROM queue_deliveries WHERE worker IS NULL AND task IS NOT NULL ORDER BY id LIMIT ?1", reader => reader.GetInt64(0), request.Max))
        {
            TryLease(id, request.Worker, worker, leases);
        }

        if (request.OnlyOrders)
        {
            return leases;
        }

        long now = request.Now.UtcTicks;
        foreach (long id in sql.Rows(
            $"SELECT id FROM queue_deliveries WHERE {Open} AND expires <= ?1 ORDER BY expires LIMIT ?2", reader => reader.GetInt64(0), now, request.Max - leases.Count))
        {
            TryLease(id, request.Worker, worker, leases);
        }

        foreach (long id in sql.Rows(
            $"SELECT id FROM queue_deliveries WHERE {Open} AND delayed_at <= ?1 ORDER BY delayed_at LIMIT ?2", reader => reader.GetInt64(0), now, request.Max - leases.Count))
        {
            TryLease(id, request.Worker, worker, leases);
        }

        for (int priority = (int)QueuePriority.Urgent; priority >= (int)QueuePriority.Bulk && leases.Count < request.Max; priority--)
        {
            LeaseDue(request, worker, priority, leases);
        }

        return leases;
    }

    public bool Complete(LeaseCompletion completion)
    {
        QueueLease lease = completion.Lease;
        long? worker = WorkerId(lease.Worker);
        long message = lease.Id.Value;
        bool isFinished = completion.Results.All(result => result.State != RecipientState.Waiting);
        int ended = isFinished
            ? sql.Execute("DELETE FROM queue_deliveries WHERE id = ?1 AND worker = ?2 AND lease = ?3", lease.Delivery, worker, lease.Number)
            : sql.Execute(
                """
                UPDATE queue_deliveries SET worker = NULL, next_at = coalesce(?4, next_at), attempts = attempts + ?5, blocked = iif(?4 IS NULL, blocked, ?6), delayed_at = iif(?7, NULL, delayed_at)
                WHERE id = ?1 AND worker = ?2 AND lease = ?3
                """,
                lease.Delivery, worker, lease.Number, completion.NextTry?.UtcTicks, completion.WasTried, completion.IsBlocked, completion.IsDelayTold);
        if (ended == 0)
        {
            return false;
        }

        if (isFinished && sql.Execute("DELETE FROM queue_messages WHERE id = ?1 AND open <= 1", message) > 0)
        {
            (long first, long last) = Range(message);
            sql.Execute("DELETE FROM queue_recipients WHERE delivery BETWEEN ?1 AND ?2", first, last);
            sql.Execute("DELETE FROM queue_bodies WHERE id BETWEEN ?1 AND ?2", first, last);
        }
        else
        {
            if (isFinished)
            {
                sql.Execute("UPDATE queue_messages SET open = open - 1 WHERE id = ?1", message);
            }

            foreach (RecipientResult result in completion.Results)
            {
                sql.Execute(
                    "UPDATE queue_recipients SET state = ?3, attempts = attempts + ?4, attempt = coalesce(?5, attempt) WHERE delivery = ?1 AND ordinal = ?2",
                    lease.Delivery, result.Ordinal, result.State == RecipientState.Waiting ? 0 : (int)result.State, completion.WasTried, result.Attempt?.ToJson());
            }
        }

        Leave(lease.Destination.Name, 1);
        if (completion.Destination is { } destination)
        {
            Set(destination);
        }

        if (!isFinished)
        {
            _dirty.Add((lease.Destination.Name, (int)lease.Priority));
        }

        foreach (NewMessage notice in completion.Notices)
        {
            Add(notice);
        }

        foreach (QueueEvent happened in completion.Events)
        {
            sql.Execute(
                "INSERT INTO queue_events (message, tag, sender, recipient, state, at, attempt) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                happened.Id.Value, happened.Tag, happened.Sender?.ToString(), happened.Recipient.ToString(), (int)happened.State, happened.At.UtcTicks, happened.Attempt?.ToJson());
        }

        return true;
    }

    public QueuePulse Beat(Guid worker, DateTimeOffset now)
    {
        string name = worker.ToString("N");
        if (sql.Execute("UPDATE queue_workers SET beats = beats + 1 WHERE worker = ?1", name) == 0)
        {
            sql.Execute("INSERT INTO queue_workers (worker, beats) VALUES (?1, 1)", name);
        }

        (DateTimeOffset? lastSeen, long shifts, TimeSpan lastShift) = sql.Rows(
            "SELECT last_seen, shifts, last_shift FROM queue_clock", reader => (reader.IsNull(0) ? (DateTimeOffset?)null : QueueReads.Moment(reader.GetInt64(0)), reader.GetInt64(1), new TimeSpan(reader.GetInt64(2)))).Single();
        sql.Execute("UPDATE queue_clock SET last_seen = ?1", now.UtcTicks);
        return new QueuePulse(
            sql.Rows("SELECT worker, beats FROM queue_workers ORDER BY id", reader => new WorkerBeat(Guid.ParseExact(reader.GetString(0), "N"), reader.GetInt64(1))), lastSeen, shifts, lastShift);
    }

    public long? Reclaim(WorkerBeat silent, DateTimeOffset now)
    {
        if (sql.Number("DELETE FROM queue_workers WHERE worker = ?1 AND beats = ?2 RETURNING id", silent.Worker.ToString("N"), silent.Count) is not { } worker)
        {
            return null;
        }

        _workers.Clear();

        List<(string Destination, long Priority)> back = sql.Rows(
            "UPDATE queue_deliveries SET worker = NULL, next_at = min(next_at, ?2) WHERE worker = ?1 RETURNING destination, priority",
            reader => (reader.GetString(0), reader.GetInt64(1)), worker, now.UtcTicks);
        foreach ((string destination, int count) in back.CountBy(one => one.Destination))
        {
            Leave(destination, count);
        }

        _dirty.UnionWith(back);
        return back.Count;
    }

    public bool Shift(long shifts, TimeSpan by, DateTimeOffset now)
    {
        if (sql.Execute("UPDATE queue_clock SET shifts = shifts + 1, last_shift = ?2, last_seen = last_seen + ?2 WHERE shifts = ?1", shifts, by.Ticks) == 0)
        {
            return false;
        }

        // Whoever took mail by the new clock is not to be shifted with the rest.
        string isOfBefore = by > TimeSpan.Zero ? "arrived <= ?2 - ?1" : "arrived > ?2";
        sql.Execute(
            $"""
            UPDATE queue_deliveries SET next_at = next_at + ?1, expires = expires + ?1, delayed_at = delayed_at + ?1
            WHERE (SELECT {isOfBefore} FROM queue_messages m WHERE m.id = queue_deliveries.id >> 20)
            """,
            by.Ticks, now.UtcTicks);
        if (by < TimeSpan.Zero)
        {
            sql.Execute(
                "UPDATE queue_deliveries SET next_at = next_at + ?1 WHERE attempts > 0 AND (SELECT arrived <= ?2 FROM queue_messages m WHERE m.id = queue_deliveries.id >> 20)", by.Ticks, now.UtcTicks);
        }

        sql.Execute($"UPDATE queue_messages SET arrived = arrived + ?1, expires = expires + ?1 WHERE {isOfBefore}", by.Ticks, now.UtcTicks);
        sql.Execute("UPDATE queue_destinations SET not_before = not_before + ?1", by.Ticks);
        _dirty.UnionWith(sql.Rows("SELECT destination, priority FROM queue_lanes", reader => (reader.GetString(0), reader.GetInt64(1))));
        return true;
    }

    public int Wake(string destination, DateTimeOffset now, int count)
    {
        sql.Execute("UPDATE queue_destinations SET not_before = NULL WHERE name = ?1", destination);
        int woken = 0;
        for (int priority = (int)QueuePriority.Urgent; priority >= (int)QueuePriority.Bulk; priority--)
        {
            woken += sql.Execute(
                $"""
                UPDATE queue_deliveries SET next_at = ?3, blocked = 0 WHERE id IN (
                    SELECT id FROM queue_deliveries INDEXED BY queue_blocked WHERE destination = ?1 AND priority = ?2 AND blocked = 1 AND {Open} AND next_at > ?3 LIMIT ?4)
                """,
                destination, priority, now.UtcTicks, count - woken);
            _dirty.Add((destination, priority));
        }

        return woken;
    }

    public OrderResult Order(QueueOrder order, QueueFilter filter, string? reason, DateTimeOffset now, QueueId? from, int count)
    {
        List<long> messages = new FilterText(filter, from, withDeliveries: false).Select(sql, count + 1);
        QueueId? next = messages.Count > count ? new QueueId(messages[count]) : null;
        long reached = 0;
        foreach (long message in messages.Take(count))
        {
            (long first, long last) = Range(message);
            List<long> deliveries = filter.Recipient is { } recipient ? Single(first, last, recipient)
                : sql.Rows("SELECT id FROM queue_deliveries WHERE id BETWEEN ?1 AND ?2 AND destination = coalesce(?3, destination)", reader => reader.GetInt64(0), first, last, filter.Destination);
            foreach (long delivery in deliveries)
            {
                reached += Order(order, delivery, filter.State, reason, now);
            }
        }

        return new OrderResult(reached, next);
    }

    public void RemoveEvents(IReadOnlyList<long> numbers)
    {
        foreach (long number in numbers)
        {
            sql.Execute("DELETE FROM queue_events WHERE number = ?1", number);
        }
    }

    public void Begin() => sql.Execute("BEGIN IMMEDIATE");

    public void Commit() => sql.Execute("COMMIT");

    /// <summary>Brings lanes and destinations up to date; the last thing before a commit.</summary>
    public void Flush()
    {
        foreach ((string destination, long change) in _leased)
        {
            if (change > 0)
            {
                sql.Execute("INSERT INTO queue_destinations VALUES (?1, ?2, 0, NULL, NULL) ON CONFLICT DO UPDATE SET leased = leased + excluded.leased", destination, change);
            }
            else if (change < 0)
            {
                sql.Execute("UPDATE queue_destinations SET leased = max(leased + ?2, 0) WHERE name = ?1", destination, change);
                DeleteIfIdle(destination);
            }
        }

        foreach ((string destination, long priority) in _dirty)
        {
            if (sql.Number($"SELECT min(next_at) FROM queue_deliveries WHERE destination = ?1 AND priority = ?2 AND {Open}", destination, priority) is { } next)
            {
                sql.Execute(
                    """
                    INSERT INTO queue_lanes VALUES (?1, ?2, max(?3, coalesce((SELECT not_before FROM queue_destinations WHERE name = ?2), ?3)))
                    ON CONFLICT DO UPDATE SET ready_at = excluded.ready_at WHERE ready_at <> excluded.ready_at
                    """,
                    priority, destination, next);
            }
            else
            {
                sql.Execute("DELETE FROM queue_lanes WHERE priority = ?1 AND destination = ?2", priority, destination);
            }
        }

        Forget();
    }

    /// <summary>Forgets what a transaction has touched that has ended, or was rolled back.</summary>
    public void Forget()
    {
        _dirty.Clear();
        _leased.Clear();
        _room.Clear();
        _workers.Clear();
    }

    /// <summary>Whether a message can be leased as it comes.</summary>
    private bool HasRoom(string destination, int priority, LeaseRequest request)
    {
        if (WorkerId(request.Worker) is null)
        {
            return false;
        }

        if (!_room.TryGetValue((destination, priority), out long leased))
        {
            (DestinationState state, long before) = QueueReads.Destination(sql, destination);
            bool isWaiting = Enumerable.Range(priority, (int)QueuePriority.Urgent - priority + 1)
                .Any(one => sql.Number("SELECT 1 FROM queue_lanes WHERE priority = ?1 AND destination = ?2 AND ready_at <= ?3", one, destination, request.Now.UtcTicks) is not null);
            leased = isWaiting || state.Failures > 0 || state.NotBefore > request.Now ? long.MaxValue : before;
            _room.Add((destination, priority), leased);
        }

        return leased != long.MaxValue && leased + _leased.GetValueOrDefault(destination) < request.MaxPerDestination;
    }

    /// <summary>A worker's number; <see langword="null"/> for one that has to give a sign of life first, as its leases were taken back.</summary>
    private long? WorkerId(Guid worker)
    {
        if (!_workers.TryGetValue(worker, out long id))
        {
            if (sql.Number("SELECT id FROM queue_workers WHERE worker = ?1", worker.ToString("N")) is not { } found)
            {
                return null;
            }

            _workers.Add(worker, id = found);
        }

        return id;
    }

    private void DeleteIfIdle(string destination) =>
        sql.Execute("DELETE FROM queue_destinations WHERE name = ?1 AND leased = 0 AND failures = 0 AND not_before IS NULL", destination);

    private static (long First, long Last) Range(long message) => (message << QueueTables.PartBits, (message << QueueTables.PartBits) | ((1L << QueueTables.PartBits) - 1));

    private void LeaseDue(LeaseRequest request, long worker, int priority, List<QueueLease> leases)
    {
        long now = request.Now.UtcTicks;
        (long ReadyAt, string Destination) after = (long.MinValue, "");
        while (leases.Count < request.Max)
        {
            List<(long ReadyAt, string Destination)> lanes = sql.Rows(
                "SELECT ready_at, destination FROM queue_lanes WHERE priority = ?1 AND ready_at <= ?2 AND (ready_at, destination) > (?3, ?4) ORDER BY ready_at, destination LIMIT ?5",
                reader => (reader.GetInt64(0), reader.GetString(1)), priority, now, after.ReadyAt, after.Destination, LanesAtOnce);
            foreach ((long readyAt, string destination) in lanes)
            {
                (DestinationState state, long before) = QueueReads.Destination(sql, destination);
                long leased = before + _leased.GetValueOrDefault(destination);
                long free = Math.Min((state.Failures > 0 ? 1 : request.MaxPerDestination) - leased, request.Max - leases.Count);
                while (free > 0)
                {
                    List<long> due = sql.Rows(
                        $"SELECT id FROM queue_deliveries WHERE destination = ?1 AND priority = ?2 AND {Open} AND next_at <= ?3 ORDER BY next_at LIMIT ?4",
                        reader => reader.GetInt64(0), destination, priority, now, free);
                    int readable = due.Count(id => TryLease(id, request.Worker, worker, leases, state));
                    // As many more as could not be read.
                    free = readable < due.Count ? free - readable : 0;
                }

                after = (readyAt, destination);
                if (leases.Count >= request.Max)
                {
                    return;
                }
            }

            if (lanes.Count < LanesAtOnce)
            {
                return;
            }
        }
    }

    /// <summary>Leases a delivery; one that cannot be read is held, where it stands in nobody's way, for whoever mends the file.</summary>
    private bool TryLease(long id, Guid worker, long number, List<QueueLease> leases, DestinationState? known = null)
    {
        try
        {
            leases.Add(LeaseOne(id, worker, number, known));
            return true;
        }
        catch (Exception damage) when (SqliteFile.IsForeignRow(damage))
        {
            foreach ((string destination, long priority) in sql.Rows(
                "UPDATE queue_deliveries SET worker = NULL, held = 1, task = NULL WHERE id = ?1 RETURNING destination, priority", reader => (reader.GetString(0), reader.GetInt64(1)), id))
            {
                _dirty.Add((destination, priority));
            }

            unreadable(id >> QueueTables.PartBits, damage.Message);
            return false;
        }
    }

    private QueueLease LeaseOne(long id, Guid worker, long number, DestinationState? known)
    {
        List<LeasedRecipient> recipients = sql.Rows(
            "SELECT ordinal, address, notify, original, attempts, attempt FROM queue_recipients WHERE delivery = ?1 AND state = 0 ORDER BY ordinal",
            reader => new LeasedRecipient(reader.GetInt32(0), QueueReads.Address(reader.GetString(1)), QueueReads.Dsn(reader, 2), reader.GetInt32(4), QueueReads.Attempt(reader, 5)), id);
        QueueLease lease = sql.Rows(
            """
            SELECT m.sender, m.envelope_id, m.ret, m.size, m.tag, m.is_notice, m.arrived, m.wants_events,
                d.destination, d.priority, d.expires, d.attempts, d.delayed_at, d.task, d.reason, d.lease + 1, d.next_at
            FROM queue_deliveries d JOIN queue_messages m ON m.id = d.id >> 20 WHERE d.id = ?1
            """,
            reader => new QueueLease(
                worker, id, reader.GetInt64(15), new QueueId(id >> QueueTables.PartBits), QueueReads.OptionalAddress(reader, 0), QueueReads.Text(reader, 1), reader.IsNull(2) ? null : (DsnReturn)reader.GetInt64(2), reader.GetInt64(3),
                (QueuePriority)reader.GetInt64(9), QueueReads.Text(reader, 4), reader.GetInt64(5) != 0, reader.GetInt64(7) != 0, QueueReads.Moment(reader.GetInt64(6)), QueueReads.Moment(reader.GetInt64(16)),
                QueueReads.Moment(reader.GetInt64(10)), reader.GetInt32(11), reader.IsNull(12) ? null : QueueReads.Moment(reader.GetInt64(12)), reader.IsNull(13) ? null : (QueueOrder)reader.GetInt64(13), QueueReads.Text(reader, 14),
                known ?? QueueReads.Destination(sql, reader.GetString(8)).State, recipients),
            id).Single();
        // By itself, not with RETURNING: for that SQLite keeps a copy of every page that it changes.
        sql.Execute("UPDATE queue_deliveries SET worker = ?2, lease = lease + 1 WHERE id = ?1", id, number);
        _dirty.Add((lease.Destination.Name, (int)lease.Priority));
        _leased[lease.Destination.Name] = _leased.GetValueOrDefault(lease.Destination.Name) + 1;
        return lease;
    }

    private void Leave(string destination, int count) => _leased[destination] = _leased.GetValueOrDefault(destination) - count;

    private void Set(DestinationState destination)
    {
        sql.Execute(
            "INSERT INTO queue_destinations VALUES (?1, 0, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET failures = excluded.failures, not_before = excluded.not_before, attempt = excluded.attempt",
            destination.Name, destination.Failures, destination.NotBefore?.UtcTicks, destination.LastFailure?.ToJson());
        DeleteIfIdle(destination.Name);
        _room.Clear();
        for (int priority = (int)QueuePriority.Bulk; priority <= (int)QueuePriority.Urgent; priority++)
        {
            _dirty.Add((destination.Name, priority));
        }
    }

    private int Order(QueueOrder order, long delivery, RecipientState? state, string? reason, DateTimeOffset now)
    {
        (string change, string reached, object? value) = order switch
        {
            QueueOrder.Retry => ("next_at = min(next_at, ?2)", "worker IS NULL AND held = 0 AND task IS NULL", now.UtcTicks),
            QueueOrder.Hold => ("held = ?2", "held = 0 AND task IS NULL", 1),
            QueueOrder.Release => ("held = 0, next_at = min(next_at, ?2)", "held = 1", now.UtcTicks),
            QueueOrder.Cancel => ("task = 3, reason = ?2", "task IS NULL", null),
            QueueOrder.Drop => ("task = 4, reason = ?2", "task IS NULL", (object?)reason),
            _ => throw new ArgumentOutOfRangeException(nameof(order)),
        };
        List<(string Destination, long Priority)> changed = sql.Rows(
            $"UPDATE queue_deliveries SET {change} WHERE id = ?1 AND {reached}{FilterText.State(state)} RETURNING destination, priority", reader => (reader.GetString(0), reader.GetInt64(1)), delivery, value);
        foreach ((string Destination, long Priority) lane in changed)
        {
            _dirty.Add(lane);
            if (order is QueueOrder.Retry or QueueOrder.Release)
            {
                // The order counts for more than what the queue has learnt.
                sql.Execute("UPDATE queue_destinations SET failures = 0, not_before = NULL WHERE name = ?1", lane.Destination);
                DeleteIfIdle(lane.Destination);
                _room.Clear();
            }
        }

        return changed.Count;
    }

    /// <summary>The delivery of one recipient alone: made out of the one in which it stands with others, unless that is being tried.</summary>
    private List<long> Single(long first, long last, string recipient)
    {
        List<(long Delivery, long Ordinal)> found = sql.Rows(
            "SELECT delivery, ordinal FROM queue_recipients WHERE delivery BETWEEN ?1 AND ?2 AND address = ?3 AND state = 0", reader => (reader.GetInt64(0), reader.GetInt64(1)), first, last, recipient);
        if (found is not [(var delivery, var ordinal)])
        {
            return [];
        }

        if (sql.Number("SELECT count(*) FROM queue_recipients WHERE delivery = ?1 AND state = 0", delivery) == 1)
        {
            return [delivery];
        }

        if (sql.Number("SELECT 1 FROM queue_deliveries WHERE id = ?1 AND worker IS NULL", delivery) is null)
        {
            return [];
        }

        long message = delivery >> QueueTables.PartBits;
        long part = sql.Number("UPDATE queue_messages SET parts = parts + 1, open = open + 1 WHERE id = ?1 RETURNING parts", message)!.Value - 1;
        long made = first | part;
        sql.Execute(
            "INSERT INTO queue_deliveries SELECT ?2, destination, priority, next_at, expires, attempts, held, blocked, delayed_at, task, reason, NULL, 0 FROM queue_deliveries WHERE id = ?1", delivery, made);
        sql.Execute("UPDATE queue_recipients SET delivery = ?3 WHERE delivery = ?1 AND ordinal = ?2", delivery, ordinal, made);
        return [made];
    }
}
