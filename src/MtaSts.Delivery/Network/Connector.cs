using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.Network;

/// <summary>Opens TCP connections: the one place where the address that is really connected to is judged.</summary>
internal sealed class Connector(NetworkOptions options, TimeProvider clock)
{
    private readonly bool _allowPrivate = options.AllowPrivateAddresses;
    private readonly TimeSpan _timeout = options.ConnectTimeout;
    private readonly IPAddress[] _localAddresses = [.. options.LocalAddresses];
    private readonly Func<IPEndPoint, IPEndPoint>? _map = options.EndPointMap;

    /// <summary>Whether the address may be connected to at all.</summary>
    public bool Permits(IPAddress address) => _allowPrivate || AddressRules.IsPublic(address);

    /// <summary>Connects; the only exception is the caller's cancellation.</summary>
    public async Task<ConnectResult> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        if (!Permits(endPoint.Address))
        {
            return new ConnectResult.Forbidden($"{endPoint.Address} is a loopback, private or reserved address; Network.AllowPrivateAddresses is off");
        }

        IPEndPoint target = _map?.Invoke(endPoint) ?? endPoint;
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var deadline = new CancellationTokenSource(_timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            // Without this Nagle's algorithm and delayed acknowledgements cost about 40 ms a message.
            socket.NoDelay = true;
            if (Array.Find(_localAddresses, address => address.AddressFamily == target.AddressFamily) is { } local)
            {
                socket.Bind(new IPEndPoint(local, 0));
            }

            await socket.ConnectAsync(target, both.Token).ConfigureAwait(false);
            return new ConnectResult.Connected(socket);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            // What drops packets on the way is told from what says no: the first may be this network's own firewall.
            return failure is SocketException refused
                ? new ConnectResult.Failed(refused.SocketErrorCode.ToString(), refused.SocketErrorCode is SocketError.TimedOut)
                : new ConnectResult.Failed(FormattableString.Invariant($"no connection within {_timeout.TotalSeconds:0.#} s"), IsTimeout: true);
        }
    }
}
