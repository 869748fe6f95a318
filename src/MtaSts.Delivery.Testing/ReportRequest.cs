namespace MtaSts.Delivery.Testing;

/// <summary>A request that reached a host for TLS reports.</summary>
/// <param name="Method">The method, such as <c>POST</c>.</param>
/// <param name="Target">The request target, with its query.</param>
/// <param name="Headers">The header fields; names are compared without regard to case, repeated fields are joined by commas.</param>
/// <param name="Body">The body, octet by octet.</param>
/// <param name="Time">When, by the fake clock.</param>
public sealed record ReportRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body, DateTimeOffset Time);
