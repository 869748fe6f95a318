namespace MtaSts.Delivery.Benchmarks.Stress;

/// <summary>What the library said of one message.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Result">Its result.</param>
/// <param name="IsCancelled">Whether the caller cancelled before it was delivered to all.</param>
internal sealed record StressMessage(long Id, DeliveryResult Result, bool IsCancelled);
