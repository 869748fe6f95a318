using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>The names of what the library found wrong with a certificate; nothing is judged here a second time.</summary>
internal static class CertificateFindingRules
{
    public static readonly TimeSpan EndsSoon = TimeSpan.FromDays(14);

    /// <param name="certificate">What the library found out.</param>
    /// <param name="host">The MX host.</param>
    /// <param name="policy">The domain's policy, if there is one.</param>
    /// <param name="now">The moment of the handshake.</param>
    public static IEnumerable<Finding> Of(CertificateFindings certificate, DomainName? host, StsPolicy? policy, DateTimeOffset now)
    {
        CertificateProblems problems = certificate.Problems;
        if (problems.HasFlag(CertificateProblems.Missing))
        {
            yield return new Finding("cert.missing", certificate.ChainStatus);
            yield break;
        }

        if (problems.HasFlag(CertificateProblems.HostMismatch))
        {
            yield return Mismatch(certificate, host, policy);
        }

        if (problems.HasFlag(CertificateProblems.Expired))
        {
            yield return new Finding("cert.expired", now > certificate.NotAfter
                ? FormattableString.Invariant($"the certificate ended on {certificate.NotAfter:yyyy-MM-dd HH:mm} UTC")
                : FormattableString.Invariant($"a certificate above it has expired; its own end is {certificate.NotAfter:yyyy-MM-dd HH:mm} UTC"));
        }
        else if (!problems.HasFlag(CertificateProblems.NotYetValid) && certificate.NotAfter - now < EndsSoon)
        {
            yield return new Finding("cert.expiring", FormattableString.Invariant($"the certificate ends on {certificate.NotAfter:yyyy-MM-dd HH:mm} UTC"));
        }

        if (problems.HasFlag(CertificateProblems.NotYetValid))
        {
            yield return new Finding("cert.not-yet-valid", FormattableString.Invariant($"the certificate, or one above it, is not valid yet; its own beginning is {certificate.NotBefore:yyyy-MM-dd HH:mm} UTC"));
        }

        if (problems.HasFlag(CertificateProblems.SelfSigned))
        {
            yield return new Finding("cert.self-signed", $"the certificate '{certificate.Subject}' is signed by itself");
        }
        else if (problems.HasFlag(CertificateProblems.NotTrusted))
        {
            yield return certificate.ChainStatus.Contains(nameof(X509ChainStatusFlags.PartialChain), StringComparison.Ordinal)
                ? new Finding("cert.chain-incomplete", $"nobody knows the issuer '{certificate.Issuer}': its certificate is not sent, or it is no public authority")
                : new Finding("cert.untrusted-root", $"the chain of the issuer '{certificate.Issuer}' ends in a root that is not trusted");
        }

        if (problems.HasFlag(CertificateProblems.WrongUsage))
        {
            yield return new Finding("cert.usage", "the certificate is not meant for servers");
        }

        if (problems.HasFlag(CertificateProblems.Invalid))
        {
            yield return new Finding("cert.invalid", $"the certificate or its chain is faulty ({certificate.ChainStatus})");
        }

        if (problems == CertificateProblems.None)
        {
            yield return new Finding("cert.good", FormattableString.Invariant($"the certificate names the host, and ends on {certificate.NotAfter:yyyy-MM-dd}"));
        }
    }

    /// <summary>What only a file shows, not a handshake: the order of the chain, the length of the key.</summary>
    public static IEnumerable<Finding> OfFile(X509Certificate2Collection certificates)
    {
        for (int i = 0; i + 1 < certificates.Count; i++)
        {
            if (!certificates[i].IssuerName.RawData.AsSpan().SequenceEqual(certificates[i + 1].SubjectName.RawData))
            {
                yield return new Finding("cert.chain-order", FormattableString.Invariant($"certificate {i + 2} of the file is not the issuer of certificate {i + 1}"));
                break;
            }
        }

        using RSA? rsa = certificates[0].GetRSAPublicKey();
        if (rsa is { KeySize: < 2048 })
        {
            yield return new Finding("cert.key-weak", FormattableString.Invariant($"the RSA key has {rsa.KeySize} bits"));
        }
    }

    private static Finding Mismatch(CertificateFindings certificate, DomainName? host, StsPolicy? policy)
    {
        IReadOnlyList<string> names = certificate.DnsNames;
        string list = names.Count == 0 ? "no name at all" : string.Join(", ", names.Take(5)) + (names.Count > 5 ? FormattableString.Invariant($" and {names.Count - 5} more") : "");
        string message = $"the certificate does not name {host?.Value ?? "the address"}: it names {list}";
        if (names.Count == 0)
        {
            bool hasCommonName = host is not null && certificate.Subject.Contains("CN=" + host.Value, StringComparison.OrdinalIgnoreCase);
            return hasCommonName
                ? new Finding("cert.cn-only", $"the certificate names {host} only in its common name, which does not count")
                : new Finding("cert.no-dns-name", $"the certificate has no DNS name at all (subject '{certificate.Subject}')");
        }

        bool wildcard = host is not null && names.Any(name => name.StartsWith("*.", StringComparison.Ordinal)
            && (host.Value.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase) || host.Value.Equals(name[2..], StringComparison.OrdinalIgnoreCase)));
        bool listed = policy is not null && names.Any(name => DomainName.TryParse(name, out DomainName? named) ? policy.Permits(named) : policy.Mx.Any(pattern => pattern.ToString().Equals(name, StringComparison.OrdinalIgnoreCase)));
        return new Finding(wildcard ? "cert.wildcard-depth" : listed ? "cert.policy-pattern-only" : "cert.name", message);
    }
}
