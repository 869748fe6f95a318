namespace MtaSts.Delivery.Policies;

/// <summary>A policy in memory, as small as can be: there may be a million.</summary>
/// <remarks>What belongs to one fetch never changes in an entry; a new fetch makes a new one.</remarks>
internal sealed class PolicyEntry(byte[] text, string id, DateTimeOffset fetchedAt, DateTimeOffset lastUsedAt, bool isPinned)
{
    private readonly long _fetchedAt = fetchedAt.UtcTicks;
    private long _lastUsedAt = lastUsedAt.UtcTicks;
    private long _dueAt;

    public byte[] Text { get; } = text;

    public string Id { get; } = id;

    public bool IsPinned { get; } = isPinned;

    public DateTimeOffset FetchedAt => new(_fetchedAt, TimeSpan.Zero);

    /// <summary>When mail last asked for the policy.</summary>
    public DateTimeOffset LastUsedAt
    {
        get => new(Volatile.Read(ref _lastUsedAt), TimeSpan.Zero);
        set => Volatile.Write(ref _lastUsedAt, value.UtcTicks);
    }

    /// <summary>How many refreshes have failed in a row.</summary>
    public int Failures { get; set; }

    /// <summary>When the refresher looks at the policy next, in UTC ticks; zero when it does not.</summary>
    public long DueAt
    {
        get => Volatile.Read(ref _dueAt);
        set => Volatile.Write(ref _dueAt, value);
    }

    public StoredPolicy ToStored(Names.DomainName domain) => new(domain, Id, Text, FetchedAt, LastUsedAt, IsPinned);
}
