using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Carries out what an operator, or the program, wants done with queued mail.</summary>
internal sealed class QueueOrders(Statements sql, QueueLanes lanes)
{
    public OrderResult Order(QueueOrder order, QueueFilter filter, string? reason, DateTimeOffset now, QueueId? from, int count)
    {
        List<long> messages = new FilterText(filter, from, withDeliveries: false).Select(sql, count + 1);
        QueueId? next = messages.Count > count ? new QueueId(messages[count]) : null;
        long reached = 0;
        foreach (long message in messages.Take(count))
        {
            (long first, long last) = QueueTables.Range(message);
            List<long> deliveries = filter.Recipient is { } recipient ? Single(first, last, recipient)
                : sql.Rows("SELECT id FROM queue_deliveries WHERE id BETWEEN ?1 AND ?2 AND destination = coalesce(?3, destination)", reader => reader.GetInt64(0), first, last, filter.Destination);
            foreach (long delivery in deliveries)
            {
                reached += Order(order, delivery, filter.State, reason, now);
            }
        }

        return new OrderResult(reached, next);
    }

    private int Order(QueueOrder order, long delivery, RecipientState? state, string? reason, DateTimeOffset now)
    {
        (string change, string reached, object? value) = order switch
        {
            QueueOrder.Retry => ("next_at = min(next_at, ?2)", QueueLanes.Open, now.UtcTicks),
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
            lanes.Touch(lane.Destination, lane.Priority);
            if (order is QueueOrder.Retry or QueueOrder.Release)
            {
                // The order counts for more than what the queue has learnt.
                lanes.Forgive(lane.Destination);
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
