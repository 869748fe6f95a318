using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Certificates;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Dane;

public sealed class SignatureRulesTests
{
    private static readonly string[] Algorithms = ["RSA PKCS#1 SHA256", "RSA PKCS#1 SHA384", "RSA PKCS#1 SHA512", "RSA PSS SHA256", "RSA PSS SHA384", "RSA PSS SHA512", "ECDSA P-256 SHA256", "ECDSA P-384 SHA384", "ECDSA P-521 SHA512"];

    // Their making takes longer than all that is done with them.
    private static readonly RSA[] RsaKeys = [RSA.Create(2048), RSA.Create(2048)];

    /// <summary>DANE-11. RFC 7671 §5.2.3: an anchor that is a bare key.</summary>
    [TestCaseSource(nameof(Algorithms))]
    public void A_certificate_is_found_to_be_signed_by_its_issuers_key_and_by_no_other(string algorithm)
    {
        (byte[] certificate, byte[] key) = Signed(algorithm, RsaKeys[0]);
        (byte[] other, byte[] otherKey) = Signed(algorithm, RsaKeys[1]);
        byte[] changed = [.. certificate];
        // Within the serial number, which every certificate has near its start.
        changed[18] ^= 1;
        Assert.Multiple(() =>
        {
            Assert.That(SignatureRules.IsSignedBy(certificate, key), Is.True);
            Assert.That(SignatureRules.IsSignedBy(certificate, otherKey), Is.False);
            Assert.That(SignatureRules.IsSignedBy(other, key), Is.False);
            Assert.That(SignatureRules.IsSignedBy(changed, key), Is.False);
        });
    }

    [Test]
    public void Sha1_does_not_count()
    {
        RSA key = RsaKeys[0];
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] certificate = request.Create(request.SubjectName, new OldGenerator(key), TestChain.Begin, TestChain.End, [1]).RawData;
        Assert.That(SignatureRules.IsSignedBy(certificate, key.ExportSubjectPublicKeyInfo()), Is.False);
    }

    [Test]
    public void What_cannot_be_read_was_signed_by_nobody() =>
        Assert.Multiple(() =>
        {
            byte[] key = TestChain.Intermediate.Certificate.PublicKey.ExportSubjectPublicKeyInfo();
            Assert.That(SignatureRules.IsSignedBy(TestChain.Leaf.RawData, key), Is.True);
            Assert.That(SignatureRules.IsSignedBy(TestChain.Leaf.RawDataMemory[..^1], key), Is.False);
            Assert.That(SignatureRules.IsSignedBy(TestChain.Leaf.RawData, key.AsMemory()[..^1]), Is.False);
            Assert.That(SignatureRules.IsSignedBy(TestChain.Leaf.RawData, TestChain.Leaf.RawData), Is.False);
            Assert.That(SignatureRules.IsSignedBy(Array.Empty<byte>(), key), Is.False);
        });

    private static (byte[] Certificate, byte[] Key) Signed(string algorithm, RSA rsa)
    {
        HashAlgorithmName hash = new(algorithm[^6..]);
        var subject = new X500DistinguishedName("CN=x");
        if (algorithm.StartsWith("ECDSA", StringComparison.Ordinal))
        {
            using var ec = ECDsa.Create(ECCurve.CreateFromFriendlyName("nist" + algorithm.Split(' ')[1].Replace("-", "", StringComparison.Ordinal)));
            return (new CertificateRequest(subject, ec, hash).CreateSelfSigned(TestChain.Begin, TestChain.End).RawData, ec.ExportSubjectPublicKeyInfo());
        }

        RSASignaturePadding padding = algorithm.Contains("PSS", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        return (new CertificateRequest(subject, rsa, hash, padding).CreateSelfSigned(TestChain.Begin, TestChain.End).RawData, rsa.ExportSubjectPublicKeyInfo());
    }

    /// <summary>Signs with SHA-1, which the platform's own generator no longer offers for certificates.</summary>
    private sealed class OldGenerator(RSA key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => Convert.FromHexString("300D06092A864886F70D0101050500");

#pragma warning disable CA5350 // That it is weak is the point.
        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);
#pragma warning restore CA5350

        protected override PublicKey BuildPublicKey() => new(key);
    }
}
