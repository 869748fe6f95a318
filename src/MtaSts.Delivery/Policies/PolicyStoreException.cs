namespace MtaSts.Delivery.Policies;

/// <summary>A policy store could not do what it was asked.</summary>
/// <param name="message">Which store, what is wrong with it, and what to do.</param>
/// <param name="innerException">What lies behind it, if anything.</param>
public sealed class PolicyStoreException(string message, Exception? innerException = null) : IOException(message, innerException);
