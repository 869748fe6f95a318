namespace MtaSts.Delivery.Queue;

/// <summary>The queue's store cannot do what it was asked; the message says why, and what to do. What was acknowledged before is safe.</summary>
public sealed class QueueException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which store, what happened, what to do.</param>
    /// <param name="innerException">The cause.</param>
    public QueueException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
