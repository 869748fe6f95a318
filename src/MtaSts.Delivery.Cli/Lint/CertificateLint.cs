using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Cli.Checks;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Cli.Lint;

/// <summary>Judges a certificate file as a sender would the MX host that presents it. RFC 8461 §4.2.</summary>
internal static class CertificateLint
{
    public const int MaxSize = 1024 * 1024;

    /// <param name="input">The certificates: the host's own first, then its chain; PEM or one in DER.</param>
    /// <param name="host">The MX host.</param>
    /// <param name="trust">The roots to trust; <see langword="null"/> leaves the question open.</param>
    /// <param name="at">The moment of the handshake.</param>
    public static Linted Of(Input input, DomainName host, X509Certificate2Collection? trust, DateTimeOffset at)
    {
        (X509Certificate2Collection certificates, string reason) = Load(input);
        if (certificates.Count == 0)
        {
            return Ended(false, trust is null ? null : false, [new Finding("cert.unreadable", reason)]);
        }

        X509Certificate2 leaf = certificates[0];
        X509Certificate2Collection presented = [.. certificates.Skip(1)];
        // Whoever gives no roots asks about names, dates and usage; then the top of the file's own chain stands in for the root.
        CertificateFindings judged = CertificateRules.Judge(leaf, presented, host, trust ?? [certificates[^1]], at);
        if (trust is null)
        {
            // But who signed for itself is nobody's to vouch for: that shows without roots.
            bool isSelfSigned = leaf.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData);
            judged = judged with { Problems = (judged.Problems & ~(CertificateProblems.NotTrusted | CertificateProblems.SelfSigned)) | (isSelfSigned ? CertificateProblems.SelfSigned : CertificateProblems.None) };
        }

        bool isOpen = trust is null && judged.Problems == CertificateProblems.None;
        Finding[] findings =
        [
            .. CertificateFindingRules.Of(judged, host, policy: null, at).Select(finding => isOpen && finding.Code == "cert.good"
                ? new Finding("cert.chain-not-judged", finding.Message + "; whether its chain leads to a trusted root was not looked at: give --trust ROOTS.pem")
                : finding),
            .. CertificateFindingRules.OfFile(certificates),
        ];
        const CertificateProblems chain = CertificateProblems.NotTrusted | CertificateProblems.SelfSigned | CertificateProblems.Invalid;
        return Ended(!judged.Problems.HasFlag(CertificateProblems.HostMismatch), trust is null ? null : (judged.Problems & chain) == 0, findings, judged.Problems == CertificateProblems.None);

        Linted Ended(bool nameMatches, bool? trusted, IReadOnlyList<Finding> noticed, bool valid = false) => new(
            Json.Write(new CertificateLine(input.Source, host.Value, nameMatches, trusted, valid, FindingLine.From(noticed)), Json.Lines.CertificateLine),
            !valid ? $"would not do for {host}" : trust is null ? $"names {host} and is in date; the chain was not judged (give --trust ROOTS.pem)" : $"would do for {host}",
            valid,
            noticed,
            input is Input.Unusable ? ExitCode.Usage : Linted.CodeOf(noticed));
    }

    /// <summary>The certificates of a file; none, and why, when there are none.</summary>
    public static (X509Certificate2Collection Certificates, string Reason) Load(Input input)
    {
        var certificates = new X509Certificate2Collection();
        switch (input)
        {
            case Input.Unusable(_, var reason):
                return (certificates, reason);
            case Input.TooLarge(_, var limit):
                return (certificates, FormattableString.Invariant($"it is longer than {limit} octets"));
        }

        ReadOnlySpan<byte> octets = ((Input.Content)input).Octets.Span;
        try
        {
            if (octets.Length > 0 && octets[0] == 0x30)
            {
                certificates.Add(X509CertificateLoader.LoadCertificate(octets));
            }
            else
            {
                certificates.ImportFromPem(Encoding.Latin1.GetString(octets));
            }
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }

        return (certificates, "no certificate in PEM or DER is in it");
    }
}
