using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Leases deliveries.</summary>
/// <param name="sql">The statements.</param>
/// <param name="lanes">Where they wait.</param>
/// <param name="workers">Who leases them.</param>
/// <param name="unreadable">Is told the number of a message that cannot be read, and why.</param>
internal sealed class QueueLeases(Statements sql, QueueLanes lanes, QueueWorkers workers, Action<long, string> unreadable)
{
    private const int LanesAtOnce = 200;
    private const int LookedAtOnce = 1000;
    private static readonly (long At, long Id) Start = (long.MinValue, 0);

    // How far the last look came among what has expired, and among what is to be told of its delay.
    private (long At, long Id) _expired = Start;
    private (long At, long Id) _delayed = Start;

    public IReadOnlyList<QueueLease> Lease(LeaseRequest request)
    {
        var leases = new List<QueueLease>();
        if (workers.Number(request.Worker) is not { } worker)
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

        // Asked once each, as much may wait for the same.
        HashSet<string> full = new(StringComparer.Ordinal), open = new(StringComparer.Ordinal);
        LeasePast("expires", ref _expired, request, worker, leases, one => HasRoom(one.Destination));
        // Nothing is said to the destination, so no room is needed there. What can be tried now is tried first.
        LeasePast("delayed_at", ref _delayed, request, worker, leases, one => one.Expires > request.Now.UtcTicks && (one.NextAt > request.Now.UtcTicks || IsLeftAlone(one.Destination)));
        for (int priority = (int)QueuePriority.Urgent; priority >= (int)QueuePriority.Bulk && leases.Count < request.Max; priority--)
        {
            LeaseDue(request, worker, priority, leases);
        }

        return leases;

        bool HasRoom(string destination)
        {
            if (!full.Contains(destination) && lanes.Destination(destination) is var (state, leased) && leased >= MaxOf(state, request))
            {
                full.Add(destination);
            }

            return !full.Contains(destination);
        }

        bool IsLeftAlone(string destination)
        {
            if (!open.Contains(destination) && !(lanes.Destination(destination).State.NotBefore > request.Now))
            {
                open.Add(destination);
            }

            return !open.Contains(destination);
        }
    }

    private static long MaxOf(DestinationState state, LeaseRequest request) => state.Failures > 0 ? 1 : request.MaxPerDestination;

    /// <summary>Leases what has reached a moment other than that of its next try, as far as it may go.</summary>
    /// <remarks>Most of it may have to wait, so each look is at a part of it, and begins where the last one has ended.</remarks>
    private void LeasePast(
        string moment, ref (long At, long Id) after, LeaseRequest request, long worker, List<QueueLease> leases, Func<(long At, long Id, string Destination, long NextAt, long Expires), bool> mayGo)
    {
        bool isWhole = after == Start;
        while (leases.Count < request.Max)
        {
            List<(long At, long Id, string Destination, long NextAt, long Expires)> found = sql.Rows(
                $"SELECT {moment}, id, destination, next_at, expires FROM queue_deliveries WHERE {QueueLanes.Open} AND {moment} <= ?1 AND ({moment}, id) > (?2, ?3) ORDER BY {moment}, id LIMIT ?4",
                reader => (reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4)), request.Now.UtcTicks, after.At, after.Id, LookedAtOnce);
            foreach ((long At, long Id, string Destination, long NextAt, long Expires) one in found)
            {
                if (leases.Count == request.Max)
                {
                    return;
                }

                after = (one.At, one.Id);
                if (mayGo(one))
                {
                    TryLease(one.Id, request.Worker, worker, leases);
                }
            }

            bool isEnd = found.Count < LookedAtOnce;
            after = isEnd ? Start : after;
            if (!isEnd || isWhole)
            {
                return;
            }

            isWhole = true;
        }
    }

    private void LeaseDue(LeaseRequest request, long worker, int priority, List<QueueLease> leases)
    {
        long now = request.Now.UtcTicks;
        (long ReadyAt, string Destination) after = (long.MinValue, "");
        while (leases.Count < request.Max)
        {
            List<(long ReadyAt, string Destination)> ready = sql.Rows(
                "SELECT ready_at, destination FROM queue_lanes WHERE priority = ?1 AND ready_at <= ?2 AND (ready_at, destination) > (?3, ?4) ORDER BY ready_at, destination LIMIT ?5",
                reader => (reader.GetInt64(0), reader.GetString(1)), priority, now, after.ReadyAt, after.Destination, LanesAtOnce);
            foreach ((long readyAt, string destination) in ready)
            {
                (DestinationState state, long leased) = lanes.Destination(destination);
                // Its lane may have been found ready before this very transaction learnt that it fails.
                long free = state.NotBefore > request.Now ? 0 : Math.Min(MaxOf(state, request) - leased, request.Max - leases.Count);
                while (free > 0)
                {
                    List<long> due = sql.Rows(
                        $"SELECT id FROM queue_deliveries WHERE destination = ?1 AND priority = ?2 AND {QueueLanes.Open} AND next_at <= ?3 ORDER BY next_at LIMIT ?4",
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

            if (ready.Count < LanesAtOnce)
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
        catch (Exception damage) when (FileFailures.IsForeignRow(damage))
        {
            foreach ((string destination, long priority) in sql.Rows(
                "UPDATE queue_deliveries SET worker = NULL, held = 1, task = NULL WHERE id = ?1 RETURNING destination, priority", reader => (reader.GetString(0), reader.GetInt64(1)), id))
            {
                lanes.Touch(destination, priority);
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
        lanes.Touch(lease.Destination.Name, (int)lease.Priority);
        lanes.Enter(lease.Destination.Name);
        return lease;
    }
}
