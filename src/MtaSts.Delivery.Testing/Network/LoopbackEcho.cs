using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>Sends itself a datagram: once it is back, what was in the queues of sockets and thread pool before it has had its turn.</summary>
internal sealed class LoopbackEcho : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly byte[] _buffer = new byte[1];

    public LoopbackEcho()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Connect(_socket.LocalEndPoint!);
    }

    public async Task RoundTripAsync(CancellationToken cancellationToken)
    {
        ValueTask<int> back = _socket.ReceiveAsync(_buffer, cancellationToken);
        await _socket.SendAsync(_buffer, cancellationToken).ConfigureAwait(false);
        await back.ConfigureAwait(false);
    }

    public void Dispose() => _socket.Dispose();
}
