using System.Formats.Asn1;
using System.Security.Cryptography;

namespace MtaSts.Delivery.Certificates;

/// <summary>Whether a certificate was signed with a key of which nothing else is known. RFC 5280 §4.1.1, RFC 4055, RFC 5758.</summary>
/// <remarks>Only for a trust anchor that is a bare public key (RFC 7671 §5.2.3): wherever the issuer's certificate is known, the platform judges.
/// SHA-1 and older do not count.</remarks>
internal static class SignatureRules
{
    private const string RsaPss = "1.2.840.113549.1.1.10";
    private const string RsaKey = "1.2.840.113549.1.1.1";
    private const string EcKey = "1.2.840.10045.2.1";

    /// <summary>Whether the key signed the certificate; <see langword="false"/> also for what cannot be read.</summary>
    /// <param name="certificate">The certificate in DER.</param>
    /// <param name="key">A SubjectPublicKeyInfo in DER.</param>
    public static bool IsSignedBy(ReadOnlyMemory<byte> certificate, ReadOnlyMemory<byte> key)
    {
        try
        {
            AsnReader outer = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence();
            ReadOnlyMemory<byte> signed = outer.ReadEncodedValue();
            AsnReader algorithm = outer.ReadSequence();
            string oid = algorithm.ReadObjectIdentifier();
            byte[] signature = outer.ReadBitString(out int unused);
            if (unused != 0 || HashOf(oid, algorithm) is not { } hash)
            {
                return false;
            }

            return KeyKind(key) switch
            {
                EcKey when oid.StartsWith("1.2.840.10045.4.3.", StringComparison.Ordinal) => VerifyEc(key, signed, signature, hash),
                RsaKey when oid == RsaPss => VerifyRsa(key, signed, signature, hash, RSASignaturePadding.Pss),
                RsaKey when oid.StartsWith("1.2.840.113549.1.1.", StringComparison.Ordinal) => VerifyRsa(key, signed, signature, hash, RSASignaturePadding.Pkcs1),
                _ => false,
            };
        }
        catch (Exception unreadable) when (unreadable is AsnContentException or CryptographicException or NotSupportedException or ArgumentException)
        {
            return false;
        }
    }

    private static HashAlgorithmName? HashOf(string oid, AsnReader algorithm) => oid switch
    {
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        // The parameters name the hash in their first field, which is tagged [0]. RFC 4055 §3.1.
        RsaPss => algorithm.ReadSequence().ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence().ReadObjectIdentifier() switch
        {
            "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
            "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
            "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
            _ => null,
        },
        _ => null,
    };

    private static string KeyKind(ReadOnlyMemory<byte> key) => new AsnReader(key, AsnEncodingRules.DER).ReadSequence().ReadSequence().ReadObjectIdentifier();

    private static bool VerifyEc(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> signed, byte[] signature, HashAlgorithmName hash)
    {
        using var ec = ECDsa.Create();
        ec.ImportSubjectPublicKeyInfo(key.Span, out _);
        return ec.VerifyData(signed.Span, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static bool VerifyRsa(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> signed, byte[] signature, HashAlgorithmName hash, RSASignaturePadding padding)
    {
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(key.Span, out _);
        return rsa.VerifyData(signed.Span, signature, hash, padding);
    }
}
