using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>The wires of one fake internet: which documentation address is played by which loopback port.</summary>
internal sealed class FakeNetwork : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<IPEndPoint, Station> _stations = new();
    private readonly Log<ConnectionAttempt> _attempts = new();
    private readonly Lazy<BlackHole> _blackHole;
    private readonly Socket _refusing;

    public FakeNetwork(DateTimeOffset start, bool isStandAlone)
    {
        IsStandAlone = isStandAlone;
        Ended = _ended.Token;
        Clock = new EventClock(start);
        Tasks = new BackgroundTasks();
        Pump = new ClockPump(Clock, Tasks, Ended);
        _blackHole = new Lazy<BlackHole>(() => new BlackHole());

        // Bound but never listening: the system refuses connections, and gives the port to nobody else who does not name it.
        _refusing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Refusing = (IPEndPoint)_refusing.LocalEndPoint!;
    }

    /// <summary>Whether the hosts listen at their own addresses, for senders that ask nobody the way.</summary>
    public bool IsStandAlone { get; }

    public EventClock Clock { get; }

    public BackgroundTasks Tasks { get; }

    public ClockPump Pump { get; }

    public DocumentationAddresses Addresses { get; } = new();

    public CancellationToken Ended { get; }

    public IReadOnlyList<ConnectionAttempt> Attempts => _attempts.Snapshot();

    private IPEndPoint Refusing { get; }

    /// <summary>The station at an endpoint, put there by <paramref name="create"/> when the place is free.</summary>
    public Station GetOrAdd(IPEndPoint endPoint, Func<IPEndPoint, Station> create) => _stations.GetOrAdd(Canonical(endPoint), create);

    public Station? Find(IPEndPoint endPoint) => _stations.GetValueOrDefault(Canonical(endPoint));

    public void Remove(IPEndPoint endPoint)
    {
        if (_stations.TryRemove(Canonical(endPoint), out Station? station))
        {
            station.Dispose();
        }
    }

    public IPEndPoint Map(IPEndPoint endPoint)
    {
        ObjectDisposedException.ThrowIf(Ended.IsCancellationRequested, typeof(FakeInternet));
        NoteAttempt(endPoint);
        Pump.NoteActivity();
        return Find(endPoint) is not { } station ? Refusing : station.NextConnection() switch
        {
            ConnectAnswer.Accept => Await(station),
            ConnectAnswer.Ignore => Swallow(),
            _ => Refusing,
        };
    }

    public void NoteAttempt(IPEndPoint endPoint) => _attempts.Add(new ConnectionAttempt(endPoint, Clock.GetUtcNow()));

    /// <summary>Lets the clock go with real time.</summary>
    public void RunInRealTime()
    {
        Pump.IsEnabled = false;
        Tasks.Run(async () =>
        {
            using var ticks = new PeriodicTimer(Tick, TimeProvider.System);
            while (await ticks.WaitForNextTickAsync(Ended).ConfigureAwait(false))
            {
                TimeSpan behind = TimeProvider.System.GetUtcNow() - Clock.GetUtcNow();
                if (behind > TimeSpan.Zero)
                {
                    Clock.Advance(behind);
                }
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (Ended.IsCancellationRequested)
        {
            return;
        }

        await _ended.CancelAsync().ConfigureAwait(false);
        _refusing.Dispose();
        foreach (Station station in _stations.Values)
        {
            station.Dispose();
        }

        if (_blackHole.IsValueCreated)
        {
            _blackHole.Value.Dispose();
        }

        await Tasks.WhenAllAsync().ConfigureAwait(false);
        Pump.Dispose();
        _ended.Dispose();
    }

    private IPEndPoint Await(Station station)
    {
        Pump.Expect();
        return station.EndPoint;
    }

    private IPEndPoint Swallow()
    {
        // Nobody can see when the client gives up on a connection that was never answered, so the time is bounded.
        Tasks.Run(() => Pump.DelayAsync(TimeSpan.FromMinutes(10), null, Ended));
        return _blackHole.Value.EndPoint;
    }

    private static IPEndPoint Canonical(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;
}
