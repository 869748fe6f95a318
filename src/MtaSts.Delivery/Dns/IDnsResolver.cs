using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dns;

/// <summary>Looks names up. Implementations follow CNAME chains, never throw for what DNS says, and are used from several threads.</summary>
/// <remarks>The only exception that may leave is <see cref="OperationCanceledException"/>, and only when the caller's token was cancelled.</remarks>
public interface IDnsResolver
{
    /// <summary>Looks up the MX records of a domain.</summary>
    Task<DnsAnswer<MxRecord>> LookUpMxAsync(DomainName name, CancellationToken cancellationToken);

    /// <summary>Looks up the TXT records of a name.</summary>
    Task<DnsAnswer<TxtRecord>> LookUpTxtAsync(DomainName name, CancellationToken cancellationToken);

    /// <summary>Looks up the addresses of one family: A for <see cref="AddressFamily.InterNetwork"/>, AAAA for <see cref="AddressFamily.InterNetworkV6"/>.</summary>
    Task<DnsAnswer<IPAddress>> LookUpAddressesAsync(DomainName name, AddressFamily family, CancellationToken cancellationToken);

    /// <summary>Looks up the TLSA records of a name such as <c>_25._tcp.mx1.example.com</c>; only asked when DANE is on. RFC 6698 §3.</summary>
    /// <remarks>A resolver that does not look these up has no answer, so hosts whose addresses it calls authenticated get no mail while DANE is on: not knowing never weakens (RFC 7672 §2.1.2).</remarks>
    Task<DnsAnswer<TlsaRecord>> LookUpTlsaAsync(DomainName name, CancellationToken cancellationToken) =>
        Task.FromResult<DnsAnswer<TlsaRecord>>(new DnsAnswer<TlsaRecord>.Unavailable("this resolver does not look up TLSA records"));

    /// <summary>Looks up the CNAME record of a name itself, not what it leads to; only asked when DANE is on. RFC 7672 §2.2.2.</summary>
    Task<DnsAnswer<DomainName>> LookUpAliasAsync(DomainName name, CancellationToken cancellationToken) =>
        Task.FromResult<DnsAnswer<DomainName>>(new DnsAnswer<DomainName>.Unavailable("this resolver does not look up CNAME records"));
}
