namespace MtaSts.Delivery.Testing;

/// <summary>A request that reached a policy host.</summary>
/// <param name="Method">The method, such as <c>GET</c>.</param>
/// <param name="Target">The request target, such as <c>/.well-known/mta-sts.txt</c>.</param>
/// <param name="Headers">The header fields; names are compared without regard to case, repeated fields are joined by commas.</param>
/// <param name="Sni">The server name in the ClientHello, if there was one.</param>
/// <param name="Time">When, by the fake clock.</param>
public sealed record PolicyRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string? Sni, DateTimeOffset Time);
