using System.Collections.Immutable;
using System.Net;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing;

/// <summary>Describes a certificate. Each method returns a changed copy, so that <c>c => c.Expired()</c> says it all.</summary>
/// <remarks>
/// Without further words: subject alternative name and common name are the host, issued by the trusted root, for server
/// authentication, ECDSA P-256, valid from yesterday for ten years (by the fake clock).
/// </remarks>
public sealed record CertificateSpec
{
    private CertificateSpec(string host)
    {
        SubjectName = host;
        DnsNames = [host];
    }

    /// <summary>The DNS names of the subject alternative name, in order and exactly as they will be written.</summary>
    public ImmutableArray<string> DnsNames { get; private init; }

    /// <summary>The IP addresses of the subject alternative name.</summary>
    public ImmutableArray<IPAddress> IpAddresses { get; private init; } = [];

    /// <summary>The common name of the subject; empty for none.</summary>
    public string SubjectName { get; private init; }

    internal CertificateIssuer Issuer { get; private init; }

    internal CertificateDates Dates { get; private init; }

    internal CertificateUse Use { get; private init; }

    internal DateTimeOffset? NotBefore { get; private init; }

    internal DateTimeOffset? NotAfter { get; private init; }

    internal bool IsRsa { get; private init; }

    internal bool HasMalformedSan { get; private init; }

    internal string? IssuerUri { get; private init; }

    internal string? RevocationUri { get; private init; }

    /// <summary>A good certificate for a host.</summary>
    public static CertificateSpec For(string host) => new(HostNames.Canonical(host));

    /// <summary>The DNS names of the subject alternative name, whatever they look like (<c>*.example.test</c>, <c>mx*.test</c>, a dot at the end).</summary>
    /// <exception cref="ArgumentException">A name is not ASCII, which the extension cannot hold (RFC 5280 §4.2.1.6).</exception>
    public CertificateSpec Names(params string[] dnsNames)
    {
        ArgumentNullException.ThrowIfNull(dnsNames);
        return this with { DnsNames = [.. dnsNames.Select(name => HostNames.Ascii(name))] };
    }

    /// <summary>The common name of the subject. The subject alternative name stays.</summary>
    public CertificateSpec CommonName(string commonName) => this with { SubjectName = commonName };

    /// <summary>No subject alternative name at all; only the common name names the host.</summary>
    public CertificateSpec CommonNameOnly() => this with { DnsNames = [], IpAddresses = [] };

    /// <summary>The subject alternative name holds this address and no DNS name. Call <see cref="Names"/> afterwards to have both.</summary>
    public CertificateSpec IpAddress(IPAddress address) => this with { DnsNames = [], IpAddresses = [.. IpAddresses, address] };

    /// <summary>Ended yesterday.</summary>
    public CertificateSpec Expired() => this with { Dates = CertificateDates.Past };

    /// <summary>Begins tomorrow.</summary>
    public CertificateSpec NotYetValid() => this with { Dates = CertificateDates.Future };

    /// <summary>Begins at this moment.</summary>
    public CertificateSpec ValidFrom(DateTimeOffset moment) => this with { NotBefore = moment };

    /// <summary>Ends at this moment.</summary>
    public CertificateSpec ValidTo(DateTimeOffset moment) => this with { NotAfter = moment };

    /// <summary>Signed with its own key.</summary>
    public CertificateSpec SelfSigned() => this with { Issuer = CertificateIssuer.Itself };

    /// <summary>Issued by an authority that nobody trusts.</summary>
    public CertificateSpec UntrustedAuthority() => this with { Issuer = CertificateIssuer.Untrusted };

    /// <summary>Issued by an intermediate authority, whose certificate the server sends along.</summary>
    public CertificateSpec WithIntermediate() => this with { Issuer = CertificateIssuer.Intermediate };

    /// <summary>Issued by an intermediate authority, whose certificate the server forgets to send.</summary>
    public CertificateSpec WithoutIntermediate() => this with { Issuer = CertificateIssuer.MissingIntermediate };

    /// <summary>Issued by an intermediate authority whose own certificate has expired.</summary>
    public CertificateSpec ExpiredIntermediate() => this with { Issuer = CertificateIssuer.ExpiredIntermediate };

    /// <summary>Extended key usage: client authentication and nothing else.</summary>
    public CertificateSpec ClientAuthOnly() => this with { Use = CertificateUse.ClientAuthentication };

    /// <summary>No extended key usage, which allows every use.</summary>
    public CertificateSpec NoExtendedKeyUsage() => this with { Use = CertificateUse.Any };

    /// <summary>An RSA key of 2048 bits.</summary>
    public CertificateSpec Rsa() => this with { IsRsa = true };

    /// <summary>Says where the issuer's certificate can be downloaded. A careful sender does not.</summary>
    /// <exception cref="ArgumentException">The URI is not ASCII.</exception>
    public CertificateSpec AuthorityInformationAccess(string uri) => this with { IssuerUri = HostNames.Ascii(uri) };

    /// <summary>Says where the revocation list can be downloaded.</summary>
    /// <exception cref="ArgumentException">The URI is not ASCII.</exception>
    public CertificateSpec CrlDistributionPoint(string uri) => this with { RevocationUri = HostNames.Ascii(uri) };

    /// <summary>A subject alternative name that is not valid DER.</summary>
    public CertificateSpec MalformedSan() => this with { HasMalformedSan = true };

    /// <summary>Whether both describe the same certificate, each name and address in the same place.</summary>
    public bool Equals(CertificateSpec? other) =>
        other is not null
        && (SubjectName, Issuer, Dates, Use, NotBefore, NotAfter) == (other.SubjectName, other.Issuer, other.Dates, other.Use, other.NotBefore, other.NotAfter)
        && (IsRsa, HasMalformedSan, IssuerUri, RevocationUri) == (other.IsRsa, other.HasMalformedSan, other.IssuerUri, other.RevocationUri)
        && DnsNames.SequenceEqual(other.DnsNames)
        && IpAddresses.SequenceEqual(other.IpAddresses);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(SubjectName, Issuer, Dates, Use, NotBefore, NotAfter, DnsNames.Length, IsRsa);
}
