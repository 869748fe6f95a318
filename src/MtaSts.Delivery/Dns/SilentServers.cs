using System.Collections.Concurrent;
using DnsClient;

namespace MtaSts.Delivery.Dns;

/// <summary>Which servers gave no answer lately, so that a dead one does not cost every look-up its time-out.</summary>
/// <remarks>One that has answered other questions meanwhile is not dead: it is the name that is slow.</remarks>
internal sealed class SilentServers(TimeProvider clock)
{
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    // The system's servers may change while the process runs; more at a time than this has nobody.
    private const int MostKept = 64;

    private readonly ConcurrentDictionary<NameServer, Known> _known = new();

    /// <summary>The same servers, the silent ones last. After its rest one is not last for whoever comes first: should it still be dead, the others have not waited for it.</summary>
    public NameServer[] Last(IEnumerable<NameServer> servers) => [.. servers.OrderBy(server => IsResting(server) && !TakesItsTurn(server))];

    /// <summary>How many answers it has given so far.</summary>
    public int AnswersOf(NameServer server) => _known.TryGetValue(server, out Known? known) ? known.Answers : 0;

    /// <summary>Notes that it has answered.</summary>
    public void NoteAnswer(NameServer server)
    {
        Forget();
        _known.AddOrUpdate(server, _ => new Known(1, null), (_, known) => new Known(known.Answers + 1, null));
    }

    /// <summary>Notes that it has not answered a question, which was asked when it had given so many answers.</summary>
    public void NoteSilence(NameServer server, int answersBefore)
    {
        Forget();
        long now = clock.GetTimestamp();
        _known.AddOrUpdate(server, _ => new Known(0, now), (_, known) => known.Answers == answersBefore ? known with { SilentSince = now } : known);
    }

    private bool IsResting(NameServer server) => _known.TryGetValue(server, out Known? known) && known.SilentSince is not null;

    private bool TakesItsTurn(NameServer server) =>
        _known.TryGetValue(server, out Known? known) && known.SilentSince is { } since && clock.GetElapsedTime(since) >= Rest
        && _known.TryUpdate(server, known with { SilentSince = clock.GetTimestamp() }, known);

    private void Forget()
    {
        if (_known.Count >= MostKept)
        {
            _known.Clear();
        }
    }

    private sealed record Known(int Answers, long? SilentSince);
}
