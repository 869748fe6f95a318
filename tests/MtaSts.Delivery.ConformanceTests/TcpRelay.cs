using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Passes questions on to a resolver over TCP, and closes each connection behind its answer; the first answers come together.</summary>
internal sealed class TcpRelay : IDisposable
{
    private readonly IPEndPoint _resolver;
    private readonly int _together;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _all = new();
    private int _questions;

    public TcpRelay(IPEndPoint resolver, int together)
    {
        (_resolver, _together) = (resolver, together);
        _listener.Start();
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _ = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = RelayAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using (client)
        {
            using var resolver = new TcpClient();
            byte[] question = await ReadAsync(client.GetStream());
            if (Interlocked.Increment(ref _questions) == _together)
            {
                _all.SetResult();
            }

            await _all.Task;
            await resolver.ConnectAsync(_resolver);
            await resolver.GetStream().WriteAsync(question);
            await client.GetStream().WriteAsync(await ReadAsync(resolver.GetStream()));
        }
    }

    private static async Task<byte[]> ReadAsync(NetworkStream stream)
    {
        byte[] length = new byte[2];
        await stream.ReadExactlyAsync(length);
        byte[] message = [.. length, .. new byte[BinaryPrimitives.ReadUInt16BigEndian(length)]];
        await stream.ReadExactlyAsync(message.AsMemory(2));
        return message;
    }
}
