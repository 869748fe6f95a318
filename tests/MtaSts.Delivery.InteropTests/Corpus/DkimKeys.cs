using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.OpenSsl;

namespace MtaSts.Delivery.InteropTests.Corpus;

/// <summary>The keys of <c>sender.test</c>, as the script made them: MimeKit signs with them, and whoever verifies finds them in DNS.</summary>
internal sealed class DkimKeys(string directory) : IDkimPublicKeyLocator
{
    private static readonly string[] Fields = ["From", "To", "Subject", "Date", "Message-ID", "X-Folded", "X-Long", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"];

    public Key Rsa { get; } = new("rsa1", Load(directory, "rsa1"), DkimSignatureAlgorithm.RsaSha256);

    public Key Ed25519 { get; } = new("ed1", Load(directory, "ed1"), DkimSignatureAlgorithm.Ed25519Sha256);

    /// <summary>Puts a signature in front of a message, whose octets stay as they are.</summary>
    public static byte[] Sign(byte[] octets, DkimCanonicalizationAlgorithm canonicalization, Key key)
    {
        using MimeMessage message = MimeMessage.Load(new MemoryStream(octets));
        var signer = new DkimSigner(key.Private, "sender.test", key.Selector, key.Algorithm)
        {
            HeaderCanonicalizationAlgorithm = canonicalization,
            BodyCanonicalizationAlgorithm = canonicalization,
        };
        FormatOptions format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        signer.Sign(format, message, [.. Fields.Where(message.Headers.Contains)]);
        Header signature = message.Headers.First(header => header.Id == HeaderId.DkimSignature);
        string value = System.Text.Encoding.ASCII.GetString(signature.RawValue).ReplaceLineEndings("\r\n");
        return [.. System.Text.Encoding.ASCII.GetBytes($"{signature.Field}:{value}"), .. octets];
    }

    public AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
        (selector == Rsa.Selector ? Rsa : Ed25519).Public;

    public Task<AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
        Task.FromResult(LocatePublicKey(methods, domain, selector, cancellationToken));

    private static AsymmetricKeyParameter Load(string directory, string selector)
    {
        using StreamReader text = File.OpenText(Path.Combine(directory, selector + ".pem"));
        using var reader = new PemReader(text);
        return reader.ReadObject() switch
        {
            AsymmetricCipherKeyPair pair => pair.Private,
            AsymmetricKeyParameter key => key,
            var other => throw new InvalidDataException($"{selector}.pem holds {other?.GetType().Name ?? "nothing"}, not a private key."),
        };
    }

    /// <summary>One key with its name in DNS.</summary>
    internal sealed record Key(string Selector, AsymmetricKeyParameter Private, DkimSignatureAlgorithm Algorithm)
    {
        public AsymmetricKeyParameter Public { get; } = Private switch
        {
            Ed25519PrivateKeyParameters ed25519 => ed25519.GeneratePublicKey(),
            RsaPrivateCrtKeyParameters rsa => new RsaKeyParameters(false, rsa.Modulus, rsa.PublicExponent),
            _ => throw new InvalidDataException("Only RSA and Ed25519 keys sign."),
        };
    }
}
