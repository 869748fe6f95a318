using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>What can be read from a queue.</summary>
internal static class QueueReads
{
    private const int MaxDestinations = 10;

    public static ReadOnlyMemory<byte>? Octets(Statements sql, QueueId id)
    {
        if (sql.Number("SELECT size FROM queue_messages WHERE id = ?1", id.Value) is not { } size)
        {
            return null;
        }

        byte[] octets = new byte[size];
        int filled = 0;
        sql.Rows(
            "SELECT octets FROM queue_bodies WHERE id BETWEEN ?1 << 20 AND (?1 << 20) + 1048575 ORDER BY id",
            reader =>
            {
                ReadOnlySpan<byte> chunk = reader.GetOctets(0);
                bool fits = chunk.TryCopyTo(octets.AsSpan(filled));
                return filled += fits ? chunk.Length : 0;
            },
            id.Value);
        return filled == size ? octets : (ReadOnlyMemory<byte>?)null;
    }

    public static QueuePage List(Statements sql, QueueFilter filter, QueueId? from, int count)
    {
        List<long> ids = new FilterText(filter, from, withDeliveries: true).Select(sql, count + 1);
        return new QueuePage([.. ids.Take(count).Select(id => Entry(sql, id)!)], ids.Count > count ? new QueueId(ids[count]) : null);
    }

    public static QueuedMessage? Find(Statements sql, QueueId id)
    {
        if (Entry(sql, id.Value) is not { } entry)
        {
            return null;
        }

        (string? envelopeId, DsnReturn? ret, long expires) = sql.Rows(
            "SELECT envelope_id, ret, expires FROM queue_messages WHERE id = ?1", reader => (Text(reader, 0), reader.IsNull(1) ? (DsnReturn?)null : (DsnReturn)reader.GetInt64(1), reader.GetInt64(2)), id.Value).Single();
        return new QueuedMessage(entry, envelopeId, ret, sql.Rows(
            """
            SELECT r.address, r.notify, r.original, r.state, r.attempts, r.attempt, d.next_at, coalesce(d.expires, ?2), d.held, d.worker IS NOT NULL FROM queue_recipients r
            LEFT JOIN queue_deliveries d ON d.id = r.delivery WHERE r.delivery BETWEEN ?1 << 20 AND (?1 << 20) + 1048575 ORDER BY r.ordinal
            """,
            reader =>
            {
                long state = reader.GetInt64(3);
                RecipientState now = state != 0 ? (RecipientState)state : reader.GetInt64(9) != 0 ? RecipientState.Delivering : reader.GetInt64(8) != 0 ? RecipientState.Held : RecipientState.Waiting;
                return new QueuedRecipient(
                    Address(reader.GetString(0)), Dsn(reader, 1), now, now == RecipientState.Waiting ? Moment(reader.GetInt64(6)) : null, Moment(reader.GetInt64(7)), reader.GetInt32(4), Attempt(reader, 5));
            },
            id.Value, expires));
    }

    public static QueueCounts Count(Statements sql, DateTimeOffset now)
    {
        long messages = sql.Number("SELECT count(*) FROM queue_messages")!.Value;
        long open = sql.Number("SELECT count(*) FROM queue_deliveries INDEXED BY queue_expiring WHERE worker IS NULL AND held = 0 AND task IS NULL")!.Value;
        long due = sql.Number(
            """
            SELECT coalesce(sum((SELECT count(*) FROM queue_deliveries d WHERE d.destination = l.destination AND d.priority = l.priority AND d.worker IS NULL AND d.held = 0 AND d.task IS NULL AND d.next_at <= ?1)), 0)
            FROM queue_lanes l WHERE l.ready_at <= ?1
            """,
            now.UtcTicks)!.Value;
        // What has expired is leased also while its destination is left alone, and before its next try.
        due += sql.Number(
            """
            SELECT count(*) FROM queue_deliveries d INDEXED BY queue_expiring LEFT JOIN queue_destinations t ON t.name = d.destination
            WHERE d.worker IS NULL AND d.held = 0 AND d.task IS NULL AND d.expires <= ?1 AND (d.next_at > ?1 OR t.not_before > ?1)
            """,
            now.UtcTicks)!.Value;
        long tasks = sql.Number("SELECT count(*) FROM queue_deliveries WHERE worker IS NULL AND task IS NOT NULL")!.Value;
        long delivering = sql.Number("SELECT count(*) FROM queue_deliveries WHERE worker IS NOT NULL")!.Value;
        long held = sql.Number("SELECT count(*) FROM queue_deliveries WHERE held = 1 AND worker IS NULL AND task IS NULL")!.Value;
        long? oldest = sql.Number("SELECT arrived FROM queue_messages ORDER BY id LIMIT 1");
        return new QueueCounts(messages, due + tasks, open - due, delivering, held, oldest is { } ticks ? Moment(ticks) : null, sql.Number("SELECT count(*) FROM queue_events")!.Value);
    }

