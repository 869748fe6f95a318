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
    private readonly FakeInternet _internet;
    private readonly CancellationToken _limit;
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[4096];
    private Stream _stream;
    private int _start;
    private int _end;

    private SmtpTestClient(FakeInternet internet, Socket socket, CancellationToken limit)
    {
        _internet = internet;
        _socket = socket;
        _limit = limit;
        _stream = new NetworkStream(_socket, ownsSocket: true);
    }

    public X509Certificate2Collection Presented { get; } = [];

    public SslPolicyErrors? Errors { get; private set; }

    public X509ChainStatusFlags ChainStatus { get; private set; }

    public SslProtocols Protocol => ((SslStream)_stream).SslProtocol;

    public static async Task<SmtpTestClient> ConnectAsync(FakeInternet internet, IPAddress address, CancellationToken limit)
    {
        var _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(internet.Map(new IPEndPoint(address, 25)), limit);
        return new SmtpTestClient(internet, _socket, limit);
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

    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    public async Task WriteAsync(byte[] octets) => await _stream.WriteAsync(octets, _limit);

    /// <summary>A whole reply, lines joined by line feeds; what there is when the server hangs up; throws at the deadline.</summary>
    public async Task<string> ReadReplyAsync(int longest = 100_000)
    {
        using var deadline = new CancellationTokenSource(Deadline, _internet.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _limit);
        var reply = new StringBuilder();
        try
        {
            while (!IsComplete(reply))
            {
                if (_start == _end)
                {
                    _start = _end = 0;
                    _end = await _stream.ReadAsync(_buffer, either.Token);
                    if (_end == 0)
                    {
                        break;
                    }
                }

                reply.Append((char)_buffer[_start++]);
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
        using var deadline = new CancellationTokenSource(Deadline, _internet.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _limit);
        var tls = new SslStream(_stream);
        _stream = tls;
        try
        {
            await tls.AuthenticateAsClientAsync(ClientTls.Options(_internet, host, Observe), either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
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

        int _start = reply.Length - 1;
        while (_start > 0 && reply[_start - 1] != '\n')
        {
            _start--;
        }

        return reply.Length - _start < 5 || reply[_start + 3] != '-';
    }
}
