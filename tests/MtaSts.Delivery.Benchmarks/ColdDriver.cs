using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Benchmarks;

/// <summary>Ten thousand domains that nobody knows at once, beside a bare <see cref="HttpClient"/> that does the same GETs.</summary>
internal static class ColdDriver
{
    private const int Domains = 10_000;
    private const int Together = 500;

    public static async Task RunAsync()
    {
        using var server = new PolicyServer();
        _ = server.RunAsync();
        for (int round = 0; round < 3; round++)
        {
            double bare = await BareAsync(server, round);
            double ours = await OursAsync(server, round);
            Console.WriteLine($"round {round + 1}: bare HttpClient {bare:F0} GETs/s, resolver {ours:F0} policies/s, ratio {ours / bare:F2}");
        }
    }

    private static async Task<double> OursAsync(PolicyServer server, int round)
    {
        var options = new MailDelivererOptions { Certificates = { TrustAnchors = [server.Root] }, Policies = { MaxConcurrentFetches = Together } };
        options.Policies.OpenTransport = async (_, _, token) => await ConnectAsync(server.EndPoint, token);
        await using var deliverer = new MailDeliverer(options, resolver: new KnownDomains.Resolver(_ => "a"));
        server.ResetMost();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long started = Stopwatch.GetTimestamp();
        PolicyDiscovery[] found = await Task.WhenAll(Enumerable.Range(0, Domains).Select(i => deliverer.Policies.DiscoverAsync(Name(i)).AsTask()));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        if (found.Any(one => one.Source != PolicySource.Fetched))
        {
            throw new InvalidOperationException(found.First(one => one.Source != PolicySource.Fetched).Fault!.Detail);
        }

        Console.WriteLine($"round {round + 1}: at most {server.Most} connections at once, {(GC.GetTotalMemory(false) - before) >> 20} MiB of managed memory more at the end, before a collection");
        return Domains / elapsed.TotalSeconds;
    }

    private static async Task<double> BareAsync(PolicyServer server, int round)
    {
        using var handler = new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = async (_, token) => await ConnectAsync(server.EndPoint, token),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { server.Root }, RevocationMode = X509RevocationMode.NoCheck },
            },
        };
        using var client = new HttpClient(handler);
        using var turn = new SemaphoreSlim(Together);
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Domains).Select(i => Task.Run(async () =>
        {
            await turn.WaitAsync();
            try
            {
                if (!StsPolicy.TryParse(await client.GetByteArrayAsync(new Uri($"https://mta-sts.{Name(i)}/.well-known/mta-sts.txt")), out _, out string? fault))
                {
                    throw new InvalidOperationException($"round {round}: {fault}");
                }
            }
            finally
            {
                turn.Release();
            }
        })));
        return Domains / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static DomainName Name(int number) => DomainName.Parse($"c{number}.example");

    private static async Task<Stream> ConnectAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Serves one policy to whoever asks, each policy host with a certificate of its own.</summary>
    private sealed class PolicyServer : IDisposable
    {
        private static readonly byte[] Answer = Encoding.ASCII.GetBytes(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 69\r\n\r\nversion: STSv1\r\nmode: enforce\r\nmx: mx1.example.net\r\nmax_age: 604800\r\n");

        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly SslStreamCertificateContext[] _certificates = new SslStreamCertificateContext[Domains];
        private int _open;
        private int _most;

        public PolicyServer()
        {
            using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var root = new CertificateRequest("CN=Benchmark", rootKey, HashAlgorithmName.SHA256);
            root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            Root = root.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            for (int i = 0; i < _certificates.Length; i++)
            {
                var request = new CertificateRequest($"CN=Policy host {i}", key, HashAlgorithmName.SHA256);
                var names = new SubjectAlternativeNameBuilder();
                names.AddDnsName($"mta-sts.{Name(i)}");
                request.CertificateExtensions.Add(names.Build());
                request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
                using X509Certificate2 issued = request.Create(Root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(5), BitConverter.GetBytes(i + 1));
                _certificates[i] = SslStreamCertificateContext.Create(issued.CopyWithPrivateKey(key), null, offline: true);
            }

            _listener.Start(2000);
        }

        public X509Certificate2 Root { get; }

        public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

        public int Most => Volatile.Read(ref _most);

        public void ResetMost() => Volatile.Write(ref _most, 0);

        public async Task RunAsync()
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync();
                _ = Task.Run(() => ServeAsync(socket));
            }
        }

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(Socket socket)
        {
            int open = Interlocked.Increment(ref _open);
            int most = Most;
            while (open > most && Interlocked.CompareExchange(ref _most, open, most) != most)
            {
                most = Most;
            }

            try
            {
                socket.NoDelay = true;
                await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
                await stream.AuthenticateAsServerAsync((_, hello, _, _) => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = _certificates[int.Parse(hello.ServerName.Split('.')[1].AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)],
                }), null);
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

                await stream.WriteAsync(Answer);
                await stream.ShutdownAsync();
            }
            catch (IOException)
            {
                // The client has what it wanted.
            }
            finally
            {
                Interlocked.Decrement(ref _open);
            }
        }
    }
}
