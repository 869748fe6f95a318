namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>Which ids have been seen: a bit each, for ids that begin near zero.</summary>
internal sealed class SeenIds
{
    private const int BlockBits = 1 << 20;
    private const int MaxBlocks = 1024;

    private readonly int[]?[] _blocks = new int[]?[MaxBlocks];

    /// <summary>Notes an id.</summary>
    /// <returns><see langword="false"/> when it had been seen before.</returns>
    public bool Add(long id)
    {
        ref int[]? block = ref _blocks[id / BlockBits];
        if (Volatile.Read(ref block) is null)
        {
            Interlocked.CompareExchange(ref block, new int[BlockBits / 32], null);
        }

        int bit = (int)(id % BlockBits);
        int mask = 1 << (bit % 32);
        return (Interlocked.Or(ref block![bit / 32], mask) & mask) == 0;
    }
}
