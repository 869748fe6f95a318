using System.Net;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>All that a check of one domain saw; what to make of it is left to the rules.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Plan">What the sender's code would do with mail for it.</param>
/// <param name="Connected">Whether MX hosts were connected to.</param>
/// <param name="Record">The TXT answer for <c>_mta-sts</c>; <see langword="null"/> when the name is too long to ask.</param>
/// <param name="MisplacedAt">The names beside <c>_mta-sts</c> where a record that begins with <c>v=STSv1</c> stands.</param>
/// <param name="IsWildcard">Whether a name that nobody made answers with an MTA-STS record, too.</param>
/// <param name="Fetches">What each address of the policy host served; the address is <see langword="null"/> when there was none to ask.</param>
/// <param name="PolicyHostAlias">Where the policy host's name leads; <see langword="null"/> unless it is an alias.</param>
/// <param name="Mx">The MX answer.</param>
/// <param name="MxAliases">Where the MX hosts that are aliases lead.</param>
/// <param name="UnsignedTlsa">The MX hosts that have TLSA records for which DNSSEC does not vouch; looked for with DANE only.</param>
/// <param name="TlsRecord">The TXT answer for <c>_smtp._tls</c>; <see langword="null"/> when the name is too long to ask.</param>
/// <param name="Now">When it was.</param>
internal sealed record Evidence(
    DomainName Domain,
    DeliveryPlan Plan,
    bool Connected,
    DnsAnswer<TxtRecord>? Record,
    IReadOnlyList<DomainName> MisplacedAt,
    bool IsWildcard,
    IReadOnlyList<(IPAddress? Address, PolicyProbe Probe)> Fetches,
    DomainName? PolicyHostAlias,
    DnsAnswer<MxRecord> Mx,
    IReadOnlyDictionary<string, DomainName> MxAliases,
    IReadOnlySet<string> UnsignedTlsa,
    DnsAnswer<TxtRecord>? TlsRecord,
    DateTimeOffset Now)
{
    /// <summary>What the sender's reader makes of the record.</summary>
    public RecordReading? Reading { get; } = Record is DnsAnswer<TxtRecord>.Found found ? RecordReading.Of([.. found.Records.Select(record => record.Text)])
        : Record is DnsAnswer<TxtRecord>.NoRecords ? RecordReading.Of([])
        : null;

    /// <summary>The policy that is served, whether or not a record announces it.</summary>
    public StsPolicy? Served => Plan.Policy.Policy ?? Fetches.Select(fetch => fetch.Probe.Policy).FirstOrDefault(policy => policy is not null);
}
