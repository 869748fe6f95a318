using MtaSts.Delivery.Queue;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>A filter as SQL.</summary>
internal sealed class FilterText
{
    private readonly List<string> _conditions = [];
    private readonly List<object?> _values = [];

    /// <param name="filter">Which mail.</param>
    /// <param name="from">The first message to look at.</param>
    /// <param name="withDeliveries">Whether what is said of deliveries and recipients counts, too.</param>
    public FilterText(QueueFilter filter, QueueId? from, bool withDeliveries)
    {
        Add("m.id >= ", from?.Value ?? 0);
        if (filter.Id is { } id)
        {
            Add("m.id = ", id.Value);
        }

        if (filter.Sender == "")
        {
            _conditions.Add("m.sender IS NULL");
        }
        else if (filter.Sender is not null)
        {
            Add("m.sender = ", filter.Sender);
        }

        if (filter.Tag is not null)
        {
            Add("m.tag = ", filter.Tag);
        }

        if (withDeliveries)
        {
            AddDeliveries(filter);
        }
    }

    /// <summary>A condition on the state of a delivery.</summary>
    public static string State(RecipientState? state) => state switch
    {
        RecipientState.Waiting => " AND worker IS NULL AND held = 0",
        RecipientState.Delivering => " AND worker IS NOT NULL",
        RecipientState.Held => " AND worker IS NULL AND held = 1",
        _ => "",
    };

    /// <summary>The numbers of the messages.</summary>
    public List<long> Select(Statements sql, int count) => sql.Rows(
        $"SELECT m.id FROM queue_messages m WHERE {string.Join(" AND ", _conditions)} ORDER BY m.id LIMIT {Value(count)}", reader => reader.GetInt64(0), [.. _values]);

    private void AddDeliveries(QueueFilter filter)
    {
        string condition = State(filter.State);
        if (filter.Destination is not null)
        {
            condition += " AND destination = " + Value(filter.Destination);
        }

        if (filter.Recipient is not null)
        {
            condition += $" AND EXISTS (SELECT 1 FROM queue_recipients r WHERE r.delivery = d.id AND r.address = {Value(filter.Recipient)} AND r.state = 0)";
        }

        if (condition.Length > 0)
        {
            _conditions.Add($"EXISTS (SELECT 1 FROM queue_deliveries d WHERE d.id BETWEEN m.id << 20 AND (m.id << 20) + 1048575{condition})");
        }
    }

    private void Add(string condition, object value) => _conditions.Add(condition + Value(value));

    private string Value(object value)
    {
        _values.Add(value);
        return FormattableString.Invariant($"?{_values.Count}");
    }
}
