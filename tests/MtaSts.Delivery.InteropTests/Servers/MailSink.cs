using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.InteropTests.Servers;

/// <summary>
/// Takes every message over STARTTLS, at once, and counts. It acknowledges without delay: otherwise a measurement is one of Nagle's algorithm and
/// delayed acknowledgements.
/// </summary>
internal sealed class MailSink(IPEndPoint endPoint, string certificateFile)
{
    private static readonly byte[] Greeting = "220 sink ESMTP\r\n"u8.ToArray();
    private static readonly byte[] InClear = "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 50000000\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n"u8.ToArray();
    private static readonly byte[] Protected = "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 50000000\r\n"u8.ToArray();
    private static readonly byte[] Ready = "220 2.0.0 go ahead\r\n"u8.ToArray();
    private static readonly byte[] Ok = "250 2.0.0 ok\r\n"u8.ToArray();
    private static readonly byte[] Content = "354 go ahead\r\n"u8.ToArray();
    private static readonly byte[] Bye = "221 2.0.0 bye\r\n"u8.ToArray();
    private readonly Lock _lock = new();
    private long _messages;
    private long _first;
    private long _last;

    /// <summary>How many messages have come.</summary>
    public long Messages
    {
        get
        {
            lock (_lock)
            {
                return _messages;
            }
        }
    }

    /// <summary>How long it took from the first message to the last, since the count began anew.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (_lock)
            {
                return Stopwatch.GetElapsedTime(_first, _last);
            }
        }
    }

    /// <summary>Counts from nought.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            (_messages, _first, _last) = (0, 0, 0);
        }
    }

    public void Start(CancellationToken cancellationToken)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(certificateFile);
        var leaf = X509Certificate2.CreateFromPemFile(certificateFile);
        var certificate = SslStreamCertificateContext.Create(leaf, chain, offline: true);
        var listener = new TcpListener(endPoint);
        listener.Start(4096);
        _ = AcceptAsync(listener, certificate, cancellationToken);
    }

    private async Task AcceptAsync(TcpListener listener, SslStreamCertificateContext certificate, CancellationToken cancellationToken)
    {
        while (true)
        {
            Socket socket = await listener.AcceptSocketAsync(cancellationToken);
            socket.NoDelay = true;
            // TCP_QUICKACK, which the system takes back after a while; each reply that is written acknowledges anyway.
            socket.SetRawSocketOption(6, 12, BitConverter.GetBytes(1));
            _ = Task.Run(() => ServeAsync(socket, certificate, cancellationToken), cancellationToken);
        }
    }

    private void Count()
    {
        lock (_lock)
        {
            _last = Stopwatch.GetTimestamp();
            _first = _messages++ == 0 ? _last : _first;
        }
    }

    private async Task ServeAsync(Socket socket, SslStreamCertificateContext certificate, CancellationToken cancellationToken)
    {
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            await stream.WriteAsync(Greeting, cancellationToken);
            int length = 0;
            bool inContent = false, isProtected = false;
            var replies = new ArrayBufferWriter<byte>(512);
            while (true)
            {
                int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
                if (read == 0)
                {
                    return;
                }

                length += read;
                int done = 0;
                bool quit = false, startTls = false;
                while (!quit && !startTls)
                {
                    ReadOnlySpan<byte> rest = buffer.AsSpan(done, length - done);
                    if (inContent)
                    {
                        int end = rest.IndexOf("\r\n.\r\n"u8);
                        if (end < 0)
                        {
                            // What cannot be the begin of the end is of no more use.
                            done = Math.Max(done, length - 4);
                            break;
                        }

                        done += end + 5;
                        inContent = false;
                        Count();
                        replies.Write(Ok);
                        continue;
                    }

                    int line = rest.IndexOf("\r\n"u8);
                    if (line < 0)
                    {
                        break;
                    }

                    ReadOnlySpan<byte> command = rest[..line];
                    done += line + 2;
                    switch (command.Length >= 4 ? (char)(command[0] & 0xDF) : ' ')
                    {
                        case 'E' or 'H':
                            replies.Write(isProtected ? Protected : InClear);
                            break;
                        case 'S':
                            replies.Write(Ready);
                            startTls = true;
                            break;
                        case 'D':
                            replies.Write(Content);
                            inContent = true;
                            // The line end before the content counts as the one before its dot, so that an empty message ends, too.
                            done -= 2;
                            break;
                        case 'Q':
                            replies.Write(Bye);
                            quit = true;
                            break;
                        default:
                            replies.Write(Ok);
                            break;
                    }
                }

                if (replies.WrittenCount > 0)
                {
                    await stream.WriteAsync(replies.WrittenMemory, cancellationToken);
                    replies.ResetWrittenCount();
                }

                if (quit)
                {
                    return;
                }

                buffer.AsSpan(done, length - done).CopyTo(buffer);
                length -= done;
                if (startTls)
                {
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(
                        new SslServerAuthenticationOptions { ServerCertificateContext = certificate, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }, cancellationToken);
                    (stream, length, isProtected) = (tls, 0, true);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or AuthenticationException or SocketException or OperationCanceledException)
        {
            // The sender has left; what it had handed over is counted.
        }
        finally
        {
            await stream.DisposeAsync();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
