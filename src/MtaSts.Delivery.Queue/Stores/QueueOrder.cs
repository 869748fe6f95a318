namespace MtaSts.Delivery.Queue.Stores;

/// <summary>What an operator, or the program, wants done with queued mail.</summary>
public enum QueueOrder
{
    /// <summary>Try waiting mail at once.</summary>
    Retry,

    /// <summary>Do not try it until it is released.</summary>
    Hold,

    /// <summary>Let held mail go on.</summary>
    Release,

    /// <summary>Give it up and tell nobody.</summary>
    Cancel,

    /// <summary>Give it up and tell its sender.</summary>
    Drop,
}
