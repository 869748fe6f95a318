using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>Looks up where a domain wants its TLS reports. RFC 8460 §3.</summary>
/// <param name="dns">Looks names up.</param>
public sealed class TlsRptResolver(IDnsResolver dns)
{
    /// <summary>Asks for <c>_smtp._tls</c> at exactly this domain; a parent's record is none of its own.</summary>
    /// <param name="policyDomain">The domain that was reported on.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public async Task<TlsRptLookup> LookUpAsync(DomainName policyDomain, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policyDomain);
        if (policyDomain.Prepend("_smtp._tls") is not { } name)
        {
            return new TlsRptLookup.None();
        }

        return await dns.LookUpTxtAsync(name, cancellationToken).ConfigureAwait(false) switch
        {
            DnsAnswer<TxtRecord>.Found { Records: var records } => TlsRptRules.Select([.. records.Select(record => record.Text)]),
            DnsAnswer<TxtRecord>.Unavailable unavailable => new TlsRptLookup.Unavailable(unavailable.Reason),
            _ => new TlsRptLookup.None(),
        };
    }
}
