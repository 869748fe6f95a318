using System.Collections.Concurrent;
using DnsClient;

namespace MtaSts.Delivery.Dns;

/// <summary>Which servers gave no answer lately, so that a dead one does not cost every look-up its time-out.</summary>
internal sealed class SilentServers(TimeProvider clock)
{
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    // The system's servers may change while the process runs; more at a time than this has nobody.
    private const int MostKept = 64;

    private readonly ConcurrentDictionary<NameServer, long> _since = new();

    /// <summary>The same servers, the silent ones last.</summary>
    public NameServer[] Last(IEnumerable<NameServer> servers) => [.. servers.OrderBy(IsResting)];

    public void Add(NameServer server)
    {
        if (_since.Count >= MostKept)
        {
            _since.Clear();
        }

        _since[server] = clock.GetTimestamp();
    }

    public void Remove(NameServer server) => _since.TryRemove(server, out _);

    // After its rest whoever comes first tries it; should it still be dead, the others have not waited for it.
    private bool IsResting(NameServer server) =>
        _since.TryGetValue(server, out long since) && (clock.GetElapsedTime(since) < Rest || !_since.TryUpdate(server, clock.GetTimestamp(), since));
}
