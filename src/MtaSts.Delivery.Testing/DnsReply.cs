using System.Net;

namespace MtaSts.Delivery.Testing;

/// <summary>What the fake DNS answers to one question.</summary>
public sealed record DnsReply
{
    private DnsReply()
    {
    }

    /// <summary>The RCODE.</summary>
    public DnsResponseCode ResponseCode { get; init; }

    /// <summary>The answer section.</summary>
    public IReadOnlyList<DnsRecord> Records { get; init; } = [];

    /// <summary>The AD bit: the resolver claims that DNSSEC validated the answer.</summary>
    public bool IsAuthenticated { get; init; }

    /// <summary>The TC bit: there is more, ask over TCP.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>The minimum of the SOA record that goes with a reply without records; the zone's value when null.</summary>
    public TimeSpan? NegativeTtl { get; init; }

    /// <summary>NXDOMAIN: there is no such name.</summary>
    public static DnsReply NxDomain { get; } = new() { ResponseCode = DnsResponseCode.NameError };

    /// <summary>The name exists, but has no record of this type.</summary>
    public static DnsReply NoData { get; } = new();

    /// <summary>SERVFAIL.</summary>
    public static DnsReply ServFail { get; } = new() { ResponseCode = DnsResponseCode.ServerFailure };

    /// <summary>REFUSED.</summary>
    public static DnsReply Refused { get; } = new() { ResponseCode = DnsResponseCode.Refused };

    /// <summary>These records, whoever owns them.</summary>
    public static DnsReply Of(params DnsRecord[] records) => new() { Records = records };

    /// <summary>Address records for a name.</summary>
    public static DnsReply Address(string name, params IPAddress[] addresses) =>
        Of([.. addresses.Select(address => DnsRecord.Address(name, address))]);

    /// <summary>One TXT record for a name.</summary>
    public static DnsReply Txt(string name, params string[] strings) => Of(DnsRecord.Txt(name, strings));

    /// <summary>MX records for a name.</summary>
    public static DnsReply Mx(string name, params (ushort Preference, string Exchange)[] exchanges) =>
        Of([.. exchanges.Select(mx => DnsRecord.Mx(name, mx.Preference, mx.Exchange))]);
}
