using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>A loopback port that does not answer: its queue of one connection is full and is never emptied.</summary>
internal sealed class BlackHole : IDisposable
{
    private const int Fillers = 4;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fillers = [];

    public BlackHole()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Listen(1);
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        for (int i = 0; i < Fillers; i++)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _fillers.Add(filler);
            try
            {
                filler.Connect(EndPoint);
            }
            catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // On its way, or waiting for a place that will never be free: both fill the queue.
            }
        }
    }

    public IPEndPoint EndPoint { get; }

    public void Dispose()
    {
        foreach (Socket filler in _fillers)
        {
            filler.Dispose();
        }

        _socket.Dispose();
    }
}
