using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>Asks each question once and remembers the answer, so that a check reports on the very answers that the sender's code decided by.</summary>
/// <param name="dns">Who is asked.</param>
internal sealed class RecordingResolver(IDnsResolver dns) : IDnsResolver
{
    private readonly ConcurrentDictionary<DomainName, Lazy<Task<DnsAnswer<MxRecord>>>> _mx = new();
    private readonly ConcurrentDictionary<DomainName, Lazy<Task<DnsAnswer<TxtRecord>>>> _txt = new();
    private readonly ConcurrentDictionary<(DomainName, AddressFamily), Lazy<Task<DnsAnswer<IPAddress>>>> _addresses = new();
    private readonly ConcurrentDictionary<DomainName, Lazy<Task<DnsAnswer<TlsaRecord>>>> _tlsa = new();
    private readonly ConcurrentDictionary<DomainName, Lazy<Task<DnsAnswer<DomainName>>>> _aliases = new();

    public Task<DnsAnswer<MxRecord>> LookUpMxAsync(DomainName name, CancellationToken cancellationToken) =>
        _mx.GetOrAdd(name, asked => new(() => dns.LookUpMxAsync(asked, CancellationToken.None))).Value.WaitAsync(cancellationToken);

    public Task<DnsAnswer<TxtRecord>> LookUpTxtAsync(DomainName name, CancellationToken cancellationToken) =>
        _txt.GetOrAdd(name, asked => new(() => dns.LookUpTxtAsync(asked, CancellationToken.None))).Value.WaitAsync(cancellationToken);

    public Task<DnsAnswer<TlsaRecord>> LookUpTlsaAsync(DomainName name, CancellationToken cancellationToken) =>
        _tlsa.GetOrAdd(name, asked => new(() => dns.LookUpTlsaAsync(asked, CancellationToken.None))).Value.WaitAsync(cancellationToken);

    public Task<DnsAnswer<DomainName>> LookUpAliasAsync(DomainName name, CancellationToken cancellationToken) =>
        _aliases.GetOrAdd(name, asked => new(() => dns.LookUpAliasAsync(asked, CancellationToken.None))).Value.WaitAsync(cancellationToken);

    public Task<DnsAnswer<IPAddress>> LookUpAddressesAsync(DomainName name, AddressFamily family, CancellationToken cancellationToken) =>
        _addresses.GetOrAdd((name, family), asked => new(() => dns.LookUpAddressesAsync(asked.Item1, asked.Item2, CancellationToken.None))).Value.WaitAsync(cancellationToken);
}
