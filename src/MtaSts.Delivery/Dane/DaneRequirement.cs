using System.Text.Json.Serialization;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dane;

/// <summary>What the TLSA records of one MX host demand of a connection with it, besides what a policy does. RFC 7672 §2.2.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Authenticated), "authenticated")]
[JsonDerivedType(typeof(Encrypted), "encrypted")]
[JsonDerivedType(typeof(Unavailable), "unavailable")]
[JsonDerivedType(typeof(Missing), "missing")]
public abstract record DaneRequirement
{
    private DaneRequirement(DomainName baseDomain, IReadOnlyList<TlsaRecord> records, bool isMxAuthenticated) => (BaseDomain, Records, IsMxAuthenticated) = (baseDomain, records, isMxAuthenticated);

    /// <summary>The TLSA base domain: the MX host's name, or the name that it is an alias of. It is sent in SNI. RFC 7672 §2.2.2, §8.1.</summary>
    public DomainName BaseDomain { get; }

    /// <summary>The records as they stood in the answer; empty when there is none.</summary>
    public IReadOnlyList<TlsaRecord> Records { get; }

    /// <summary>Whether DNSSEC vouches for the way from the recipients' domain to this host, too. Where it does not, a connection may be authenticated to the host,
    /// but nothing is proved of the domain. RFC 7672 §2.2.1.</summary>
    public bool IsMxAuthenticated { get; }

    /// <summary>TLS with a certificate that a usable record matches: there is at least one.</summary>
    /// <param name="BaseDomain">The TLSA base domain.</param>
    /// <param name="Records">The records.</param>
    /// <param name="ReferenceNames">The names of which a certificate below a trust anchor (usage 2) must carry one. RFC 7672 §3.2.2.</param>
    /// <param name="IsMxAuthenticated">Whether DNSSEC vouches for the MX records.</param>
    public sealed record Authenticated(DomainName BaseDomain, IReadOnlyList<TlsaRecord> Records, IReadOnlyList<DomainName> ReferenceNames, bool IsMxAuthenticated)
        : DaneRequirement(BaseDomain, Records, IsMxAuthenticated);

    /// <summary>TLS with whatever certificate: there are records, and none can be used. RFC 7672 §2.2.</summary>
    public sealed record Encrypted(DomainName BaseDomain, IReadOnlyList<TlsaRecord> Records, bool IsMxAuthenticated) : DaneRequirement(BaseDomain, Records, IsMxAuthenticated);

    /// <summary>No mail to this host for now: whether it has TLSA records could not be found out. RFC 7672 §2.1.2.</summary>
    /// <param name="BaseDomain">The name whose records were asked for.</param>
    /// <param name="Reason">What happened, for a person.</param>
    /// <param name="IsMxAuthenticated">Whether DNSSEC vouches for the MX records.</param>
    public sealed record Unavailable(DomainName BaseDomain, string Reason, bool IsMxAuthenticated) : DaneRequirement(BaseDomain, [], IsMxAuthenticated);

    /// <summary>No mail to this host: this sender requires DANE for the domain, and the host has no records that can be used. RFC 7672 §2.2.</summary>
    /// <param name="BaseDomain">The host's name.</param>
    /// <param name="Reason">What is missing, for a person.</param>
    /// <param name="IsMxAuthenticated">Whether DNSSEC vouches for the MX records.</param>
    public sealed record Missing(DomainName BaseDomain, string Reason, bool IsMxAuthenticated) : DaneRequirement(BaseDomain, [], IsMxAuthenticated);
}
