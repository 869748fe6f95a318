using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dane;

/// <summary>Finds the TLSA records that count for an MX host. RFC 7672 §2.2.2, §2.2.3.</summary>
internal sealed class DaneResolver(IDnsResolver dns)
{
    /// <summary>Looks the records up, below the host's own name and the name that it is an alias of, as far as DNSSEC vouches for either.</summary>
    /// <remarks>Nothing is asked where the addresses are not authenticated: some servers of unsigned zones never answer questions for TLSA records. RFC 7672 §2.2.2.</remarks>
    public async Task<DaneLookup> LookUpAsync(DaneHost host, CancellationToken cancellationToken)
    {
        bool isAliasSecure = false;
        if (!host.IsAuthenticated)
        {
            if (host.ExpandedName == host.Name)
            {
                return new DaneLookup.None($"DNSSEC does not vouch for the addresses of {host.Name}");
            }

            // The first step may lie in a signed zone though a later one does not.
            switch (await dns.LookUpAliasAsync(host.Name, cancellationToken).ConfigureAwait(false))
            {
                case DnsAnswer<DomainName>.Unavailable unavailable:
                    return new DaneLookup.Unavailable(host.Name, $"the CNAME look-up for {host.Name} failed: {unavailable.Reason}");
                case DnsAnswer<DomainName>.Found { IsAuthenticated: true }:
                    isAliasSecure = true;
                    break;
            }
        }

        string reason = $"DNSSEC does not vouch for the alias {host.Name}";
        foreach (DomainName candidate in DaneRules.BaseDomains(host, isAliasSecure))
        {
            if (candidate.Prepend(FormattableString.Invariant($"_{host.Port}._tcp")) is not { } owner)
            {
                reason = $"{candidate} is too long to have TLSA records";
                continue;
            }

            switch (await dns.LookUpTlsaAsync(owner, cancellationToken).ConfigureAwait(false))
            {
                case DnsAnswer<TlsaRecord>.Found { IsAuthenticated: true } found:
                    return new DaneLookup.Found(candidate, found.Records);
                case DnsAnswer<TlsaRecord>.Found:
                    reason = $"DNSSEC does not vouch for the TLSA records at {owner}";
                    break;
                case DnsAnswer<TlsaRecord>.NoRecords:
                    reason = $"there are no TLSA records at {owner}";
                    break;
                case DnsAnswer<TlsaRecord>.Unavailable unavailable:
                    return new DaneLookup.Unavailable(candidate, $"the TLSA look-up for {owner} failed: {unavailable.Reason}");
            }
        }

        return new DaneLookup.None(reason);
    }
}
