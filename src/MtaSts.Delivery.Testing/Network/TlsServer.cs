using System.Net.Security;
using System.Security.Authentication;

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

    private readonly Lock gate = new();
    private readonly TestCertificateAuthority authority;
    private readonly CertificateSpec initial;
    private CertificateSpec spec;
    private SslStreamCertificateContext? certificate;
    private SslProtocols protocols = Usual;
    private HandshakeFault? fault;

    public TlsServer(TestCertificateAuthority authority, string host)
    {
        this.authority = authority;
        initial = spec = CertificateSpec.For(host);
    }

    public TlsServer Copy()
    {
        lock (gate)
        {
            return new TlsServer(authority, initial.SubjectName) { spec = spec, protocols = protocols, fault = fault };
        }
    }

    public void Certify(Func<CertificateSpec, CertificateSpec> configure)
    {
        lock (gate)
        {
            spec = configure(initial);
            certificate = null;
        }
    }

    public void Allow(SslProtocols versions)
    {
        lock (gate)
        {
            protocols = versions;
        }
    }

    public void Spoil(HandshakeFault how)
    {
        lock (gate)
        {
            fault = how;
        }
    }

    public void Heal()
    {
        lock (gate)
        {
            spec = initial;
            certificate = null;
            protocols = Usual;
            fault = null;
        }
    }

    public SslServerAuthenticationOptions Options()
    {
        lock (gate)
        {
            certificate ??= authority.CreateContext(spec);
            return new SslServerAuthenticationOptions { ServerCertificateContext = certificate, EnabledSslProtocols = protocols };
        }
    }

    /// <summary>Does what the fault says on the bare connection; afterwards there is nothing left to shake hands with.</summary>
    public async Task MisbehaveAsync(Peer peer)
    {
        HandshakeFault? how;
        lock (gate)
        {
            how = fault;
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
