using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Network;

/// <summary>Connects to HTTPS servers that a stranger has named: address by address, each judged as it is connected to, for an HTTP handler that does nothing by itself.</summary>
internal sealed class HttpsConnector(NetworkOptions network, IDnsResolver dns, TimeProvider clock)
{
    private const int MaxAddresses = 4;

    private readonly Connector _connector = new(network, clock);
    private readonly AddressFamily[] _families =
    [
        .. network.UseIPv4 ? [AddressFamily.InterNetwork] : Array.Empty<AddressFamily>(),
        .. network.UseIPv6 ? [AddressFamily.InterNetworkV6] : Array.Empty<AddressFamily>(),
    ];

    /// <summary>No redirects, cookies, caches, compression or ambient proxy; connections and TLS are the caller's, so that the exact fault is known.</summary>
    /// <param name="connect">Makes the connection, TLS included.</param>
    public static SocketsHttpHandler CreateHandler(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 0,
        // Otherwise every server would be sent our trace ids.
        ActivityHeadersPropagator = null,
        // A connection is judged when it is made; none is kept for later.
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectTimeout = Timeout.InfiniteTimeSpan,
        ConnectCallback = connect,
    };

    /// <summary>Connects; the only exception is the caller's cancellation.</summary>
    public async Task<ConnectResult> ConnectAsync(DomainName host, int port, CancellationToken cancellationToken)
    {
        ConnectResult result = new ConnectResult.Unresolved("it has no address", IsLookupFailure: false);
        foreach (AddressFamily family in _families)
        {
            DnsAnswer<IPAddress> answer = await dns.LookUpAddressesAsync(host, family, cancellationToken).ConfigureAwait(false);
            if (answer is DnsAnswer<IPAddress>.Unavailable unavailable && result is ConnectResult.Unresolved { IsLookupFailure: false })
            {
                result = new ConnectResult.Unresolved("the look-up of its address failed: " + unavailable.Reason, IsLookupFailure: true);
            }

            foreach (IPAddress address in answer is DnsAnswer<IPAddress>.Found { Records: var records } ? records.Take(MaxAddresses) : [])
            {
                result = await _connector.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false);
                if (result is ConnectResult.Connected)
                {
                    return result;
                }

                result = result is ConnectResult.Failed failed ? failed with { Reason = $"{address}: {failed.Reason}" } : result;
            }
        }

        return result;
    }
}
