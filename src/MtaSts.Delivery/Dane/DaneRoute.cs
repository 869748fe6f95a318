using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dane;

/// <summary>What DANE must know of the way to an MX host. RFC 7672 §2.2.1, §3.2.2.</summary>
/// <param name="NextHop">The domain whose MX records were looked up, or the smart host.</param>
/// <param name="ExpandedNextHop">The name that it is an alias of, or itself.</param>
/// <param name="IsAuthenticated">Whether DNSSEC vouches for its MX records, or for there being none.</param>
/// <param name="IsRequired">Whether this sender requires DANE for the domain.</param>
internal sealed record DaneRoute(DomainName NextHop, DomainName ExpandedNextHop, bool IsAuthenticated, bool IsRequired);
