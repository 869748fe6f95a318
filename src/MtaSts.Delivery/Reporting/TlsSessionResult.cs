namespace MtaSts.Delivery.Reporting;

/// <summary>What one session showed, measured by the domain's policy. RFC 8460 §4.2.</summary>
/// <param name="Time">When; its UTC day is the day that it counts for.</param>
/// <param name="Policy">The policy.</param>
/// <param name="IsSuccess">Whether the session met the policy; it counts once, however many details it has.</param>
/// <param name="Details">What failed. A session that met a cached policy may have one, too: the fetch that failed. RFC 8461 §6.</param>
public readonly record struct TlsSessionResult(DateTimeOffset Time, TlsPolicyKey Policy, bool IsSuccess, IReadOnlyList<TlsFailureDetail> Details);
