using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CustomRelay;

/// <summary>A client that says exactly what it is told, octet by octet, as no honest one would.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TcpClient _client;
    private readonly StreamReader _reader;

    private RawClient(TcpClient client)
    {
        _client = client;
        _reader = new StreamReader(client.GetStream(), Encoding.ASCII);
    }

    /// <summary>Connects, and reads the greeting.</summary>
    public static async Task<(RawClient Client, string Greeting)> ConnectAsync(IPEndPoint endPoint, IPAddress? from = null)
    {
        var tcp = new TcpClient(new IPEndPoint(from ?? IPAddress.Loopback, 0));
        await tcp.ConnectAsync(endPoint);
        var client = new RawClient(tcp);
        return (client, await client.ReadAsync());
    }

    /// <summary>Sends a text as it is, and reads the replies.</summary>
    /// <param name="text">What is sent.</param>
    /// <param name="replies">How many replies are read; the last is returned.</param>
    public async Task<string> SayAsync(string text, int replies = 1)
    {
        try
        {
            await _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text));
        }
        catch (IOException)
        {
            // The relay may have closed before all of it was sent; what it said before counts.
        }

        string last = "";
        for (int i = 0; i < replies; i++)
        {
            last = await ReadAsync();
        }

        return last;
    }

    /// <summary>Reads one reply, all its lines; empty when the relay has closed the connection.</summary>
    public async Task<string> ReadAsync()
    {
        var reply = new StringBuilder();
        try
        {
            while (await _reader.ReadLineAsync().WaitAsync(Patience) is { } line)
            {
                reply.Append(line).Append('\n');
                if (line.Length < 4 || line[3] != '-')
                {
                    break;
                }
            }
        }
        catch (IOException)
        {
            // Closed.
        }

        return reply.ToString().TrimEnd('\n');
    }

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }
}
