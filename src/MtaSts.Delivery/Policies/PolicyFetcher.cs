using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Network;

namespace MtaSts.Delivery.Policies;

/// <summary>Fetches policies by HTTPS. RFC 8461 §3.3.</summary>
/// <remarks>TLS is done here rather than by the HTTP stack, so that only SAN DNS-IDs count and the exact fault is known.</remarks>
internal sealed class PolicyFetcher : IDisposable
{
    private const int HttpsPort = 443;

    private readonly HttpsConnector _connector;
    private readonly ClientHandshake _handshake;
    private readonly HttpMessageInvoker _http;
    private readonly TimeSpan _timeout;
    private readonly int _maxSize;
    private readonly Func<string, int, CancellationToken, ValueTask<Stream>>? _openTransport;
    private readonly TimeProvider _clock;

    public PolicyFetcher(PolicyOptions options, NetworkOptions network, CertificateOptions certificates, IDnsResolver dns, TimeProvider clock)
    {
        _clock = clock;
        _connector = new HttpsConnector(network, dns, clock);
        _handshake = new ClientHandshake(certificates, clock);
        _timeout = options.FetchTimeout;
        _maxSize = options.MaxPolicySize;
        _openTransport = options.OpenTransport;
        _http = new HttpMessageInvoker(HttpsConnector.CreateHandler(ConnectAsync));
    }

