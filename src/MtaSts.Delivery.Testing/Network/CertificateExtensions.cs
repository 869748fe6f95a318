using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>The extensions of RFC 5280 as a <see cref="CertificateSpec"/> wants them.</summary>
internal static class CertificateExtensions
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public static void Add(CertificateRequest request, CertificateSpec spec)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (spec.HasMalformedSan)
        {
            request.CertificateExtensions.Add(new X509Extension(SubjectAlternativeName, [0x30, 0x7f, 0x82, 0x03, 0x61], false));
        }
        else if (!spec.DnsNames.IsEmpty || !spec.IpAddresses.IsEmpty)
        {
            request.CertificateExtensions.Add(new X509Extension(SubjectAlternativeName, Names(spec.DnsNames, spec.IpAddresses), false));
        }

        if (spec.Use != CertificateUse.Any)
        {
            string use = spec.Use == CertificateUse.ServerAuthentication ? ServerAuthentication : ClientAuthentication;
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        }

        if (spec.IssuerUri is { } issuer)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([], [issuer]));
        }

        if (spec.RevocationUri is { } revocation)
        {
            request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([revocation]));
        }
    }

    public static void AddAuthority(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
    }

    // The ready-made builder repairs or refuses names that only a careless authority would sign; here they are wanted.
    private static byte[] Names(ImmutableArray<string> dnsNames, ImmutableArray<IPAddress> addresses)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string name in dnsNames)
            {
                writer.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, 2));
            }

            foreach (IPAddress address in addresses)
            {
                writer.WriteOctetString(address.GetAddressBytes(), new Asn1Tag(TagClass.ContextSpecific, 7));
            }
        }

        return writer.Encode();
    }
}
