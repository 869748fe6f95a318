using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>An SMTP server that takes every message, counts it and forgets it, with as little work as can be.</summary>
/// <param name="certificate">The certificate for the name that a client asks for.</param>
/// <param name="verify">Whether each message's body is read and compared with the digest in its header.</param>
internal sealed class SmtpSink(Func<string, SslStreamCertificateContext> certificate, bool verify) : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly SeenIds _ids = new();
    private long _messages;
    private long _recipients;
    private long _octets;
    private long _connections;
    private long _handshakes;
    private long _duplicates;
    private long _faults;
    private int _open;

    public bool Verify => verify;

    /// <summary>What goes wrong on purpose; nothing unless set.</summary>
    public IFaultPlan? Faults { get; init; }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>How many connections are open.</summary>
    public int Open => Volatile.Read(ref _open);

    public void Start()
    {
        _listener.Start(1000);
        _ = Task.Run(AcceptAsync);
    }

    public SinkCounts Count(long policies) => new(
        Interlocked.Read(ref _messages), Interlocked.Read(ref _recipients), Interlocked.Read(ref _octets), Interlocked.Read(ref _connections), Interlocked.Read(ref _handshakes),
        Interlocked.Read(ref _duplicates), Interlocked.Read(ref _faults), policies, Environment.CpuUsage.TotalTime);

    public SslStreamCertificateContext CertificateFor(string name) => certificate(name);

    public void Shaken() => Interlocked.Increment(ref _handshakes);

    public void Fault() => Interlocked.Increment(ref _faults);

    /// <summary>Counts a message that is about to be accepted.</summary>
    /// <param name="id">Its id; negative when it has none.</param>
    /// <param name="recipients">How many recipients it has.</param>
    /// <param name="octets">How long it was on the wire.</param>
    /// <param name="isIntact">Whether it is what its sender meant, as far as that is looked at.</param>
    public void Accept(long id, int recipients, long octets, bool isIntact)
    {
        Interlocked.Increment(ref _messages);
        Interlocked.Add(ref _recipients, recipients);
        Interlocked.Add(ref _octets, octets);
        if (id < 0 || !isIntact)
        {
            Fault();
        }
        else if (!_ids.Add(id))
        {
            Interlocked.Increment(ref _duplicates);
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync();
            }
            catch (Exception closed) when (closed is ObjectDisposedException or SocketException or InvalidOperationException)
            {
                return;
            }

            Interlocked.Increment(ref _connections);
            Interlocked.Increment(ref _open);
            _ = Task.Run(() => ServeAsync(socket));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var session = new SinkSession(this, socket);
            await session.RunAsync();
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
