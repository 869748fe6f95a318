using System.Net;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>What stands at one address and port of the fake internet. It listens from the first time somebody calls.</summary>
internal abstract class Station : IDisposable
{
    private readonly Lazy<LoopbackListener> _listener;

    protected Station(FakeNetwork network) =>
        _listener = new Lazy<LoopbackListener>(() => new LoopbackListener(network, ServeAsync));

    /// <summary>The loopback endpoint that plays this station.</summary>
    public IPEndPoint EndPoint => _listener.Value.EndPoint;

    public abstract ConnectAnswer NextConnection();

    public void Dispose()
    {
        if (_listener.IsValueCreated)
        {
            _listener.Value.Dispose();
        }
    }

    protected abstract Task ServeAsync(Peer peer);
}
