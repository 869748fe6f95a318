namespace MtaSts.Delivery.Queue.Stores;

/// <summary>A delivery in memory: recipients of a message in one domain.</summary>
internal sealed class MemoryDelivery(long number, MemoryMessage message, string destination)
{
    public long Number => number;

    public MemoryMessage Message => message;

    public string Destination => destination;

    public List<MemoryRecipient> Recipients { get; } = [];

    public DateTimeOffset NextTry { get; set; }

    public DateTimeOffset Expires { get; set; }

    public int Attempts { get; set; }

    public bool IsHeld { get; set; }

    public bool IsBlocked { get; set; }

    public DateTimeOffset? DelayNoticeAt { get; set; }

    public QueueOrder? Task { get; set; }

    public string? Reason { get; set; }

    public Guid? Worker { get; set; }

    public long Lease { get; set; }

    public bool IsOpen => this is { Worker: null, IsHeld: false, Task: null };

    public RecipientState State => Worker is not null ? RecipientState.Delivering : IsHeld ? RecipientState.Held : RecipientState.Waiting;

    public MemoryDelivery Split(long newNumber) => new(newNumber, message, destination)
    {
        NextTry = NextTry,
        Expires = Expires,
        Attempts = Attempts,
        IsHeld = IsHeld,
        IsBlocked = IsBlocked,
        DelayNoticeAt = DelayNoticeAt,
        Task = Task,
        Reason = Reason,
    };
}
