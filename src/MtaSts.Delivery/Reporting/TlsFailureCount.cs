namespace MtaSts.Delivery.Reporting;

/// <summary>How many sessions failed in one way.</summary>
/// <param name="Failure">The way.</param>
/// <param name="Sessions">How many; 1 or more.</param>
public readonly record struct TlsFailureCount(TlsFailureDetail Failure, long Sessions);
