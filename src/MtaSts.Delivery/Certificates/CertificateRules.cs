using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Certificates;

/// <summary>Whether a certificate authenticates a host. RFC 8461 §3.3 and §4.2, RFC 9525 §6.</summary>
/// <remarks>Only SAN DNS-IDs count: the platform's own check would also accept a common name, and is not asked.</remarks>
public static class CertificateRules
{
    private const int MaxDnsNamesKept = 100;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string CommonName = "2.5.4.3";

    /// <summary>How a chain is built: at the given moment, for a server, against the given roots, and never fetching anything.</summary>
    /// <remarks>A certificate may carry URLs of its issuer and of revocation lists. Following them would let any peer make us connect
    /// where it likes, so an intermediate certificate that the server forgets stays missing, and revocation is not asked.</remarks>
    /// <param name="trustAnchors">The roots to trust; <see langword="null"/> for the system's.</param>
    /// <param name="now">The moment of validation.</param>
    public static X509ChainPolicy ChainPolicy(X509Certificate2Collection? trustAnchors, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = now.LocalDateTime,
            VerificationTimeIgnored = false,
        };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (trustAnchors is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(trustAnchors);
        }

        return policy;
    }

    /// <summary>Judges a certificate by a chain that was built with <see cref="ChainPolicy"/>.</summary>
    /// <param name="certificate">The server's own certificate.</param>
    /// <param name="chain">Its chain, built.</param>
    /// <param name="host">The name that it must carry; <see langword="null"/> for an address literal, which no DNS-ID names.</param>
    /// <param name="now">The moment of validation.</param>
    public static CertificateFindings Judge(X509Certificate2 certificate, X509Chain chain, DomainName? host, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(chain);
        IReadOnlyList<string> names = DnsIds(certificate);
        CertificateProblems problems = host is not null && names.Any(name => DnsIdNames(name, host)) ? CertificateProblems.None : CertificateProblems.HostMismatch;
        var faults = X509ChainStatusFlags.NoError;
        foreach (X509ChainElement element in chain.ChainElements)
        {
            problems |= ProblemsOf(element, now);
            faults = element.ChainElementStatus.Aggregate(faults, (all, status) => all | status.Status);
        }

        faults = chain.ChainStatus.Aggregate(faults, (all, status) => all | status.Status);
        problems |= ProblemsOf(faults, certificate);
        if (chain.ChainElements.Count == 0)
        {
            problems |= CertificateProblems.Invalid;
        }

        return new CertificateFindings(
            problems,
            Printable(certificate.Subject),
            Printable(certificate.Issuer),
            [.. names.Take(MaxDnsNamesKept).Select(Printable)],
            new DateTimeOffset(certificate.NotBefore.ToUniversalTime(), TimeSpan.Zero),
            new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero),
            certificate.GetCertHashString(HashAlgorithmName.SHA256),
            faults == X509ChainStatusFlags.NoError ? "" : faults.ToString());
    }

    /// <summary>Builds the chain and judges the certificate.</summary>
    /// <param name="certificate">The server's own certificate.</param>
    /// <param name="presented">The further certificates that the server sent.</param>
    /// <param name="host">The name that it must carry.</param>
    /// <param name="trustAnchors">The roots to trust; <see langword="null"/> for the system's.</param>
    /// <param name="now">The moment of validation.</param>
    public static CertificateFindings Judge(
        X509Certificate2 certificate, X509Certificate2Collection presented, DomainName host, X509Certificate2Collection? trustAnchors, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(presented);
        using var chain = new X509Chain { ChainPolicy = ChainPolicy(trustAnchors, now) };
        chain.ChainPolicy.ExtraStore.AddRange(presented);
        try
        {
            chain.Build(certificate);
            return Judge(certificate, chain, host, now);
        }
        catch (CryptographicException unreadable)
        {
            // A key or a date that the platform cannot read.
            return CertificateFindings.Without(CertificateProblems.Invalid, "the certificate cannot be examined: " + unreadable.Message);
        }
    }

    /// <summary>Whether a DNS-ID names the host. RFC 9525 §6.3.</summary>
    /// <remarks>A <c>*</c> counts only as the whole left-most label, stands for exactly one label, and needs at least two labels behind it:
    /// nobody can be trusted with a whole top-level domain.</remarks>
    /// <param name="dnsId">The name as it stands in the certificate.</param>
    /// <param name="host">The reference name.</param>
    public static bool DnsIdNames(string dnsId, DomainName host)
    {
        ArgumentNullException.ThrowIfNull(dnsId);
        ArgumentNullException.ThrowIfNull(host);
        return dnsId.StartsWith("*.", StringComparison.Ordinal)
            ? host.Parent is { } parent && parent.Parent is not null && Ascii.EqualsIgnoreCase(dnsId.AsSpan(2), parent.Value)
            : Ascii.EqualsIgnoreCase(dnsId, host.Value);
    }

    /// <summary>The SAN DNS-IDs or, when there is none, the common names: for DANE only. RFC 7672 §3.2.3.</summary>
    /// <remarks>An extension that cannot be read may have held DNS-IDs, so it leaves no name at all.</remarks>
    internal static IReadOnlyList<string> IdsOrCommonName(X509Certificate2 certificate)
    {
        IReadOnlyList<string> ids = DnsIds(certificate);
        X509Extension[] extensions = AlternativeNames(certificate);
        if (ids.Count > 0 || extensions.Length > 1 || (extensions.Length == 1 && !IsReadable(extensions[0])))
        {
            return ids;
        }

        return [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames().Where(name => !name.HasMultipleElements && name.GetSingleElementType().Value == CommonName)
            .Select(name => name.GetSingleElementValue()).OfType<string>()];
    }

    private static X509Extension[] AlternativeNames(X509Certificate2 certificate) => [.. certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName)];

    private static bool IsReadable(X509Extension alternativeNames)
    {
        try
        {
            _ = new X509SubjectAlternativeNameExtension(alternativeNames.RawData).EnumerateDnsNames().Count();
            return true;
        }
        catch (Exception malformed) when (malformed is CryptographicException or AsnContentException)
        {
            return false;
        }
    }

    /// <summary>The SAN DNS-IDs; none when the extension is malformed or stands there twice.</summary>
    private static IReadOnlyList<string> DnsIds(X509Certificate2 certificate)
    {
        X509Extension[] extensions = AlternativeNames(certificate);
        if (extensions.Length != 1)
        {
            return [];
        }

        try
        {
            var names = new X509SubjectAlternativeNameExtension(extensions[0].RawData);
            return [.. names.EnumerateDnsNames()];
        }
        catch (Exception malformed) when (malformed is CryptographicException or AsnContentException)
        {
            return [];
        }
    }

    private static CertificateProblems ProblemsOf(X509ChainElement element, DateTimeOffset now)
    {
        // The platform has one flag for both sides of the validity period.
        bool outOfDate = element.ChainElementStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid));
        return !outOfDate ? CertificateProblems.None
            : now.UtcDateTime < element.Certificate.NotBefore.ToUniversalTime() ? CertificateProblems.NotYetValid
            : CertificateProblems.Expired;
    }

    private static CertificateProblems ProblemsOf(X509ChainStatusFlags faults, X509Certificate2 certificate)
    {
        const X509ChainStatusFlags untrusted = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.ExplicitDistrust;
        CertificateProblems problems = CertificateProblems.None;
        if ((faults & untrusted) != 0)
        {
            problems |= CertificateProblems.NotTrusted;
            if (certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
            {
                problems |= CertificateProblems.SelfSigned;
            }
        }

        if (faults.HasFlag(X509ChainStatusFlags.NotValidForUsage))
        {
            problems |= CertificateProblems.WrongUsage;
        }

        const X509ChainStatusFlags known = untrusted | X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NotValidForUsage | X509ChainStatusFlags.NotTimeNested;
        return (faults & ~known) != 0 ? problems | CertificateProblems.Invalid : problems;
    }

    private static string Printable(string text) => PrintableText.Of(text, 256);
}
