using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Network;

namespace MtaSts.Delivery.Reporting;

/// <summary>Sends reports by HTTPS POST. RFC 8460 §5.4.</summary>
/// <remarks>A stranger chose the URI: addresses are judged as they are connected to, certificates must be valid, redirects are not followed, and
/// of the answer nothing but its status is read.</remarks>
internal sealed class ReportPoster : IDisposable
{
    private const int MaxAddresses = 4;

    private readonly IDnsResolver _dns;
    private readonly Connector _connector;
    private readonly ClientHandshake _handshake;
    private readonly HttpMessageInvoker _http;
    private readonly AddressFamily[] _families;
    private readonly TimeProvider _clock;

    public ReportPoster(NetworkOptions network, CertificateOptions certificates, IDnsResolver dns, TimeProvider clock)
    {
        _dns = dns;
        _clock = clock;
        _connector = new Connector(network, clock);
        _handshake = new ClientHandshake(certificates, clock);
        (AddressFamily Family, bool IsUsed)[] families = [(AddressFamily.InterNetwork, network.UseIPv4), (AddressFamily.InterNetworkV6, network.UseIPv6)];
        _families = [.. families.Where(one => one.IsUsed).Select(one => one.Family)];
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 0,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            ConnectCallback = ConnectAsync,
        });
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
        try
        {
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
        catch
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<NetworkStream> OpenAsync(DomainName host, int port, CancellationToken cancellationToken)
    {
        string fault = "it has no address";
        foreach (AddressFamily family in _families)
        {
            DnsAnswer<IPAddress> answer = await _dns.LookUpAddressesAsync(host, family, cancellationToken).ConfigureAwait(false);
            if (answer is DnsAnswer<IPAddress>.Unavailable unavailable)
            {
                fault = "its address could not be looked up: " + unavailable.Reason;
            }

            foreach (IPAddress address in answer is DnsAnswer<IPAddress>.Found { Records: var records } ? records.Take(MaxAddresses) : [])
            {
                switch (await _connector.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false))
                {
                    case ConnectResult.Connected { Socket: var socket }:
                        return new NetworkStream(socket, ownsSocket: true);
                    case ConnectResult.Forbidden { Reason: var reason }:
                        fault = "it leads to " + reason;
                        break;
                    case ConnectResult.Failed { Reason: var reason }:
                        fault = $"no connection to {address}: {reason}";
                        break;
                }
            }
        }

        throw new IOException(fault);
    }
}
