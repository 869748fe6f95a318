using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dns;

/// <summary>What DNS said about one name and type; "no such record" and "could not find out" are told apart.</summary>
/// <typeparam name="T">The record: <see cref="MxRecord"/>, <see cref="TxtRecord"/>, <see cref="TlsaRecord"/>, an IP address, or the name that an alias leads to.</typeparam>
public abstract record DnsAnswer<T>
{
    private DnsAnswer()
    {
    }

    /// <summary>There are records.</summary>
    /// <param name="Records">At least one, in the order of the answer.</param>
    /// <param name="TimeToLive">The lowest TTL along the answer, CNAME records included.</param>
    /// <param name="CanonicalName">The name that owns the records: the question's name, or where its CNAME chain ends.</param>
    /// <param name="IsAuthenticated">Whether DNSSEC has validated all of it, CNAME records included, by the word of a resolver that counts (RFC 4035 §3.2.3; see <see cref="DnsOptions.TrustedResolvers"/>).</param>
    public sealed record Found(IReadOnlyList<T> Records, TimeSpan TimeToLive, DomainName CanonicalName, bool IsAuthenticated) : DnsAnswer<T>;

    /// <summary>There is certainly no such record: NXDOMAIN or NODATA. RFC 2308 §2.</summary>
    /// <param name="NameExists"><see langword="false"/> for NXDOMAIN.</param>
    /// <param name="TimeToLive">How long this may be remembered; zero when the answer had no SOA record. RFC 2308 §5.</param>
    public sealed record NoRecords(bool NameExists, TimeSpan TimeToLive) : DnsAnswer<T>
    {
        /// <summary>Whether DNSSEC has proved that there is none, by the word of a resolver that counts.</summary>
        public bool IsAuthenticated { get; init; }
    }

    /// <summary>The look-up failed: SERVFAIL, REFUSED, no answer in time, or an answer that cannot be right.</summary>
    /// <param name="Reason">What happened, for a person: for example <c>SERVFAIL</c> or <c>no answer within 5 s</c>.</param>
    public sealed record Unavailable(string Reason) : DnsAnswer<T>;
}
