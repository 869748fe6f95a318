using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Certificates;

/// <summary>One TLS handshake as a client: it observes and never judges, so the same code serves policy hosts, every mode, and probes.</summary>
/// <param name="options">What certificates are measured by.</param>
/// <param name="clock">The clock.</param>
/// <param name="keepsChain">Whether the presented certificates are kept, for rules that look at more than the findings.</param>
internal sealed class ClientHandshake(CertificateOptions options, TimeProvider clock, bool keepsChain = false)
{
    private readonly X509Certificate2Collection? _trustAnchors = options.TrustAnchors is null ? null : [.. options.TrustAnchors];

    /// <summary>Runs the handshake with the host's own name in SNI.</summary>
    public Task<HandshakeResult> RunAsync(Stream transport, DomainName? host, TimeSpan timeout, CancellationToken cancellationToken) => RunAsync(transport, host, host, timeout, cancellationToken);

    /// <summary>Runs the handshake over the stream, which the outcome's TLS stream then owns; without such an outcome it is disposed.</summary>
    /// <param name="transport">The connected stream, with nothing read ahead.</param>
    /// <param name="host">The name that the certificate must carry; <see langword="null"/> for an address literal, which has none.</param>
    /// <param name="serverName">The name for SNI: that of the host, unless DANE wants another one (RFC 7672 §8.1); <see langword="null"/> for none.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">The caller's cancellation: the only exception that leaves.</param>
    public async Task<HandshakeResult> RunAsync(Stream transport, DomainName? host, DomainName? serverName, TimeSpan timeout, CancellationToken cancellationToken)
    {
        DateTimeOffset now = clock.GetUtcNow();
        CertificateFindings? findings = null;
        PresentedChain? presented = null;
        var tls = new SslStream(transport, leaveInnerStreamOpen: false);
        var authentication = new SslClientAuthenticationOptions
        {
            TargetHost = serverName?.Value ?? "",
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            // A resumed session shows no certificate: what is judged would be the one that the server had when it began, and not the one that it has renewed.
            AllowTlsResume = false,
            CertificateChainPolicy = CertificateRules.ChainPolicy(_trustAnchors, now),
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                // Whether this will do is decided later, from these findings; what could not be examined is recorded as invalid.
                findings = Examine(certificate, chain, host, now);
                presented = keepsChain && certificate is X509Certificate2 leaf ? PresentedChain.Of(leaf, chain?.ChainPolicy.ExtraStore ?? []) : null;
                return findings is not null;
            },
        };
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await tls.AuthenticateAsClientAsync(authentication, both.Token).ConfigureAwait(false);
            return new HandshakeResult.Established(tls, tls.SslProtocol, tls.NegotiatedCipherSuite,
                findings ?? CertificateFindings.Without(CertificateProblems.Missing, "no certificate was examined"), presented);
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (!IsOfConnection(failure))
            {
                throw;
            }

            return deadline.IsCancellationRequested
                ? new HandshakeResult.Failed(IsTimeout: true, FormattableString.Invariant($"no TLS handshake within {timeout.TotalSeconds:0.#} s"))
                : new HandshakeResult.Failed(IsTimeout: false, Describe(failure));
        }
    }

    private static bool IsOfConnection(Exception failure) => failure is AuthenticationException or IOException or OperationCanceledException
        or System.Net.Sockets.SocketException or ObjectDisposedException or InvalidOperationException or NotSupportedException
        or System.Security.Cryptography.CryptographicException;

    private static CertificateFindings Examine(X509Certificate? certificate, X509Chain? chain, DomainName? host, DateTimeOffset now)
    {
        if (certificate is not X509Certificate2 presented || chain is null)
        {
            return CertificateFindings.Without(CertificateProblems.Missing, "the server presented no certificate");
        }

        try
        {
            return CertificateRules.Judge(presented, chain, host, now);
        }
        catch (Exception failure) when (failure is System.Security.Cryptography.CryptographicException or ArgumentException or InvalidOperationException)
        {
            return CertificateFindings.Without(CertificateProblems.Invalid, "the certificate cannot be examined: " + PrintableText.Of(failure.Message, 200));
        }
    }

    // The outer exception only says that the handshake failed; the innermost knows the alert.
    private static string Describe(Exception failure)
    {
        while (failure.InnerException is { } inner)
        {
            failure = inner;
        }

        return PrintableText.Of(failure.Message, 200).TrimEnd('.', ' ');
    }
}
