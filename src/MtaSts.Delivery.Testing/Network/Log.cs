namespace MtaSts.Delivery.Testing.Network;

/// <summary>What was seen, in order of time. Keeps the newest entries only, so that a flood stays harmless.</summary>
internal sealed class Log<T>(int capacity = 100_000)
{
    private readonly Lock _gate = new();
    private readonly Queue<T> _entries = [];

    public void Add(T entry)
    {
        lock (_gate)
        {
            if (_entries.Count == capacity)
            {
                _entries.Dequeue();
            }

            _entries.Enqueue(entry);
        }
    }

    public IReadOnlyList<T> Snapshot()
    {
        lock (_gate)
        {
            return [.. _entries];
        }
    }
}
