using Microsoft.Data.Sqlite;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Every change of a queue, each within a transaction that the writer makes. They can be run again after it was rolled back.</summary>
internal sealed class QueueChanges
{
    private const int ChunkSize = 1 << 20;
    private const int MaxPerDelivery = 1000;

    private readonly Statements _sql;
    private readonly QueueLanes _lanes;

    /// <param name="connection">The file.</param>
    /// <param name="unreadable">Is told the number of a message that cannot be read, and why.</param>
    public QueueChanges(SqliteConnection connection, Action<long, string> unreadable)
    {
        _sql = new Statements(connection);
        _lanes = new QueueLanes(_sql);
        Workers = new QueueWorkers(_sql);
        Leases = new QueueLeases(_sql, _lanes, Workers, unreadable);
        Orders = new QueueOrders(_sql, _lanes);
    }

    public SqliteConnection Connection => _sql.Connection;

    public QueueWorkers Workers { get; }

    public QueueLeases Leases { get; }

    public QueueOrders Orders { get; }

    public QueueId Add(NewMessage message) => Add(message, null);

    /// <summary>Keeps a message of one delivery, and leases that, if its destination has room and nothing else waits for it.</summary>
    public AddedMessage AddLeased(NewMessage message, LeaseRequest request)
    {
        string destination = message.Envelope.Recipients[0].DomainText;
        if (Workers.Number(request.Worker) is not { } worker || message.Envelope.Recipients.Count > MaxPerDelivery || message.Envelope.Recipients.Any(recipient => recipient.DomainText != destination) || !_lanes.HasRoom(destination, (int)message.Priority, request))
        {
            return new AddedMessage(Add(message), null);
        }

        QueueId id = Add(message, worker);
        _lanes.Enter(destination);
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

        _sql.Execute(
            """
            INSERT INTO queue_messages (sender, envelope_id, ret, size, priority, tag, is_notice, arrived, expires, parts, open, wants_events)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11)
            """,
            message.Envelope.Sender?.ToString(), message.Envelope.EnvelopeId, (long?)message.Envelope.Return, message.Octets.Length, (int)message.Priority, message.Tag, message.IsNotice,
            message.Arrived.UtcTicks, message.Expires.UtcTicks, parts.Length, message.WantsEvents);
        long id = _sql.LastInserted;
        for (int part = 0; part * ChunkSize < message.Octets.Length; part++)
        {
            ReadOnlyMemory<byte> chunk = message.Octets.Slice(part * ChunkSize, Math.Min(ChunkSize, message.Octets.Length - (part * ChunkSize)));
            _sql.Execute("INSERT INTO queue_bodies VALUES (?1, ?2)", (id << QueueTables.PartBits) | (uint)part, chunk);
        }

        Dictionary<EnvelopeAddress, int> ordinals = parts.Length == 1 ? [] : message.Envelope.Recipients.Index().ToDictionary(one => one.Item, one => one.Index);
        for (int part = 0; part < parts.Length; part++)
        {
            long delivery = (id << QueueTables.PartBits) | (uint)part;
            string destination = parts[part][0].DomainText;
            _sql.Execute(
                "INSERT INTO queue_deliveries VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, ?6, NULL, NULL, ?7, ?8)",
                delivery, destination, (int)message.Priority, message.NextTry.UtcTicks, message.Expires.UtcTicks, message.DelayNoticeAt?.UtcTicks, worker, worker is null ? 0 : 1);
            for (int i = 0; i < parts[part].Length; i++)
            {
                EnvelopeAddress recipient = parts[part][i];
                RecipientDsn? dsn = message.Envelope.Notifications.GetValueOrDefault(recipient);
                _sql.Execute(
                    "INSERT INTO queue_recipients VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, NULL)",
                    delivery, ordinals.GetValueOrDefault(recipient, i), recipient.ToString(), (long?)dsn?.Notify, dsn?.OriginalRecipient);
            }

            if (worker is null)
            {
                _lanes.Touch(destination, (int)message.Priority);
            }
        }

        return new QueueId(id);
    }

