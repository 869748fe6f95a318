namespace MtaSts.Delivery.Testing;

/// <summary>A store does not keep its contract.</summary>
/// <param name="message">What was expected of it.</param>
public sealed class StoreContractException(string message) : Exception(message);
