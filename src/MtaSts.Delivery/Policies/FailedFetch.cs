namespace MtaSts.Delivery.Policies;

/// <summary>A fetch that failed, remembered so that it is not tried again too soon. RFC 8461 §3.3.</summary>
internal sealed record FailedFetch(string Id, PolicyFault Fault, DateTimeOffset RetryAt);
