using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Network;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Sessions;

/// <summary>Opens SMTP sessions: connection, greeting, EHLO, STARTTLS, handshake. RFC 5321 §3.1, RFC 3207 §4.</summary>
internal sealed class SmtpSessions(SessionOptions options, TlsOptions tls, CertificateOptions certificates, NetworkOptions network, EhloName ehlo, TimeProvider clock, bool keepsChains = false)
{
    private readonly SessionOptions _options = options.Copy();
    private readonly Connector _connector = new(network, clock);
    private readonly ClientHandshake _handshake = new(certificates, clock, keepsChains);
    private readonly TimeSpan _handshakeTimeout = tls.HandshakeTimeout;

    /// <summary>Opens a session with one address of a host; the only exception is the caller's cancellation.</summary>
    /// <param name="candidate">The host, whose name is used for the certificate.</param>
    /// <param name="address">Its address.</param>
    /// <param name="serverName">Another name for SNI than the host's, which DANE may want; otherwise <see langword="null"/>. RFC 7672 §8.1.</param>
    /// <param name="inClear">Whether STARTTLS is left out: the one retry after a failure.</param>
    /// <param name="cancellationToken">The caller's cancellation.</param>
    public async Task<SessionOpening> OpenAsync(MxCandidate candidate, IPAddress address, DomainName? serverName, bool inClear, CancellationToken cancellationToken)
    {
        var endPoint = new IPEndPoint(address, candidate.Port);
        switch (await _connector.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false))
        {
            case ConnectResult.Forbidden(var reason):
                return new SessionOpening.Failed(new SessionFailure(SessionFailureKind.AddressForbidden, SmtpPhase.Connect, reason));

            case ConnectResult.Failed(var reason, var isTimeout):
                return new SessionOpening.Failed(new SessionFailure(SessionFailureKind.ConnectFailed, SmtpPhase.Connect, "no connection: " + reason) { IsTimeout = isTimeout });

            case ConnectResult.Connected(var socket):
                var transport = new NetworkStream(socket, ownsSocket: true);
                try
                {
                    return await GreetAsync(candidate, endPoint, transport, serverName ?? candidate.Host, inClear, cancellationToken).ConfigureAwait(false);
                }
                catch (SmtpWireException failed)
                {
                    await transport.DisposeAsync().ConfigureAwait(false);
                    return new SessionOpening.Failed(failed.Failure);
                }
                catch
                {
                    await transport.DisposeAsync().ConfigureAwait(false);
                    throw;
                }

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<SessionOpening> GreetAsync(MxCandidate candidate, IPEndPoint endPoint, NetworkStream transport, DomainName? serverName, bool inClear, CancellationToken cancellationToken)
    {
        var wire = new SmtpWire(transport, _options, clock);
        var local = (IPEndPoint)transport.Socket.LocalEndPoint!;
        string ehloName = ehlo.For(local.Address);
        SmtpReply greeting = await wire.ReadReplyAsync(SmtpPhase.Greeting, cancellationToken).ConfigureAwait(false);
        if (!greeting.IsPositive)
        {
            return await RefusedAsync(wire, SmtpPhase.Greeting, greeting, cancellationToken).ConfigureAwait(false);
        }

        if (inClear)
        {
            return Opened(wire, TlsObservation.Without(StartTlsStep.Skipped, "clear text after TLS failed"));
        }

        SmtpReply answer = await wire.ExchangeAsync(SmtpPhase.Ehlo, "EHLO " + ehloName, cancellationToken).ConfigureAwait(false);
        if (answer.IsPermanent)
        {
            SmtpReply helo = await wire.ExchangeAsync(SmtpPhase.Ehlo, "HELO " + ehloName, cancellationToken).ConfigureAwait(false);
            return helo.IsPositive
                ? Opened(wire, TlsObservation.Without(StartTlsStep.NotOffered, "the server knows no EHLO: " + answer), helo)
                : await RefusedAsync(wire, SmtpPhase.Ehlo, helo, cancellationToken).ConfigureAwait(false);
        }

        if (!answer.IsPositive)
        {
            return await RefusedAsync(wire, SmtpPhase.Ehlo, answer, cancellationToken).ConfigureAwait(false);
        }

        return answer.Lines.Skip(1).Any(line => line.Trim().Equals("STARTTLS", StringComparison.OrdinalIgnoreCase))
            ? await StartTlsAsync(candidate, endPoint, local, transport, serverName, wire, NameIn(answer), cancellationToken).ConfigureAwait(false)
            : Opened(wire, TlsObservation.Without(StartTlsStep.NotOffered, "the server does not offer STARTTLS"), answer);

        SessionOpening.Opened Opened(SmtpWire current, TlsObservation observation, SmtpReply? named = null) =>
            new(new SmtpSession(current, candidate, endPoint, local, observation, ehloName, _options.UseChunking) { ServerName = NameIn(named), OpenedAt = clock.GetTimestamp() });
    }

    private async Task<SessionOpening> StartTlsAsync(
        MxCandidate candidate, IPEndPoint endPoint, IPEndPoint local, NetworkStream transport, DomainName? serverName, SmtpWire wire, string? ehloAnswer, CancellationToken cancellationToken)
    {
        SmtpReply reply = await wire.ExchangeAsync(SmtpPhase.StartTls, "STARTTLS", cancellationToken).ConfigureAwait(false);
        if (reply.Code != 220)
        {
            return Opened(wire, TlsObservation.Without(StartTlsStep.Refused, "STARTTLS was refused: " + reply) with { ReplyCode = reply.Code });
        }

        if (wire.HasUnreadInput)
        {
            // What arrived in clear text must never be read as the protected server's word. RFC 3207 §6.
            return Opened(wire, TlsObservation.Without(StartTlsStep.Injected, "clear text followed the go-ahead for TLS"));
        }

        switch (await _handshake.RunAsync(transport, candidate.Host, serverName, _handshakeTimeout, cancellationToken).ConfigureAwait(false))
        {
            case HandshakeResult.Established tls:
                var observation = new TlsObservation(StartTlsStep.Established, tls.Protocol.ToString(), tls.CipherSuite.ToString(), tls.Certificate, "") { Chain = tls.Chain, Moment = tls.Chain is null ? default : clock.GetUtcNow() };
                return Opened(new SmtpWire(tls.Stream, _options, clock), observation);

            case HandshakeResult.Failed failed:
                return Opened(wire, TlsObservation.Without(StartTlsStep.HandshakeFailed, failed.Reason));

            default:
                throw new System.Diagnostics.UnreachableException();
        }

        SessionOpening.Opened Opened(SmtpWire current, TlsObservation observed) =>
            new(new SmtpSession(current, candidate, endPoint, local, observed, ehlo.For(local.Address), _options.UseChunking) { ServerName = ehloAnswer, OpenedAt = clock.GetTimestamp() });
    }

    private static string? NameIn(SmtpReply? reply) => reply is { Lines: [{ Length: > 0 } first, ..] } ? first.Split(' ')[0] : null;

    private static async Task<SessionOpening> RefusedAsync(SmtpWire wire, SmtpPhase phase, SmtpReply reply, CancellationToken cancellationToken)
    {
        await SmtpSession.QuitAsync(wire, cancellationToken).ConfigureAwait(false);
        await wire.DisposeAsync().ConfigureAwait(false);
        string what = phase == SmtpPhase.Greeting ? "the server greeted with " : "the server refused EHLO and HELO: ";
        return new SessionOpening.Failed(new SessionFailure(SessionFailureKind.Refused, phase, what + reply, reply));
    }
}
