using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>A TCP listener, usually on a loopback port of the system's choice.</summary>
internal sealed class LoopbackListener : IDisposable
{
    private const int Backlog = 512;
    private readonly Socket _socket;

    public LoopbackListener(FakeNetwork network, Func<Peer, Task> serve, IPEndPoint endPoint)
    {
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(endPoint);
            _socket.Listen(Backlog);
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }

        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        network.Tasks.Run(() => AcceptAsync(network, serve));
    }

    public IPEndPoint EndPoint { get; }

    public void Dispose() => _socket.Dispose();

    private async Task AcceptAsync(FakeNetwork network, Func<Peer, Task> serve)
    {
        while (true)
        {
            Socket accepted = await _socket.AcceptAsync(network.Ended).ConfigureAwait(false);
            accepted.NoDelay = true;
            network.Tasks.Run(() => ServeAsync(new Peer(accepted, network), serve));
        }
    }

    private static async Task ServeAsync(Peer peer, Func<Peer, Task> serve)
    {
        await using (peer.ConfigureAwait(false))
        {
            await serve(peer).ConfigureAwait(false);
        }
    }
}
