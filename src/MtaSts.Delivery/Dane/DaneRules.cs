using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dane;

/// <summary>Which TLSA records can be used, what they demand, and whether a presented chain satisfies them. RFC 7672 §2.2, §3, RFC 7671, RFC 6698 §2.1.</summary>
internal static class DaneRules
{
    private const byte TrustAnchor = 2;
    private const byte EndEntity = 3;
    private const byte Certificate = 0;
    private const byte PublicKey = 1;
    private const byte Full = 0;
    private const byte Sha256 = 1;
    private const byte Sha512 = 2;

    /// <summary>The names below which TLSA records are looked for, in order: the fully expanded one, then the host's own; never one in between. RFC 7672 §2.2.2, §2.2.3.</summary>
    /// <param name="host">The host.</param>
    /// <param name="isAliasSecure">Whether DNSSEC vouches for the host's own CNAME record, though not for all that follows.</param>
    public static IReadOnlyList<DomainName> BaseDomains(DaneHost host, bool isAliasSecure) => host switch
    {
        { IsAuthenticated: true } when host.ExpandedName != host.Name => [host.ExpandedName, host.Name],
        { IsAuthenticated: true } => [host.Name],
        _ => isAliasSecure ? [host.Name] : [],
    };

    /// <summary>What a look-up demands; <see langword="null"/> when DANE does not apply.</summary>
    public static DaneRequirement? Require(DaneLookup lookup, DomainName mxHost, DaneRoute route)
    {
        if (route is { IsRequired: true, IsAuthenticated: false })
        {
            return new DaneRequirement.Missing(mxHost, $"DNSSEC does not vouch for the MX records of {route.NextHop}", IsMxAuthenticated: false);
        }

        return lookup switch
        {
            DaneLookup.Unavailable(var asked, var reason) => new DaneRequirement.Unavailable(asked, reason, route.IsAuthenticated),
            DaneLookup.Found(var name, var records) when records.Any(IsUsable) => new DaneRequirement.Authenticated(name, records, ReferenceNames(name, route), route.IsAuthenticated),
            DaneLookup.Found(var name, _) when route.IsRequired => new DaneRequirement.Missing(name, $"none of the TLSA records of {name} can be used", route.IsAuthenticated),
            DaneLookup.Found(var name, var records) => new DaneRequirement.Encrypted(name, records, route.IsAuthenticated),
            DaneLookup.None(var reason) when route.IsRequired => new DaneRequirement.Missing(mxHost, reason, route.IsAuthenticated),
            _ => null,
        };
    }

    /// <summary>Whether a record can be used with SMTP. RFC 7672 §3.1, RFC 6698 §4.1.</summary>
    /// <remarks>Usages 0 and 1 cannot: which authorities would count nobody can agree on (RFC 7672 §3.1.3). Nor can a digest of a wrong length, or a certificate or key that cannot be read.</remarks>
    public static bool IsUsable(TlsaRecord record) => record is { Usage: TrustAnchor or EndEntity, Selector: Certificate or PublicKey } && record.MatchingType switch
    {
        Full => record.Selector == Certificate ? IsCertificate(record.Association) : IsPublicKey(record.Association),
        Sha256 => record.Association.Length == SHA256.HashSizeInBytes,
        Sha512 => record.Association.Length == SHA512.HashSizeInBytes,
        _ => false,
    };

    /// <summary>The usable records that are compared: for each usage and selector those with the octets themselves, and of the digests only the strongest. RFC 7671 §9.</summary>
    public static IReadOnlyList<TlsaRecord> Strongest(IEnumerable<TlsaRecord> records) =>
        [.. records.Where(IsUsable).GroupBy(record => (record.Usage, record.Selector)).SelectMany(group =>
        {
            byte strongest = group.Max(record => record.MatchingType);
            return group.Where(record => record.MatchingType is Full || record.MatchingType == strongest);
        })];

    /// <summary>Whether a connection that showed this satisfies the records' demand for authentication, at a moment.</summary>
    /// <param name="requirement">The demand.</param>
    /// <param name="chain">What was presented; <see langword="null"/> when nothing was, or it was not kept.</param>
    /// <param name="now">The moment.</param>
    public static DaneVerdict Judge(DaneRequirement.Authenticated requirement, PresentedChain? chain, DateTimeOffset now)
    {
        if (chain is null)
        {
            return new DaneVerdict(null, "no certificate was presented");
        }

        IReadOnlyList<TlsaRecord> records = Strongest(requirement.Records);
        // Names and dates do not count here: the key itself is in DNS. RFC 7672 §3.1.1.
        if (records.FirstOrDefault(record => record.Usage == EndEntity && Matches(record, chain.Leaf)) is { } matching)
        {
            return new DaneVerdict(matching, "");
        }

        TlsaRecord[] anchors = [.. records.Where(record => record.Usage == TrustAnchor)];
        if (anchors.Length == 0)
        {
            return new DaneVerdict(null, $"the certificate matches none of the TLSA records of {requirement.BaseDomain}");
        }

        if (AnchorRules.Anchor(chain, anchors, now) is not { } anchor)
        {
            return new DaneVerdict(null, $"no valid path leads from the certificate to a trust anchor that the TLSA records of {requirement.BaseDomain} name, or the server did not send it");
        }

        return Names(chain.Leaf, requirement.ReferenceNames)
            ? new DaneVerdict(anchor, "")
            : new DaneVerdict(null, $"the certificate leads to a trust anchor of the TLSA records of {requirement.BaseDomain}, but names none of {string.Join(", ", requirement.ReferenceNames)}");
    }

    /// <summary>Whether a record matches a certificate, or its public key. RFC 6698 §2.1.2, §2.1.3.</summary>
    public static bool Matches(TlsaRecord record, PresentedChain.Certified certificate)
    {
        bool ofKey = record.Selector == PublicKey;
        ReadOnlySpan<byte> compared = record.MatchingType == Full
            ? (ofKey ? certificate.Key : certificate.Octets).Span
            : certificate.Digest(ofKey, isSha512: record.MatchingType == Sha512);
        return record.Association.Span.SequenceEqual(compared);
    }

    /// <summary>Whether the certificate carries one of the names; a common name counts only where there is no DNS-ID at all. RFC 7672 §3.2.3.</summary>
    public static bool Names(PresentedChain.Certified leaf, IReadOnlyList<DomainName> references)
    {
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(leaf.Octets.Span);
            return CertificateRules.IdsOrCommonName(certificate).Any(id => references.Any(reference => CertificateRules.DnsIdNames(id, reference)));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>RFC 7672 §3.2.2: the base domain, and the domain that the mail is for, as far as DNSSEC vouches for the way from there to here.</summary>
    private static IReadOnlyList<DomainName> ReferenceNames(DomainName baseDomain, DaneRoute route) =>
        route.IsAuthenticated ? [.. ((DomainName[])[baseDomain, route.NextHop, route.ExpandedNextHop]).Distinct()] : [baseDomain];

    private static bool IsCertificate(ReadOnlyMemory<byte> octets)
    {
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(octets.Span);
            return certificate.RawDataMemory.Span.SequenceEqual(octets.Span);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool IsPublicKey(ReadOnlyMemory<byte> octets)
    {
        try
        {
            AsnReader reader = new(octets, AsnEncodingRules.DER), info = reader.ReadSequence();
            info.ReadSequence().ReadObjectIdentifier();
            info.ReadBitString(out _);
            info.ThrowIfNotEmpty();
            reader.ThrowIfNotEmpty();
            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
