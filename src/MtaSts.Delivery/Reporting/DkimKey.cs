using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>A key that report mails are signed with. RFC 6376, RFC 8463.</summary>
/// <param name="Domain">The signing domain (<c>d=</c>): that of the contact address, or one above it.</param>
/// <param name="Selector">The selector (<c>s=</c>): its public key stands in DNS at <c>selector._domainkey.domain</c>, best with <c>s=email:tlsrpt</c> (RFC 8460 §3; some verifiers take no key that is not for mail).</param>
/// <param name="PrivateKey">The private key as PEM: RSA of at least 1,024 bits (rsa-sha256) or Ed25519 (ed25519-sha256), not encrypted.</param>
public sealed record DkimKey(DomainName Domain, string Selector, string PrivateKey)
{
    /// <summary>Without the key.</summary>
    public override string ToString() => $"{Selector}._domainkey.{Domain}";
}
