namespace MtaSts.Delivery.Reporting;

/// <summary>How many sessions met a policy and how many did not. RFC 8460 §4.2.</summary>
/// <param name="Successful">Sessions that met it; 0 or more.</param>
/// <param name="Failed">Sessions that did not, delivered or not; 0 or more.</param>
public readonly record struct TlsSessionCounts(long Successful, long Failed)
{
    /// <summary>Both together.</summary>
    public TlsSessionCounts Plus(TlsSessionCounts other) => new(Sum(Successful, other.Successful), Sum(Failed, other.Failed));

    internal static long Sum(long one, long other) => one > long.MaxValue - other ? long.MaxValue : one + other;
}
