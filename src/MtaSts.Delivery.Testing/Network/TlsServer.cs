using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>The TLS side of a host: its certificate, its protocol versions, its faults.</summary>
internal sealed class TlsServer
{
    private const SslProtocols Usual = SslProtocols.Tls12 | SslProtocols.Tls13;

    // The record and handshake headers of a ServerHello for TLS 1.1, TLS_RSA_WITH_AES_128_CBC_SHA, no session, no compression.
    private static readonly byte[] OldServerHello =
        [0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, .. Enumerable.Repeat((byte)0x5a, 32), 0, 0, 0x2f, 0];

    private static readonly byte[] HandshakeFailure = [0x15, 3, 3, 0, 2, 2, 40];
    private static readonly byte[] Garbage = [.. "This is not TLS.\r\n"u8, 0, 0xff, 0x16, 0x99];

    private readonly Lock _gate = new();
    private readonly TestCertificateAuthority _authority;
    private readonly CertificateSpec _initial;
    private CertificateSpec _spec;
    private SslStreamCertificateContext? _certificate;
    private SslProtocols _protocols = Usual;
    private HandshakeFault? _fault;

    public TlsServer(TestCertificateAuthority authority, string host)
    {
        _authority = authority;
        _initial = _spec = CertificateSpec.For(host);
    }

    public TlsServer Copy()
    {
        lock (_gate)
        {
            return new TlsServer(_authority, _initial.SubjectName) { _spec = _spec, _protocols = _protocols, _fault = _fault };
        }
    }

    public void Certify(Func<CertificateSpec, CertificateSpec> configure)
    {
        lock (_gate)
        {
            _spec = configure(_initial);
            _certificate = null;
        }
    }

    public void Allow(SslProtocols versions)
    {
        lock (_gate)
        {
            _protocols = versions;
        }
    }

    public void Spoil(HandshakeFault how)
    {
        lock (_gate)
        {
            _fault = how;
        }
    }

    public void Heal()
    {
        lock (_gate)
        {
            _spec = _initial;
            _certificate = null;
            _protocols = Usual;
            _fault = null;
        }
    }

    /// <summary>The certificate that is presented now, and the one above it: as it is sent along, or the root.</summary>
    public (X509Certificate2 Own, X509Certificate2 Issuer) Presented()
    {
        lock (_gate)
        {
            _certificate ??= _authority.CreateContext(_spec);
            return (_certificate.TargetCertificate, _certificate.IntermediateCertificates.FirstOrDefault() ?? _authority.Root);
        }
    }

    public SslServerAuthenticationOptions Options()
    {
        lock (_gate)
        {
            _certificate ??= _authority.CreateContext(_spec);
            return new SslServerAuthenticationOptions { ServerCertificateContext = _certificate, EnabledSslProtocols = _protocols };
        }
    }

    /// <summary>Does what the fault says on the bare connection; afterwards there is nothing left to shake hands with.</summary>
    public async Task MisbehaveAsync(Peer peer)
    {
        HandshakeFault? how;
        lock (_gate)
        {
            how = _fault;
        }

        switch (how)
        {
            case null:
                return;
            case HandshakeFault.Garbage:
                await AnswerAsync(peer, Garbage).ConfigureAwait(false);
                break;
            case HandshakeFault.OldTls:
                await AnswerAsync(peer, OldServerHello).ConfigureAwait(false);
                break;
            case HandshakeFault.Alert:
                await peer.Wire.WriteAsync(HandshakeFailure, peer.Network.Ended).ConfigureAwait(false);
                await peer.DropAsync().ConfigureAwait(false);
                break;
            case HandshakeFault.Close:
                await peer.DropAsync().ConfigureAwait(false);
                break;
            case HandshakeFault.Reset:
                peer.Reset();
                break;
            case HandshakeFault.Stall:
                await peer.StallAsync().ConfigureAwait(false);
                break;
        }

        throw new AuthenticationException("The handshake was spoiled on purpose.");
    }

    private static async Task AnswerAsync(Peer peer, byte[] bytes)
    {
        await peer.Wire.WriteAsync(bytes, peer.Network.Ended).ConfigureAwait(false);
        await peer.StallAsync().ConfigureAwait(false);
    }
}
