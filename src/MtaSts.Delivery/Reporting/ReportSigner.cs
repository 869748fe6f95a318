using System.Text;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.OpenSsl;

namespace MtaSts.Delivery.Reporting;

/// <summary>Signs report mails with every key. RFC 6376, RFC 8463, RFC 8460 §3 and §5.3.</summary>
internal sealed class ReportSigner(IEnumerable<DkimKey> keys)
{
    private const int MinRsaBits = 1024;

    /// <summary>The fields that a signature covers. RFC 6376 §5.4, RFC 8460 §5.3.</summary>
    private static readonly string[] SignedFields =
        ["From", "To", "Subject", "Date", "Message-Id", "MIME-Version", "Content-Type", "TLS-Report-Domain", "TLS-Report-Submitter", "TLS-Required"];

    private readonly DkimSigner[] _signers = [.. keys.Select(key => new DkimSigner(
        Read(key.PrivateKey), key.Domain.Value, key.Selector, Read(key.PrivateKey) is Ed25519PrivateKeyParameters ? DkimSignatureAlgorithm.Ed25519Sha256 : DkimSignatureAlgorithm.RsaSha256)
    {
        HeaderCanonicalizationAlgorithm = DkimCanonicalizationAlgorithm.Relaxed,
        BodyCanonicalizationAlgorithm = DkimCanonicalizationAlgorithm.Relaxed,
    })];

    /// <summary>What is wrong with a key, for a person; <see langword="null"/> when it is good.</summary>
    public static string? FaultOf(DkimKey key)
    {
        if (!Names.DomainName.TryParse(key.Selector, out _))
        {
            return "its selector is no name of DNS labels";
        }

        try
        {
            return Read(key.PrivateKey) switch
            {
                RsaPrivateCrtKeyParameters { Modulus.BitLength: < MinRsaBits } => FormattableString.Invariant($"it has fewer than {MinRsaBits} bits"),
                RsaPrivateCrtKeyParameters or Ed25519PrivateKeyParameters => null,
                _ => "it is neither RSA nor Ed25519",
            };
        }
        catch (Exception broken) when (broken is IOException or PasswordException or FormatException or ArgumentException or CryptoException or InvalidOperationException)
        {
            return "it is no private key in PEM, or one that is encrypted";
        }
    }

    /// <summary>Adds the signatures; the message must not be changed afterwards.</summary>
    public void Sign(MimeMessage message)
    {
        // What is signed must be what goes out: 7 bits, CRLF.
        message.Prepare(EncodingConstraint.SevenBit);
        foreach (DkimSigner signer in _signers)
        {
            signer.Sign(message, SignedFields);
        }
    }

    private static AsymmetricKeyParameter Read(string pem)
    {
        using var reader = new PemReader(new StringReader(pem));
        return reader.ReadObject() switch
        {
            AsymmetricCipherKeyPair pair => pair.Private,
            AsymmetricKeyParameter { IsPrivate: true } key => key,
            _ => throw new FormatException("No private key."),
        };
    }
}
