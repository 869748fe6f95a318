using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>Shows a single address of a policy host, so that each is asked by itself through the fetch of the library, guards and all.</summary>
internal sealed class OneAddressResolver(IDnsResolver dns, DomainName host, IPAddress address) : IDnsResolver
{
    public Task<DnsAnswer<MxRecord>> LookUpMxAsync(DomainName name, CancellationToken cancellationToken) => dns.LookUpMxAsync(name, cancellationToken);

    public Task<DnsAnswer<TxtRecord>> LookUpTxtAsync(DomainName name, CancellationToken cancellationToken) => dns.LookUpTxtAsync(name, cancellationToken);

    public Task<DnsAnswer<TlsaRecord>> LookUpTlsaAsync(DomainName name, CancellationToken cancellationToken) => dns.LookUpTlsaAsync(name, cancellationToken);

    public Task<DnsAnswer<DomainName>> LookUpAliasAsync(DomainName name, CancellationToken cancellationToken) => dns.LookUpAliasAsync(name, cancellationToken);

    public Task<DnsAnswer<IPAddress>> LookUpAddressesAsync(DomainName name, AddressFamily family, CancellationToken cancellationToken) =>
        name != host ? dns.LookUpAddressesAsync(name, family, cancellationToken)
        : Task.FromResult<DnsAnswer<IPAddress>>(family == address.AddressFamily
            ? new DnsAnswer<IPAddress>.Found([address], TimeSpan.Zero, host, IsAuthenticated: false)
            : new DnsAnswer<IPAddress>.NoRecords(NameExists: true, TimeSpan.Zero));
}
