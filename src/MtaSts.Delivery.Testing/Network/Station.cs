using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>What stands at one address and port of the fake internet. It listens from the first time somebody calls.</summary>
internal abstract class Station : IDisposable
{
    private readonly FakeNetwork _network;
    private readonly Lazy<LoopbackListener> _listener;

    protected Station(FakeNetwork network, IPEndPoint endPoint)
    {
        _network = network;
        Place = endPoint;
        _listener = new Lazy<LoopbackListener>(() => network.IsStandAlone
            ? new LoopbackListener(network, ArriveAsync, endPoint)
            : new LoopbackListener(network, ServeAsync, new IPEndPoint(IPAddress.Loopback, 0)));
    }

    /// <summary>The loopback endpoint that plays this station.</summary>
    public IPEndPoint EndPoint => _listener.Value.EndPoint;

    /// <summary>Where the station stands, as the fake DNS names it.</summary>
    protected IPEndPoint Place { get; }

    public abstract ConnectAnswer NextConnection();

    /// <summary>Listens already, where nobody asks the way before coming.</summary>
    public void Open()
    {
        if (!_network.IsStandAlone)
        {
            return;
        }

        try
        {
            _ = _listener.Value;
        }
        catch (SocketException refused)
        {
            throw new InvalidOperationException(
                $"Nobody can listen at {Place} here: {refused.Message}. Give the machine the address (ip address add {Place.Address} dev lo), and this process the right to the port.", refused);
        }
    }

    public void Dispose()
    {
        if (_listener.IsValueCreated)
        {
            _listener.Value.Dispose();
        }
    }

    protected abstract Task ServeAsync(Peer peer);

    // Who asks nobody the way is noticed here first.
    private Task ArriveAsync(Peer peer)
    {
        _network.NoteAttempt(Place);
        return ServeAsync(peer);
    }
}