    public bool Complete(LeaseCompletion completion)
    {
        QueueLease lease = completion.Lease;
        long? worker = Workers.Number(lease.Worker);
        long message = lease.Id.Value;
        bool isFinished = completion.Results.All(result => result.State != RecipientState.Waiting);
        int ended = isFinished
            ? _sql.Execute("DELETE FROM queue_deliveries WHERE id = ?1 AND worker = ?2 AND lease = ?3", lease.Delivery, worker, lease.Number)
            : _sql.Execute(
                """
                UPDATE queue_deliveries SET worker = NULL, next_at = coalesce(?4, next_at), attempts = attempts + ?5, blocked = iif(?4 IS NULL, blocked, ?6), delayed_at = iif(?7, NULL, delayed_at)
                WHERE id = ?1 AND worker = ?2 AND lease = ?3
                """,
                lease.Delivery, worker, lease.Number, completion.NextTry?.UtcTicks, completion.WasTried, completion.IsBlocked, completion.IsDelayTold);
        if (ended == 0)
        {
            return false;
        }

        if (isFinished && _sql.Execute("DELETE FROM queue_messages WHERE id = ?1 AND open <= 1", message) > 0)
        {
            (long first, long last) = QueueTables.Range(message);
            _sql.Execute("DELETE FROM queue_recipients WHERE delivery BETWEEN ?1 AND ?2", first, last);
            _sql.Execute("DELETE FROM queue_bodies WHERE id BETWEEN ?1 AND ?2", first, last);
        }
        else
        {
            if (isFinished)
            {
                _sql.Execute("UPDATE queue_messages SET open = open - 1 WHERE id = ?1", message);
            }

            foreach (RecipientResult result in completion.Results)
            {
                _sql.Execute(
                    "UPDATE queue_recipients SET state = ?3, attempts = attempts + ?4, attempt = coalesce(?5, attempt) WHERE delivery = ?1 AND ordinal = ?2",
                    lease.Delivery, result.Ordinal, result.State == RecipientState.Waiting ? 0 : (int)result.State, completion.WasTried, result.Attempt?.ToJson());
            }
        }

        _lanes.Leave(lease.Destination.Name, 1);
        if (completion.Destination is { } destination)
        {
            _lanes.Set(destination);
        }

        if (!isFinished)
        {
            _lanes.Touch(lease.Destination.Name, (int)lease.Priority);
        }

        foreach (NewMessage notice in completion.Notices)
        {
            Add(notice);
        }

        foreach (QueueEvent happened in completion.Events)
        {
            _sql.Execute(
                "INSERT INTO queue_events (message, tag, sender, recipient, state, at, attempt) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                happened.Id.Value, happened.Tag, happened.Sender?.ToString(), happened.Recipient.ToString(), (int)happened.State, happened.At.UtcTicks, happened.Attempt?.ToJson());
        }

        return true;
    }

    public long? Reclaim(WorkerBeat silent, DateTimeOffset now)
    {
        if (Workers.End(silent) is not { } worker)
        {
            return null;
        }

        List<(string Destination, long Priority)> back = _sql.Rows(
            "UPDATE queue_deliveries SET worker = NULL, next_at = min(next_at, ?2) WHERE worker = ?1 RETURNING destination, priority",
            reader => (reader.GetString(0), reader.GetInt64(1)), worker, now.UtcTicks);
        foreach ((string destination, int count) in back.CountBy(one => one.Destination))
        {
            _lanes.Leave(destination, count);
        }

        back.ForEach(one => _lanes.Touch(one.Destination, one.Priority));
        return back.Count;
    }

    public bool Shift(long shifts, TimeSpan by, DateTimeOffset now)
    {
        if (_sql.Execute("UPDATE queue_clock SET shifts = shifts + 1, last_shift = ?2, last_seen = last_seen + ?2 WHERE shifts = ?1", shifts, by.Ticks) == 0)
        {
            return false;
        }

        // Whoever took mail by the new clock is not to be shifted with the rest.
        string isOfBefore = by > TimeSpan.Zero ? "arrived <= ?2 - ?1" : "arrived > ?2";
        _sql.Execute(
            $"""
            UPDATE queue_deliveries SET next_at = next_at + ?1, expires = expires + ?1, delayed_at = delayed_at + ?1
            WHERE (SELECT {isOfBefore} FROM queue_messages m WHERE m.id = queue_deliveries.id >> 20)
            """,
            by.Ticks, now.UtcTicks);
        if (by < TimeSpan.Zero)
        {
            _sql.Execute(
                "UPDATE queue_deliveries SET next_at = next_at + ?1 WHERE attempts > 0 AND (SELECT arrived <= ?2 FROM queue_messages m WHERE m.id = queue_deliveries.id >> 20)", by.Ticks, now.UtcTicks);
        }

        _sql.Execute($"UPDATE queue_messages SET arrived = arrived + ?1, expires = expires + ?1 WHERE {isOfBefore}", by.Ticks, now.UtcTicks);
        _sql.Execute("UPDATE queue_destinations SET not_before = not_before + ?1", by.Ticks);
        _lanes.TouchAll();
        return true;
    }

    public int Wake(string destination, DateTimeOffset now, int count)
    {
        _sql.Execute("UPDATE queue_destinations SET not_before = NULL WHERE name = ?1", destination);
        int woken = 0;
        for (int priority = (int)QueuePriority.Urgent; priority >= (int)QueuePriority.Bulk; priority--)
        {
            woken += _sql.Execute(
                $"""
                UPDATE queue_deliveries SET next_at = ?3, blocked = 0 WHERE id IN (
                    SELECT id FROM queue_deliveries INDEXED BY queue_blocked WHERE destination = ?1 AND priority = ?2 AND blocked = 1 AND {QueueLanes.Open} AND next_at > ?3 LIMIT ?4)
                """,
                destination, priority, now.UtcTicks, count - woken);
            _lanes.Touch(destination, priority);
        }

        return woken;
    }

    public void RemoveEvents(IReadOnlyList<long> numbers)
    {
        foreach (long number in numbers)
        {
            _sql.Execute("DELETE FROM queue_events WHERE number = ?1", number);
        }
    }

    /// <summary>Begins a transaction.</summary>
    /// <returns>The version of the tables, which another program may have brought on.</returns>
    public long Begin()
    {
        _sql.Execute("BEGIN IMMEDIATE");
        return _sql.Number("SELECT version FROM schema WHERE component = ?1", QueueTables.Schema.Component) ?? 0;
    }

    public void Commit() => _sql.Execute("COMMIT");

    /// <summary>Brings lanes and destinations up to date; the last thing before a commit.</summary>
    public void Flush()
    {
        _lanes.Flush();
        Workers.Forget();
    }

    /// <summary>Forgets what a transaction has touched that was rolled back.</summary>
    public void Forget()
    {
        _lanes.Forget();
        Workers.Forget();
    }
}
