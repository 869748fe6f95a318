namespace MtaSts.Delivery.Queue;

/// <summary>How one message is to be handled.</summary>
public sealed record EnqueueOptions
{
    /// <summary>How long delivery is tried before the sender is told that it failed; <see cref="QueueOptions.Lifetime"/> unless set. 1 min to 30 days, counted from <see cref="NotBefore"/> where that is later than now.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>Which mail goes first. <see cref="QueuePriority.Normal"/> unless set.</summary>
    public QueuePriority Priority { get; init; } = QueuePriority.Normal;

    /// <summary>The earliest moment to deliver; at once unless set.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The program's own mark for the message, which events and lists carry; at most 200 printable characters.</summary>
    public string? Tag { get; init; }
}
