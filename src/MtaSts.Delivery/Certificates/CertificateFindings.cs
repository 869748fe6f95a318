namespace MtaSts.Delivery.Certificates;

/// <summary>Everything that was found out about a presented certificate, whether or not anything was required of it.</summary>
/// <param name="Problems">What is wrong with it; <see cref="CertificateProblems.None"/> when it authenticates the host.</param>
/// <param name="Subject">The subject, as text; empty when there is no certificate.</param>
/// <param name="Issuer">The issuer, as text.</param>
/// <param name="DnsNames">The DNS-IDs of the subject alternative names, as they stand there; at most 100.</param>
/// <param name="NotBefore">When its validity begins.</param>
/// <param name="NotAfter">When its validity ends.</param>
/// <param name="Sha256Thumbprint">SHA-256 over the certificate, in hex.</param>
/// <param name="ChainStatus">The faults of the chain in the words of the platform, separated by commas; empty when there are none.</param>
public sealed record CertificateFindings(
    CertificateProblems Problems,
    string Subject,
    string Issuer,
    IReadOnlyList<string> DnsNames,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    string Sha256Thumbprint,
    string ChainStatus)
{
    /// <summary>Findings about a certificate that is not there or could not be examined.</summary>
    internal static CertificateFindings Without(CertificateProblems problem, string reason) =>
        new(problem, "", "", [], default, default, "", reason);
}
