using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>A DNS whose answers are made beforehand, so that none of its work counts.</summary>
internal sealed class KnownAnswers : IDnsResolver
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly Task<DnsAnswer<TxtRecord>> NoText = Task.FromResult<DnsAnswer<TxtRecord>>(new DnsAnswer<TxtRecord>.NoRecords(true, Hour));

    private readonly Dictionary<DomainName, Task<DnsAnswer<MxRecord>>> _mx = [];
    private readonly Dictionary<DomainName, Task<DnsAnswer<TxtRecord>>> _txt = [];
    private readonly Dictionary<DomainName, Task<DnsAnswer<IPAddress>>> _addresses = [];

    /// <summary>A domain, its MX hosts in their order, and whether there is a record of a policy with the id 1.</summary>
    public void Add(DomainName domain, bool hasPolicy, params string[] mx)
    {
        _mx[domain] = Task.FromResult<DnsAnswer<MxRecord>>(new DnsAnswer<MxRecord>.Found([.. mx.Select((host, i) => new MxRecord(10 * (i + 1), host))], Hour, domain, false));
        if (hasPolicy)
        {
            DomainName owner = domain.Prepend("_mta-sts")!;
            _txt[owner] = Task.FromResult<DnsAnswer<TxtRecord>>(new DnsAnswer<TxtRecord>.Found([new TxtRecord("v=STSv1; id=1;")], Hour, owner, false));
        }
    }

    /// <summary>A host's one address.</summary>
    public void Add(string host, IPAddress address)
    {
        var name = DomainName.Parse(host);
        _addresses[name] = Task.FromResult<DnsAnswer<IPAddress>>(new DnsAnswer<IPAddress>.Found([address], Hour, name, false));
    }

    public Task<DnsAnswer<MxRecord>> LookUpMxAsync(DomainName name, CancellationToken cancellationToken) => _mx[name];

    public Task<DnsAnswer<TxtRecord>> LookUpTxtAsync(DomainName name, CancellationToken cancellationToken) => _txt.GetValueOrDefault(name, NoText);

    public Task<DnsAnswer<IPAddress>> LookUpAddressesAsync(DomainName name, AddressFamily family, CancellationToken cancellationToken) => _addresses[name];
}
