namespace MtaSts.Delivery.Queue;

/// <summary>Which mail goes first when more is due than can go at once.</summary>
public enum QueuePriority
{
    /// <summary>After all other: newsletters.</summary>
    Bulk,

    /// <summary>What nobody waits for in front of a screen.</summary>
    Normal,

    /// <summary>Before all other: codes for signing in.</summary>
    Urgent,
}