    public static IReadOnlyList<QueueEvent> Events(Statements sql, int count) => sql.Rows(
        "SELECT number, message, tag, sender, recipient, state, at, attempt FROM queue_events ORDER BY number LIMIT ?1",
        reader => new QueueEvent(
            reader.GetInt64(0), new QueueId(reader.GetInt64(1)), Text(reader, 2), OptionalAddress(reader, 3), Address(reader.GetString(4)), (RecipientState)reader.GetInt64(5), Moment(reader.GetInt64(6)), Attempt(reader, 7)),
        count);

    /// <summary>How a destination does, and how many deliveries to it are leased.</summary>
    public static (DestinationState State, long Leased) Destination(Statements sql, string name) => sql.Rows(
        "SELECT failures, not_before, attempt, leased FROM queue_destinations WHERE name = ?1",
        reader => (new DestinationState(name, reader.GetInt32(0), reader.IsNull(1) ? null : Moment(reader.GetInt64(1)), Attempt(reader, 2)), reader.GetInt64(3)), name) is [var found] ? found : (new DestinationState(name, 0, null, null), 0);

    public static DateTimeOffset Moment(long ticks) => new(Math.Clamp(ticks, 0, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);

    public static string? Text(Row reader, int column) => reader.IsNull(column) ? null : reader.GetString(column);

    public static EnvelopeAddress Address(string text) => EnvelopeAddress.TryParse(text, out EnvelopeAddress? address) ? address : throw new FormatException("an address cannot be read");

    public static EnvelopeAddress? OptionalAddress(Row reader, int column) => Text(reader, column) is { } text ? Address(text) : null;

    public static QueueAttempt? Attempt(Row reader, int column) => Text(reader, column) is { } json ? QueueAttempt.Parse(json) : null;

    public static RecipientDsn? Dsn(Row reader, int column) => reader.IsNull(column) ? null : new RecipientDsn((DsnNotify)reader.GetInt64(column), Text(reader, column + 1));

    private static QueueEntry? Entry(Statements sql, long id)
    {
        List<(string Destination, long NextAt, long Expires, int Attempts, bool IsHeld, bool IsLeased, long Delivery)> deliveries = sql.Rows(
            "SELECT destination, next_at, expires, attempts, held, worker IS NOT NULL, id FROM queue_deliveries WHERE id BETWEEN ?1 << 20 AND (?1 << 20) + 1048575 ORDER BY id",
            reader => (reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt32(3), reader.GetInt64(4) != 0, reader.GetInt64(5) != 0, reader.GetInt64(6)), id);
        (int open, int held) = sql.Rows(
            "SELECT count(*), coalesce(sum(d.held), 0) FROM queue_recipients r JOIN queue_deliveries d ON d.id = r.delivery WHERE r.delivery BETWEEN ?1 << 20 AND (?1 << 20) + 1048575 AND r.state = 0",
            reader => (reader.GetInt32(0), reader.GetInt32(1)), id).Single();
        List<QueueAttempt?> last = sql.Rows(
            "SELECT attempt FROM queue_recipients WHERE delivery BETWEEN ?1 << 20 AND (?1 << 20) + 1048575 AND attempt IS NOT NULL ORDER BY state, ordinal LIMIT 1", reader => Attempt(reader, 0), id);
        long[] next = [.. deliveries.Where(one => !one.IsHeld && !one.IsLeased).Select(one => one.NextAt)];
        return sql.Rows(
            "SELECT sender, size, priority, tag, is_notice, arrived, expires FROM queue_messages WHERE id = ?1",
            reader => new QueueEntry(
                new QueueId(id), OptionalAddress(reader, 0), reader.GetInt64(1), (QueuePriority)reader.GetInt64(2), Text(reader, 3), reader.GetInt64(4) != 0, Moment(reader.GetInt64(5)),
                next.Length == 0 ? null : Moment(next.Min()), Moment(deliveries.Count == 0 ? reader.GetInt64(6) : deliveries.Max(one => one.Expires)), deliveries.Select(one => one.Attempts).DefaultIfEmpty().Max(),
                open, held, [.. deliveries.Select(one => one.Destination).Distinct(StringComparer.Ordinal).Take(MaxDestinations)], last is [var attempt] ? attempt?.Explanation : null),
            id) is [var entry] ? entry : null;
    }
}
