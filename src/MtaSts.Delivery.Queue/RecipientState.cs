namespace MtaSts.Delivery.Queue;

/// <summary>How far a recipient's mail has come.</summary>
public enum RecipientState
{
    /// <summary>Waits for its first or next try.</summary>
    Waiting,

    /// <summary>Being tried at this moment.</summary>
    Delivering,

    /// <summary>Waits for an operator to release it.</summary>
    Held,

    /// <summary>A server took responsibility.</summary>
    Delivered,

    /// <summary>Another try would end the same way.</summary>
    Failed,

    /// <summary>Its lifetime ended before anybody took it.</summary>
    Expired,

    /// <summary>An operator gave it up, and the sender is told.</summary>
    Dropped,

    /// <summary>The program or an operator took it back, and nobody is told.</summary>
    Cancelled,
}
