using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MtaSts.Delivery.Benchmarks.Sinks;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>The least that a client can do, to see how fast the sink is: ready-made octets, no look at what is said.</summary>
/// <param name="world">Where the messages go.</param>
/// <param name="sink">What takes them.</param>
/// <param name="template">The message.</param>
/// <param name="workers">How many send at the same time.</param>
/// <param name="inOneWrite">Whether envelope and content go out together with BDAT: one round trip a message instead of two. RFC 3030 §4.3.</param>
internal sealed class RawClient(LoadWorld world, SinkProcess sink, MessageTemplate template, int workers, bool inOneWrite) : ICompetitor
{
    private readonly Stream[] _streams = new Stream[workers];
    private readonly byte[][] _contents = [.. Enumerable.Range(0, workers).Select(_ => inOneWrite ? Together(world, template) : Stuffed(template))];
    private readonly byte[][] _commands = [.. world.Recipients.Select(recipient => Encoding.ASCII.GetBytes($"MAIL FROM:<noreply@client.load.example>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n"))];
    private readonly byte[][] _replies = [.. Enumerable.Range(0, workers).Select(_ => new byte[1024])];

    public async Task StartAsync()
    {
        for (int worker = 0; worker < workers; worker++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(sink.Smtp);
            var clear = new NetworkStream(socket, ownsSocket: true);
            await ExpectAsync(clear, worker, 1);
            await clear.WriteAsync("EHLO client.load.example\r\n"u8.ToArray());
            await ExpectAsync(clear, worker, 8);
            await clear.WriteAsync("STARTTLS\r\n"u8.ToArray());
            await ExpectAsync(clear, worker, 1);
            var tls = new SslStream(clear);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = LoadWorld.MxName(0),
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { sink.Root }, RevocationMode = X509RevocationMode.NoCheck },
            });
            await tls.WriteAsync("EHLO client.load.example\r\n"u8.ToArray());
            await ExpectAsync(tls, worker, 7);
            _streams[worker] = tls;
        }
    }

    public async Task SendAsync(int worker, long id, int domain)
    {
        Stream stream = _streams[worker];
        MessageIds.Patch(_contents[worker], MessageIds.PositionIn(_contents[worker]), id);
        if (inOneWrite)
        {
            await stream.WriteAsync(_contents[worker]);
            await ExpectAsync(stream, worker, 3);
            return;
        }

        await stream.WriteAsync(_commands[domain]);
        await ExpectAsync(stream, worker, 3);
        await stream.WriteAsync(_contents[worker]);
        await ExpectAsync(stream, worker, 1);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Stream stream in _streams)
        {
            await stream.DisposeAsync();
        }
    }

    private async ValueTask ExpectAsync(Stream stream, int worker, int lines)
    {
        for (int left = lines; left > 0;)
        {
            int read = await stream.ReadAsync(_replies[worker]);
            left -= read > 0 ? _replies[worker].AsSpan(0, read).Count((byte)'\n') : throw new InvalidOperationException("The sink closed the connection.");
        }
    }

    // To the first domain only, so that nothing has to be put together for each message.
    private static byte[] Together(LoadWorld world, MessageTemplate template)
    {
        byte[] content = template.Copy();
        return [.. Encoding.ASCII.GetBytes($"MAIL FROM:<noreply@client.load.example>\r\nRCPT TO:<{world.Recipients[0]}>\r\nBDAT {content.Length} LAST\r\n"), .. content];
    }

    private static byte[] Stuffed(MessageTemplate template) => Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(template.Copy()).Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\n");
}
