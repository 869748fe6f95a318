using MtaSts.Delivery.Certificates;

namespace MtaSts.Delivery.Tls;

/// <summary>All that one connection showed about TLS, whatever was required of it.</summary>
/// <param name="Step">How far it went.</param>
/// <param name="Protocol">For example <c>Tls13</c>; <see langword="null"/> without TLS.</param>
/// <param name="CipherSuite">For example <c>TLS_AES_256_GCM_SHA384</c>; <see langword="null"/> without TLS.</param>
/// <param name="Certificate">What the server's certificate is worth; <see langword="null"/> without TLS.</param>
/// <param name="Detail">What was seen where TLS did not come up, for a person; otherwise empty.</param>
public sealed record TlsObservation(StartTlsStep Step, string? Protocol, string? CipherSuite, CertificateFindings? Certificate, string Detail)
{
    /// <summary>The code of the reply to STARTTLS, where that was refused: 400 to 599.</summary>
    public int? ReplyCode { get; init; }

    /// <summary>Whether the connection is encrypted.</summary>
    public bool IsEncrypted => Step == StartTlsStep.Established;

    /// <summary>Whether the connection is encrypted and the certificate authenticates the MX host.</summary>
    public bool IsVerified => IsEncrypted && Certificate is { Problems: CertificateProblems.None };

    /// <summary>What the server presented, for DANE; <see langword="null"/> unless that is on.</summary>
    internal PresentedChain? Chain { get; init; }

    /// <summary>The moment that the chain is judged at.</summary>
    internal DateTimeOffset Moment { get; init; }

    /// <summary>What the connection is worth at a later moment: its certificate may have run out since.</summary>
    internal TlsObservation At(DateTimeOffset now)
    {
        TlsObservation later = Chain is null ? this : this with { Moment = now };
        return Certificate is { } certificate && now > certificate.NotAfter && !certificate.Problems.HasFlag(CertificateProblems.Expired)
            ? later with { Certificate = certificate with { Problems = certificate.Problems | CertificateProblems.Expired } }
            : later;
    }

    internal static TlsObservation Without(StartTlsStep step, string detail) => new(step, null, null, null, detail);
}
