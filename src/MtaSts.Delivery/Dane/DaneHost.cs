using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dane;

/// <summary>What the look-up of an MX host's addresses said about it. RFC 7672 §2.2.2.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Port">The port that is connected to.</param>
/// <param name="ExpandedName">The name that owns the addresses: another one when the host is an alias.</param>
/// <param name="IsAuthenticated">Whether DNSSEC vouches for the addresses and every alias on the way to them.</param>
internal sealed record DaneHost(DomainName Name, int Port, DomainName ExpandedName, bool IsAuthenticated);
