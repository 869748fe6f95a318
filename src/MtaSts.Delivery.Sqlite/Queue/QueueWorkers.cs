using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Who works on a queue.</summary>
internal sealed class QueueWorkers(Statements sql)
{
    // What was found out in this transaction.
    private readonly Dictionary<Guid, long> _numbers = [];

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

    /// <summary>A worker's number; <see langword="null"/> for one that has to give a sign of life first, as its leases were taken back.</summary>
    public long? Number(Guid worker)
    {
        if (!_numbers.TryGetValue(worker, out long id))
        {
            if (sql.Number("SELECT id FROM queue_workers WHERE worker = ?1", worker.ToString("N")) is not { } found)
            {
                return null;
            }

            _numbers.Add(worker, id = found);
        }

        return id;
    }

    /// <summary>Ends a worker; its number, or <see langword="null"/> when it has given another sign of life since, or has ended.</summary>
    public long? End(WorkerBeat silent)
    {
        _numbers.Clear();
        return sql.Number("DELETE FROM queue_workers WHERE worker = ?1 AND beats = ?2 RETURNING id", silent.Worker.ToString("N"), silent.Count);
    }

    /// <summary>Forgets what a transaction has found out that has ended, or was rolled back.</summary>
    public void Forget() => _numbers.Clear();
}
