using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Routing;

/// <summary>A host that takes mail instead of the recipient domain's MX hosts.</summary>
/// <param name="Host">Its name; also the policy domain. RFC 8461 §3.4.</param>
/// <param name="Port">Its port.</param>
/// <param name="UseMx">Whether the MX records of <paramref name="Host"/> are used rather than the host itself.</param>
public sealed record SmartHost(DomainName Host, int Port = 25, bool UseMx = false);
