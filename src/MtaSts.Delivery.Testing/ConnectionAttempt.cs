using System.Net;

namespace MtaSts.Delivery.Testing;

/// <summary>Somebody asked the endpoint map for the way to an endpoint, which a sender does before each connection; or came without asking, where hosts listen at their own addresses.</summary>
/// <param name="EndPoint">The endpoint as the fake DNS names it, such as 192.0.2.7:25.</param>
/// <param name="Time">When, by the fake clock.</param>
public sealed record ConnectionAttempt(IPEndPoint EndPoint, DateTimeOffset Time);
