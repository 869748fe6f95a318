using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>The client at the other end of an accepted connection, and all the ways to treat it badly.</summary>
internal sealed class Peer(Socket socket, FakeNetwork network) : IAsyncDisposable
{
    private const long FloodLimit = 64L * 1024 * 1024;
    private static readonly TimeSpan LongestStall = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(10);

    // Real time: a client that is busy with what it has read already is not stuck.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private readonly NetworkStream _wire = new(socket, ownsSocket: true);
    private readonly Visit _visit = network.Pump.Enter();
    private SslStream? _tls;

    /// <summary>The bare connection, under TLS if there is any.</summary>
    public Stream Wire => _wire;

    public bool IsTls => _tls is { IsAuthenticated: true };

    /// <summary>The server name that the client sent in its ClientHello.</summary>
    public string? Sni { get; private set; }

    public SslProtocols TlsProtocol => IsTls ? _tls!.SslProtocol : SslProtocols.None;

    public FakeNetwork Network => network;

    /// <summary>Is told what the client says outside TLS while nobody listens to it: to a fault, or during a handshake.</summary>
    public Action<ReadOnlyMemory<byte>>? Overheard { get; set; }

    /// <summary>The client can do nothing but wait: its time passes until the returned hold is disposed.</summary>
    public ClockPump.Hold Wait() => network.Pump.Take(_visit);

    /// <inheritdoc cref="Visit.Rest"/>
    public void Rest() => _visit.Rest();

    /// <summary>Keeps the client waiting for a simulated time.</summary>
    public Task DelayAsync(TimeSpan simulated) => network.Pump.DelayAsync(simulated, _visit, network.Ended);

    private Stream Stream => (Stream?)_tls ?? _wire;

    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        int count = await Stream.ReadAsync(buffer, network.Ended).ConfigureAwait(false);
        _visit.NoteActivity();
        return count;
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _visit.NoteActivity();
        await Stream.WriteAsync(bytes, network.Ended).ConfigureAwait(false);
    }

    /// <summary>The server's side of the handshake; the options may depend on the name that the client asks for.</summary>
    public async Task StartTlsAsync(Func<string?, TlsServer> choose)
    {
        _tls = new SslStream(new OverheardStream(_wire, Overhear), leaveInnerStreamOpen: false);
        await _tls.AuthenticateAsServerAsync(
            async (_, hello, _, _) =>
            {
                _visit.NoteActivity();
                // The platform shows A-labels as U-labels, which is not what went over the wire.
                Sni = string.IsNullOrEmpty(hello.ServerName) ? null : new IdnMapping().GetAscii(hello.ServerName);
                TlsServer server = choose(Sni);
                await server.MisbehaveAsync(this).ConfigureAwait(false);
                return server.Options();
            },
            null,
            network.Ended).ConfigureAwait(false);
        _visit.NoteActivity();
    }

    /// <summary>Ends the connection in good order: close_notify under TLS, then FIN.</summary>
    public async Task CloseAsync()
    {
        if (_tls is not null)
        {
            await _tls.ShutdownAsync().ConfigureAwait(false);
        }

        await DropAsync().ConfigureAwait(false);
    }

    /// <summary>Ends the connection with a FIN in the middle of everything, without close_notify.</summary>
    public async Task DropAsync()
    {
        socket.Shutdown(SocketShutdown.Send);

        // Closing with unread input would turn the FIN into a reset.
        await WaitForHangUpAsync(LongestGoodbye).ConfigureAwait(false);
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        HearRest();
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>Says nothing more until the client hangs up or a simulated hour has passed.</summary>
    public Task StallAsync() => WaitForHangUpAsync(LongestStall);

    /// <summary>Writes one byte after the other, with simulated time between them.</summary>
    public async Task DripAsync(ReadOnlyMemory<byte> bytes, TimeSpan interval)
    {
        using ClockPump.Hold hold = Wait();
        for (int i = 0; i < bytes.Length; i++)
        {
            await network.Pump.SleepAsync(interval, network.Ended).ConfigureAwait(false);
            await Stream.WriteAsync(bytes.Slice(i, 1), network.Ended).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the same bytes again and again until the client hangs up or has been sent 64 MiB.</summary>
    public async Task FloodAsync(ReadOnlyMemory<byte> bytes)
    {
        for (long sent = 0; sent < FloodLimit; sent += bytes.Length)
        {
            Task written = WriteAsync(bytes).AsTask();
            if (!written.IsCompleted
                && await Task.WhenAny(written, Task.Delay(Patience, TimeProvider.System, network.Ended)).ConfigureAwait(false) != written)
            {
                // The client has stopped reading without hanging up: now only its deadline can end this.
                using ClockPump.Hold hold = Wait();
                await written.ConfigureAwait(false);
            }

            await written.ConfigureAwait(false);
        }
    }

    /// <summary>Hears what has arrived and nobody has read.</summary>
    public void HearRest()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (!IsTls && socket.Available > 0 && socket.Receive(buffer) is > 0 and var count)
            {
                Overhear(buffer.AsMemory(0, count));
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Reset, by either side.
        }
    }

    public async ValueTask DisposeAsync()
    {
        using Visit over = _visit;
        if (_tls is not null)
        {
            await _tls.DisposeAsync().ConfigureAwait(false);
        }

        await _wire.DisposeAsync().ConfigureAwait(false);
        socket.Dispose();
    }

    private async Task WaitForHangUpAsync(TimeSpan longest)
    {
        using ClockPump.Hold hold = Wait();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(network.Ended);
        Task enough = network.Pump.SleepAsync(longest, over.Token);
        Task swallowed = SwallowAsync(over.Token);
        try
        {
            await Task.WhenAny(enough, swallowed).ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await swallowed.ConfigureAwait(false);
        }
    }

    private async Task SwallowAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await _wire.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                Overhear(buffer.AsMemory(0, count));
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Hung up by a reset, or the internet came to its end.
        }
    }

    private void Overhear(ReadOnlyMemory<byte> octets)
    {
        if (!IsTls)
        {
            Overheard?.Invoke(octets);
        }
    }
}
