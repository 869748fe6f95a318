using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Network;

namespace MtaSts.Delivery.Reporting;

/// <summary>Sends reports by HTTPS POST. RFC 8460 §5.4.</summary>
/// <remarks>A stranger chose the URI: certificates must be valid, and of the answer nothing but its status is read.</remarks>
internal sealed class ReportPoster : IDisposable
{
    private readonly HttpsConnector _connector;
    private readonly ClientHandshake _handshake;
    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _clock;

    public ReportPoster(NetworkOptions network, CertificateOptions certificates, IDnsResolver dns, TimeProvider clock)
    {
        _clock = clock;
        _connector = new HttpsConnector(network, dns, clock);
        _handshake = new ClientHandshake(certificates, clock);
        _http = new HttpMessageInvoker(HttpsConnector.CreateHandler(ConnectAsync));
    }

    /// <summary>Posts a report, which may take the time given, all of it; the only exception is the caller's cancellation.</summary>
    public async Task<ReportDelivery> PostAsync(Uri endpoint, ReportFile file, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(file.Content),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", ReportFile.MediaType);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, both.Token).ConfigureAwait(false);
            return new ReportDelivery(response.IsSuccessStatusCode, FormattableString.Invariant($"{endpoint.IdnHost} answered {(int)response.StatusCode}"));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException or InvalidOperationException or SocketException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string what = deadline.IsCancellationRequested
                ? FormattableString.Invariant($"no answer within {timeout.TotalSeconds:0} s")
                : PeerText.Clean((failure.InnerException as IOException ?? failure).Message, 200);
            return new ReportDelivery(false, $"{endpoint.IdnHost}: {what}");
        }
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = DomainName.Parse(context.DnsEndPoint.Host);
        NetworkStream transport = await OpenAsync(host, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
        switch (await _handshake.RunAsync(transport, host, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false))
        {
            case HandshakeResult.Established { Certificate.Problems: CertificateProblems.None, Stream: SslStream stream }:
                return stream;

            case HandshakeResult.Established refused:
                await refused.Stream.DisposeAsync().ConfigureAwait(false);
                throw new IOException($"its certificate is not valid for it ({refused.Certificate.Problems})");

            case HandshakeResult.Failed failed:
                throw new IOException("TLS failed: " + failed.Reason);

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<NetworkStream> OpenAsync(DomainName host, int port, CancellationToken cancellationToken) =>
        await _connector.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false) switch
        {
            ConnectResult.Connected(var socket) => new NetworkStream(socket, ownsSocket: true),
            ConnectResult.Unresolved(var reason, _) => throw new IOException(reason),
            ConnectResult.Forbidden(var reason) => throw new IOException("it leads to " + reason),
            ConnectResult.Failed(var reason, _) => throw new IOException("no connection to " + reason),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
