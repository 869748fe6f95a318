using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Queue.Stores;

/// <summary>A recipient in memory.</summary>
internal sealed class MemoryRecipient(int ordinal, EnvelopeAddress address, MemoryDelivery delivery)
{
    public int Ordinal => ordinal;

    public EnvelopeAddress Address => address;

    public MemoryDelivery Delivery { get; set; } = delivery;

    public RecipientState? End { get; set; }

    public int Attempts { get; set; }

    public QueueAttempt? LastAttempt { get; set; }

    public RecipientState Now => End ?? Delivery.State;
}
