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
}
