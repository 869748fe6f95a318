namespace MtaSts.Delivery;

/// <summary>The caller cancelled a delivery under way; the result says what had happened by then.</summary>
/// <remarks>Recipients whose message was accepted before stand as delivered, the others as deferred, and those whose server had been sent
/// the whole message without an answer are marked "may have been delivered".</remarks>
public sealed class DeliveryCanceledException : OperationCanceledException
{
    /// <summary>Creates the exception.</summary>
    public DeliveryCanceledException(DeliveryResult result, CancellationToken cancellationToken)
        : base("The delivery was cancelled; Result says what had happened by then.", cancellationToken) => Result = result;

    /// <summary>An outcome for each recipient, as known at the moment of cancellation.</summary>
    public DeliveryResult Result { get; }
}
