using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>When each destination has something for each priority, how it does, and how much of it is leased.</summary>
/// <remarks>What a transaction touches of that is written once, before its commit: in a batch many deliveries share a lane and a destination.</remarks>
internal sealed class QueueLanes(Statements sql)
{
    /// <summary>Which deliveries wait in a lane.</summary>
    public const string Open = "worker IS NULL AND held = 0 AND task IS NULL";

    private readonly HashSet<(string Destination, long Priority)> _touched = [];
    private readonly Dictionary<string, long> _leased = new(StringComparer.Ordinal);

    // What was found out in this transaction about mail that could be leased as it comes.
    private readonly Dictionary<(string Destination, long Priority), long> _room = [];

    /// <summary>Notes that something in a lane has changed.</summary>
    public void Touch(string destination, long priority) => _touched.Add((destination, priority));

    public void TouchAll() => _touched.UnionWith(sql.Rows("SELECT destination, priority FROM queue_lanes", reader => (reader.GetString(0), reader.GetInt64(1))));

    /// <summary>Counts a delivery as leased.</summary>
    public void Enter(string destination) => _leased[destination] = _leased.GetValueOrDefault(destination) + 1;

    /// <summary>Counts deliveries as leased no more.</summary>
    public void Leave(string destination, int count) => _leased[destination] = _leased.GetValueOrDefault(destination) - count;

    /// <summary>How a destination does, and how many deliveries to it are leased.</summary>
    public (DestinationState State, long Leased) Destination(string name)
    {
        (DestinationState state, long before) = QueueReads.Destination(sql, name);
        return (state, before + _leased.GetValueOrDefault(name));
    }

    /// <summary>Whether a message can be leased as it comes.</summary>
    public bool HasRoom(string destination, int priority, LeaseRequest request)
    {
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

    /// <summary>Notes how a destination does.</summary>
    public void Set(DestinationState destination)
    {
        sql.Execute(
            "INSERT INTO queue_destinations VALUES (?1, 0, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET failures = excluded.failures, not_before = excluded.not_before, attempt = excluded.attempt",
            destination.Name, destination.Failures, destination.NotBefore?.UtcTicks, destination.LastFailure?.ToJson());
        DeleteIfIdle(destination.Name);
        _room.Clear();
        for (int priority = (int)QueuePriority.Bulk; priority <= (int)QueuePriority.Urgent; priority++)
        {
            Touch(destination.Name, priority);
        }
    }

    /// <summary>Forgets what has been learnt of a destination.</summary>
    public void Forgive(string destination)
    {
        sql.Execute("UPDATE queue_destinations SET failures = 0, not_before = NULL WHERE name = ?1", destination);
        DeleteIfIdle(destination);
        _room.Clear();
    }

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

        foreach ((string destination, long priority) in _touched)
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
        _touched.Clear();
        _leased.Clear();
        _room.Clear();
    }

    private void DeleteIfIdle(string destination) =>
        sql.Execute("DELETE FROM queue_destinations WHERE name = ?1 AND leased = 0 AND failures = 0 AND not_before IS NULL", destination);
}
