using System.Globalization;
using System.Net;
using MtaSts.Delivery.Testing.Network;
using MtaSts.Delivery.Testing.Zones;

namespace MtaSts.Delivery.Testing;

/// <summary>The DNS of the fake internet: a resolver on loopback, its records and its faults.</summary>
/// <remarks>
/// Unknown names are NXDOMAIN; known names without records of the type are NODATA; both carry a SOA record. CNAMEs are
/// followed as a resolver does. Names are compared without regard to case. Everything may be changed at any time.
/// </remarks>
public sealed partial class FakeDns
{
    private readonly DnsServer _server;
    private readonly Zone _zone;

    internal FakeDns(DnsServer server, Zone zone)
    {
        _server = server;
        _zone = zone;
    }

    /// <summary>Where the resolver listens, over UDP and TCP.</summary>
    public IPEndPoint EndPoint => _server.EndPoint;

    /// <summary>The questions that came, in order of time.</summary>
    public IReadOnlyList<DnsQuery> Queries => _server.Queries;

    /// <summary>Replaces the address records of a name.</summary>
    public FakeDns Address(string name, params IPAddress[] addresses) =>
        Replace(name, IsAddress, addresses.Select(address => DnsRecord.Address(name, address)));

    /// <summary>Adds address records to a name.</summary>
    public FakeDns AddAddress(string name, params IPAddress[] addresses) =>
        Add([.. addresses.Select(address => DnsRecord.Address(name, address))]);

    /// <summary>Replaces the MX records of a name. The exchange <c>.</c> is the null MX.</summary>
    public FakeDns Mx(string name, params (ushort Preference, string Exchange)[] exchanges) =>
        Replace(name, record => record.Type == DnsRecordType.Mx, exchanges.Select(mx => DnsRecord.Mx(name, mx.Preference, mx.Exchange)));

    /// <summary>Adds an MX record to a name.</summary>
    public FakeDns AddMx(string name, ushort preference, string exchange) => Add(DnsRecord.Mx(name, preference, exchange));

    /// <summary>Replaces the TXT records of a name by one record of several strings.</summary>
    public FakeDns Txt(string name, params string[] strings) => Replace(name, IsTxt, [DnsRecord.Txt(name, strings)]);

    /// <summary>Replaces the TXT records of a name by some of one string each, at once.</summary>
    internal FakeDns ReplaceTxt(string name, IEnumerable<string> texts) => Replace(name, IsTxt, texts.Select(text => DnsRecord.Txt(name, text)));

    /// <summary>Replaces the TXT records of a name by one record of several strings, octet by octet.</summary>
    public FakeDns TxtBytes(string name, params byte[][] strings) => Replace(name, IsTxt, [DnsRecord.TxtBytes(name, strings)]);

    /// <summary>Adds a TXT record of several strings to a name.</summary>
    public FakeDns AddTxt(string name, params string[] strings) => Add(DnsRecord.Txt(name, strings));

    /// <summary>Adds a TLSA record for a host: at <c>_25._tcp.host</c> unless another port is given. RFC 6698 §3.</summary>
    /// <remarks>It counts only where DNSSEC vouches for it (<see cref="SignedZone"/>). <see cref="FakeMxHost.Tlsa"/> makes one that matches.</remarks>
    public FakeDns AddTlsa(string host, byte usage, byte selector, byte matchingType, ReadOnlyMemory<byte> association, int port = 25) =>
        Add(DnsRecord.Tlsa(string.Create(CultureInfo.InvariantCulture, $"_{port}._tcp.{host}"), usage, selector, matchingType, association));

    /// <summary>Makes a name an alias; whatever else it had is gone.</summary>
    public FakeDns Cname(string name, string target) => Replace(name, _ => true, [DnsRecord.Cname(name, target)]);

    /// <summary>Adds records of any type.</summary>
    public FakeDns Add(params DnsRecord[] records)
    {
        _zone.Add(records);
        return this;
    }

    /// <summary>Removes the records of a name, of one type or all.</summary>
    public FakeDns Remove(string name, DnsRecordType? type = null)
    {
        _zone.Remove(name, record => type is null || record.Type == type);
        return this;
    }

    /// <summary>How long the records of a name and type may be cached. 300 seconds unless set.</summary>
    public FakeDns Ttl(string name, DnsRecordType type, TimeSpan ttl)
    {
        _zone.SetTtl(name, type, ttl);
        return this;
    }

    /// <summary>How long it may be cached that a name, or any name under it, has no record. 300 seconds unless set. RFC 2308 §5.</summary>
    public FakeDns NegativeTtl(string name, TimeSpan ttl)
    {
        _zone.SetNegativeTtl(name, ttl);
        return this;
    }

    internal IReadOnlyList<DnsRecord> RecordsOf(string name) => _zone.RecordsOf(name);

    /// <summary>All names that MX records name; a null MX names none.</summary>
    internal IReadOnlyList<string> MxExchanges() => _zone.MxExchanges();

    /// <summary>The addresses that a name leads to, aliases followed.</summary>
    internal IEnumerable<IPAddress> AddressesOf(string name) =>
        ((DnsRecordType[])[DnsRecordType.A, DnsRecordType.Aaaa])
            .SelectMany(type => _zone.Resolve(new DnsQuestion(HostNames.Fold(name), type, DnsTransport.Udp), null).Records)
            .Where(IsAddress)
            .Select(record => new IPAddress(record.Content.Span));

    internal static bool IsAddress(DnsRecord record) => record.Type is DnsRecordType.A or DnsRecordType.Aaaa;

    private static bool IsTxt(DnsRecord record) => record.Type == DnsRecordType.Txt;

    private FakeDns Replace(string name, Func<DnsRecord, bool> replaced, IEnumerable<DnsRecord> added)
    {
        _zone.Replace(name, replaced, added);
        return this;
    }
}
