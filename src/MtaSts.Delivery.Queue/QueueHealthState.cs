namespace MtaSts.Delivery.Queue;

/// <summary>How well the queue does its work.</summary>
public enum QueueHealthState
{
    /// <summary>Mail is taken and delivered.</summary>
    Healthy,

    /// <summary>Mail is taken, but something holds up its delivery.</summary>
    Degraded,

    /// <summary>The store cannot be used: no mail is taken or delivered; what was taken is safe.</summary>
    Unhealthy,
}
