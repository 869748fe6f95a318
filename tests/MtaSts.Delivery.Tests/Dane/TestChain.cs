using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Tests.Dane;

/// <summary>Certificates for the tests of DANE: a root, an authority below it and a server, each valid from Begin to End unless said otherwise.</summary>
internal static class TestChain
{
    public static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset End = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DomainName Host = DomainName.Parse("mx1.example.com");

    public static readonly Issued Root = Authority("Root", null);
    public static readonly Issued Intermediate = Authority("Intermediate", Root);
    public static readonly X509Certificate2 Leaf = Server("mx1.example.com", Intermediate);

    public sealed record Issued(X509Certificate2 Certificate, AsymmetricAlgorithm Key);

    public static Issued Authority(string name, Issued? issuer, DateTimeOffset? end = null, bool isAuthority = true, string? permitted = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        if (permitted is not null)
        {
            // permittedSubtrees: one dNSName. RFC 5280 §4.2.1.10.
            byte[] text = [.. System.Text.Encoding.ASCII.GetBytes(permitted)];
            byte[] subtree = [0x30, (byte)(text.Length + 2), 0x82, (byte)text.Length, .. text];
            request.CertificateExtensions.Add(new X509Extension("2.5.29.30", [0x30, (byte)(subtree.Length + 2), 0xa0, (byte)subtree.Length, .. subtree], critical: true));
        }

        return new Issued(Sign(request, key, issuer, Begin, end ?? End), key);
    }

    public static X509Certificate2 Server(string? dnsName, Issued? issuer, DateTimeOffset? end = null, string commonName = "server", HashAlgorithmName? hash = null, byte[]? alternativeNames = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, hash ?? HashAlgorithmName.SHA256);
        if (dnsName is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }
        else if (alternativeNames is not null)
        {
            request.CertificateExtensions.Add(new X509Extension("2.5.29.17", alternativeNames, critical: false));
        }

        return Sign(request, key, issuer, Begin, end ?? End);
    }

    public static PresentedChain Presented(X509Certificate2 leaf, params X509Certificate2[] others) => PresentedChain.Of(leaf, others);

    /// <summary>A record that matches a certificate.</summary>
    public static TlsaRecord Record(X509Certificate2 certificate, byte usage, byte selector = 1, byte type = 1)
    {
        byte[] matched = selector == 1 ? certificate.PublicKey.ExportSubjectPublicKeyInfo() : certificate.RawData;
        return new TlsaRecord(usage, selector, type, type switch { 0 => matched, 2 => SHA512.HashData(matched), _ => SHA256.HashData(matched) });
    }

    /// <summary>One that is of the right form and matches nothing.</summary>
    public static TlsaRecord Wrong(byte usage, byte selector = 1, byte type = 1) => new(usage, selector, type, new byte[type == 2 ? 64 : 32]);

    public static DaneRequirement.Authenticated Demand(params TlsaRecord[] records) => new(Host, records, [Host], IsMxAuthenticated: true);

    private static X509Certificate2 Sign(CertificateRequest request, ECDsa key, Issued? issuer, DateTimeOffset from, DateTimeOffset to)
    {
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        serial[0] = 1;
        using X509Certificate2 made = issuer is null
            ? request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from, to, serial)
            : request.Create(issuer.Certificate.SubjectName, Generator(issuer.Key), from, to, serial);
        return X509CertificateLoader.LoadCertificate(made.RawData);
    }

    private static X509SignatureGenerator Generator(AsymmetricAlgorithm key) =>
        key is RSA rsa ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pss) : X509SignatureGenerator.CreateForECDsa((ECDsa)key);
}
