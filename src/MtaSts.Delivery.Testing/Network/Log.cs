namespace MtaSts.Delivery.Testing.Network;

/// <summary>What was seen, in order of time. Keeps the newest entries only, so that a flood stays harmless.</summary>
internal sealed class Log<T>(int capacity = 100_000)
{
    private readonly Lock gate = new();
    private readonly Queue<T> entries = [];

    public void Add(T entry)
    {
        lock (gate)
        {
            if (entries.Count == capacity)
            {
                entries.Dequeue();
            }

            entries.Enqueue(entry);
        }
    }

    public IReadOnlyList<T> Snapshot()
    {
        lock (gate)
        {
            return [.. entries];
        }
    }
}
