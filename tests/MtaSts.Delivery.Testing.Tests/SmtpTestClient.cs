using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>The plainest SMTP client: one line out, one reply in, and deadlines on the fake clock.</summary>
internal sealed class SmtpTestClient : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);
    private readonly FakeInternet internet;
    private readonly CancellationToken limit;
    private readonly Socket socket;
    private readonly byte[] buffer = new byte[4096];
    private Stream stream;
    private int start;
    private int end;

    private SmtpTestClient(FakeInternet internet, Socket socket, CancellationToken limit)
    {
        this.internet = internet;
        this.socket = socket;
        this.limit = limit;
        stream = new NetworkStream(socket, ownsSocket: true);
    }

    public X509Certificate2Collection Presented { get; } = [];

    public SslPolicyErrors? Errors { get; private set; }

    public X509ChainStatusFlags ChainStatus { get; private set; }

    public SslProtocols Protocol => ((SslStream)stream).SslProtocol;

    public static async Task<SmtpTestClient> ConnectAsync(FakeInternet internet, IPAddress address, CancellationToken limit)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(internet.Map(new IPEndPoint(address, 25)), limit);
        return new SmtpTestClient(internet, socket, limit);
    }

    /// <summary>Greeting and EHLO; the reply to EHLO.</summary>
    public async Task<string> HelloAsync()
    {
        await ReadReplyAsync();
        return await SayAsync("EHLO client.test");
    }

    /// <summary>Greeting, EHLO, STARTTLS, handshake, EHLO; the last reply.</summary>
    public async Task<string> SecureHelloAsync(string host)
    {
        await HelloAsync();
        await SayAsync("STARTTLS");
        await HandshakeAsync(host);
        return await SayAsync("EHLO client.test");
    }

    public async Task<string> SayAsync(string line)
    {
        await WriteAsync(line + "\r\n");
        return await ReadReplyAsync();
    }

    public async Task WriteAsync(string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text), limit);

    /// <summary>A whole reply, lines joined by line feeds; what there is when the server hangs up; throws at the deadline.</summary>
    public async Task<string> ReadReplyAsync(int longest = 100_000)
    {
        using var deadline = new CancellationTokenSource(Deadline, internet.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, limit);
        var reply = new StringBuilder();
        try
        {
            while (!IsComplete(reply))
            {
                if (start == end)
                {
                    start = end = 0;
                    end = await stream.ReadAsync(buffer, either.Token);
                    if (end == 0)
                    {
                        break;
                    }
                }

                reply.Append((char)buffer[start++]);
                if (reply.Length > longest)
                {
                    throw new InvalidDataException("The reply does not end.");
                }
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException();
        }

        return reply.ToString().ReplaceLineEndings("\n").TrimEnd('\n');
    }

    public async Task HandshakeAsync(string host)
    {
        using var deadline = new CancellationTokenSource(Deadline, internet.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, limit);
        var tls = new SslStream(stream);
        stream = tls;
        try
        {
            await tls.AuthenticateAsClientAsync(ClientTls.Options(internet, host, Observe), either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        socket.Dispose();
    }

    private bool Observe(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Errors = errors;
        ChainStatus = chain!.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        Presented.Add(X509CertificateLoader.LoadCertificate(certificate!.GetRawCertData()));
        return true;
    }

    private static bool IsComplete(StringBuilder reply)
    {
        if (reply.Length == 0 || reply[^1] != '\n')
        {
            return false;
        }

        int start = reply.Length - 1;
        while (start > 0 && reply[start - 1] != '\n')
        {
            start--;
        }

        return reply.Length - start < 5 || reply[start + 3] != '-';
    }
}
