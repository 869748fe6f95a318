using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dane;

/// <summary>What DNS said about the TLSA records of one host. RFC 7672 §2.2.</summary>
internal abstract record DaneLookup
{
    private DaneLookup()
    {
    }

    /// <summary>DNSSEC vouches for these records; at least one.</summary>
    /// <param name="BaseDomain">The name below which they were found.</param>
    /// <param name="Records">The records.</param>
    public sealed record Found(DomainName BaseDomain, IReadOnlyList<TlsaRecord> Records) : DaneLookup;

    /// <summary>There are none that DNSSEC vouches for, so DANE does not apply.</summary>
    /// <param name="Reason">Why, for a person.</param>
    public sealed record None(string Reason) : DaneLookup;

    /// <summary>It could not be found out.</summary>
    /// <param name="BaseDomain">The name below which they were asked for.</param>
    /// <param name="Reason">What happened, for a person.</param>
    public sealed record Unavailable(DomainName BaseDomain, string Reason) : DaneLookup;
}