    /// <summary>Fetches; the only exception is the caller's cancellation.</summary>
    public async Task<PolicyFetch> FetchAsync(DomainName policyHost, CancellationToken cancellationToken) => await ProbeAsync(policyHost, cancellationToken).ConfigureAwait(false) switch
    {
        { Policy: { } policy } => new PolicyFetch.Fetched(policy),
        { Fault: { } fault } => new PolicyFetch.Failed(fault),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Fetches, and tells all that it saw.</summary>
    public async Task<PolicyProbe> ProbeAsync(DomainName policyHost, CancellationToken cancellationToken)
    {
        long started = _clock.GetTimestamp();
        var seen = new Seen();
        using var deadline = new CancellationTokenSource(_timeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            PolicyReading reading = await GetAsync(policyHost, seen, both.Token).ConfigureAwait(false);
            PolicyFault? malformed = reading.Fault is { } fault
                ? new PolicyFault(PolicyFaultKind.PolicyInvalid, $"the policy at {policyHost} is malformed: {fault}", fault.Code)
                : null;
            return new PolicyProbe(reading, malformed, seen.Certificate, _clock.GetElapsedTime(started));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException or InvalidOperationException or SocketException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PolicyFault why = FaultIn(failure)
                ?? (deadline.IsCancellationRequested
                    ? new PolicyFault(PolicyFaultKind.Timeout, FormattableString.Invariant($"no complete answer from {policyHost} within {_timeout.TotalSeconds:0} s"), "http.timeout")
                    : new PolicyFault(PolicyFaultKind.HttpProtocol, $"{policyHost}: {Printable(failure.Message)}", "http.protocol"));
            return new PolicyProbe(null, why, seen.Certificate, _clock.GetElapsedTime(started));
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<PolicyReading> GetAsync(DomainName policyHost, Seen seen, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://{policyHost}/.well-known/mta-sts.txt"))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Options.Set(Seen.Key, seen);
        using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (FaultOf(response, policyHost) is { } fault)
        {
            throw new FetchException(fault);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(_maxSize + 1);
        try
        {
            using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            int length = await body.ReadAtLeastAsync(buffer.AsMemory(0, _maxSize + 1), _maxSize + 1, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return length > _maxSize
                ? throw new FetchException(PolicyFaultKind.TooLarge, FormattableString.Invariant($"the policy at {policyHost} is longer than {_maxSize} octets"), "http.too-large")
                : StsPolicy.Read(buffer.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static PolicyFault? FaultOf(HttpResponseMessage response, DomainName policyHost)
    {
        HttpContentHeaders headers = response.Content.Headers;
        if (response.StatusCode != HttpStatusCode.OK)
        {
            string to = response.Headers.Location is { } target ? $" (to {Printable(target.OriginalString)})" : "";
            return new PolicyFault(
                PolicyFaultKind.HttpStatus,
                FormattableString.Invariant($"{policyHost} answered {(int)response.StatusCode}{to}; only 200 counts, and redirects are not followed"),
                PolicyFetchCodes.OfStatus(response.StatusCode));
        }

        if (!string.Equals(headers.ContentType?.MediaType, "text/plain", StringComparison.OrdinalIgnoreCase))
        {
            string? mediaType = headers.ContentType?.MediaType;
            return new PolicyFault(PolicyFaultKind.MediaType, $"{policyHost} serves the policy as '{Printable(mediaType ?? "nothing")}', not as text/plain", PolicyFetchCodes.OfMediaType(mediaType));
        }

        if (headers.ContentEncoding.Count > 0)
        {
            return new PolicyFault(PolicyFaultKind.HttpProtocol, $"{policyHost} encodes the policy, though nothing of the kind was offered", "http.compressed");
        }

        // A body that only the end of the connection ends could be cut short by anybody on the path without a trace.
        return headers.ContentLength is null && response.Headers.TransferEncodingChunked != true
            ? new PolicyFault(PolicyFaultKind.HttpProtocol, $"{policyHost} does not say where the policy ends (neither Content-Length nor chunked)", "http.length-missing")
            : null;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = DomainName.Parse(context.DnsEndPoint.Host);
        Stream transport = _openTransport is { } open
            ? await open(host.Value, HttpsPort, cancellationToken).ConfigureAwait(false)
            : await OpenTransportAsync(host, cancellationToken).ConfigureAwait(false);
        HandshakeResult handshake = await _handshake.RunAsync(transport, host, _timeout, cancellationToken).ConfigureAwait(false);
        if (handshake is HandshakeResult.Established up && context.InitialRequestMessage.Options.TryGetValue(Seen.Key, out Seen? seen))
        {
            seen.Certificate = up.Certificate;
        }

        switch (handshake)
        {
            case HandshakeResult.Established { Certificate.Problems: CertificateProblems.None, Stream: SslStream stream }:
                return stream;

            case HandshakeResult.Established refused:
                await refused.Stream.DisposeAsync().ConfigureAwait(false);
                throw new FetchException(PolicyFaultKind.CertificateInvalid, Describe(host, refused.Certificate), PolicyFetchCodes.OfCertificate(refused.Certificate));

            case HandshakeResult.Failed failed:
                throw new FetchException(failed.IsTimeout ? PolicyFaultKind.Timeout : PolicyFaultKind.TlsFailed, $"TLS with {host} failed: {failed.Reason}", failed.IsTimeout ? "http.timeout" : "host.tls-handshake");

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<Stream> OpenTransportAsync(DomainName host, CancellationToken cancellationToken) =>
        await _connector.ConnectAsync(host, HttpsPort, cancellationToken).ConfigureAwait(false) switch
        {
            ConnectResult.Connected(var socket) => new NetworkStream(socket, ownsSocket: true),
            ConnectResult.Unresolved(var reason, var isLookupFailure) =>
                throw new FetchException(PolicyFaultKind.HostNotResolved, $"{host}: {reason}", isLookupFailure ? "host.dns-failure" : "host.no-address"),
            ConnectResult.Forbidden(var reason) => throw new FetchException(PolicyFaultKind.HostForbidden, $"{host} leads to {reason}", "host.private-address"),
            ConnectResult.Failed(var reason, var isTimeout) =>
                throw new FetchException(PolicyFaultKind.ConnectFailed, $"no connection to {host} at {reason}", isTimeout ? "host.connect-timeout" : "host.connect-refused"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private static string Describe(DomainName host, CertificateFindings certificate) =>
        FormattableString.Invariant($"the certificate of {host} is not valid for it ({certificate.Problems}): subject '{certificate.Subject}', names {(certificate.DnsNames.Count == 0 ? "none" : string.Join(", ", certificate.DnsNames.Take(5)))}, valid {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd}");

    private static PolicyFault? FaultIn(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is FetchException known)
            {
                return known.Fault;
            }
        }

        return null;
    }

    private static string Printable(string text) => PrintableText.Of(text, 200);

    /// <summary>What was seen on the way, for whoever asks beyond the policy.</summary>
    private sealed class Seen
    {
        public static readonly HttpRequestOptionsKey<Seen> Key = new("MtaSts.Delivery.Seen");

        public CertificateFindings? Certificate { get; set; }
    }

    /// <summary>Carries a fault out of the HTTP stack, which wraps it.</summary>
    private sealed class FetchException(PolicyFault fault) : IOException(fault.Detail)
    {
        public FetchException(PolicyFaultKind kind, string detail, string code)
            : this(new PolicyFault(kind, detail, code))
        {
        }

        public PolicyFault Fault { get; } = fault;
    }
}
