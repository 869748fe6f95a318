using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.Testing;

/// <content>TLSA records.</content>
public sealed partial class FakeMxHost
{
    /// <summary>Adds a TLSA record that matches the certificate which the host presents now; a later change of the certificate does not reach it. RFC 6698 §2.1.</summary>
    /// <param name="usage">3 for the certificate itself, 2 for the one above it: send that along with <see cref="CertificateSpec.WithIntermediate"/>. 0 and 1 cannot be used with SMTP.</param>
    /// <param name="selector">1 for the public key, 0 for the certificate.</param>
    /// <param name="matchingType">1 for SHA-256, 2 for SHA-512, 0 for the octets themselves.</param>
    /// <param name="port">The port.</param>
    public FakeMxHost Tlsa(byte usage = 3, byte selector = 1, byte matchingType = 1, int port = SmtpPort) => AddTlsa(usage, selector, matchingType, port, isWrong: false);

    /// <summary>Adds a TLSA record of the right form that does not match.</summary>
    /// <inheritdoc cref="Tlsa"/>
    public FakeMxHost WrongTlsa(byte usage = 3, byte selector = 1, byte matchingType = 1, int port = SmtpPort) => AddTlsa(usage, selector, matchingType, port, isWrong: true);

    private FakeMxHost AddTlsa(byte usage, byte selector, byte matchingType, int port, bool isWrong)
    {
        (X509Certificate2 own, X509Certificate2 issuer) = _behaviour.Tls.Presented();
        X509Certificate2 certificate = usage is 0 or 2 ? issuer : own;
        byte[] matched = selector == 1 ? certificate.PublicKey.ExportSubjectPublicKeyInfo() : certificate.RawData;
        byte[] association = matchingType switch { 0 => matched, 2 => SHA512.HashData(matched), _ => SHA256.HashData(matched) };
        if (isWrong)
        {
            // Where a person sees it, unless that would break the form of a certificate or key.
            association[matchingType == 0 ? ^1 : 0] ^= 1;
        }

        _internet.Dns.AddTlsa(Name, usage, selector, matchingType, association, port);
        return this;
    }
}
