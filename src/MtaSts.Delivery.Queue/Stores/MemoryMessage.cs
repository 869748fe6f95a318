namespace MtaSts.Delivery.Queue.Stores;

/// <summary>A message in memory.</summary>
internal sealed class MemoryMessage(QueueId id, NewMessage added)
{
    public QueueId Id => id;

    public NewMessage New { get; set; } = added;

    public List<MemoryDelivery> Deliveries { get; } = [];

    public List<MemoryRecipient> Recipients { get; } = [];
}
