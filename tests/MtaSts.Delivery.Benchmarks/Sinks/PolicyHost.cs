using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>Serves the policies of all domains by HTTPS.</summary>
/// <param name="certificate">The certificate for the name that a client asks for.</param>
/// <param name="policy">The policy of the policy host that a client asks for.</param>
internal sealed class PolicyHost(Func<string, SslStreamCertificateContext> certificate, Func<string, string> policy) : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private long _served;

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public long Served => Interlocked.Read(ref _served);

    public void Start()
    {
        _listener.Start(1000);
        _ = Task.Run(AcceptAsync);
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket = await _listener.AcceptSocketAsync();
            _ = Task.Run(() => ServeAsync(socket));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        string name = "";
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    name = hello.ServerName;
                    return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate(hello.ServerName) });
                },
                null);
            byte[] buffer = new byte[4096];
            for (int length = 0; !buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8);)
            {
                int read = await stream.ReadAsync(buffer.AsMemory(length));
                if (read == 0)
                {
                    return;
                }

                length += read;
            }

            string text = policy(name);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\n\r\n{text}"));
            await stream.ShutdownAsync();
            Interlocked.Increment(ref _served);
        }
        catch (Exception gone) when (gone is IOException or AuthenticationException)
        {
            // The client has what it wanted, or did not want it.
        }
    }
}
