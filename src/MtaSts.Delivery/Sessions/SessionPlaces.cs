namespace MtaSts.Delivery.Sessions;

/// <summary>How many sessions there may be, and whose turn it is when one ends. Its pool's gate guards it.</summary>
/// <remarks>Each host has a line of its own. Where the places of all hosts together are short, hosts take turns, and one that has fewer sessions goes before
/// one that has more, so a slow host cannot starve the others.</remarks>
internal sealed class SessionPlaces(PoolOptions options)
{
    private readonly Queue<PooledHost> _short = new();

    /// <summary>How many places are taken.</summary>
    public int Open { get; private set; }

    /// <summary>Whether any host needs a place.</summary>
    public bool IsAnyShort => _short.Any(host => host.Waiters.Count > 0);

    /// <summary>Takes a place for a fresh session, if there is one.</summary>
    public bool TryTake(PooledHost host)
    {
        if (host.Open >= options.MaxSessionsPerHost || Open >= options.MaxSessions)
        {
            return false;
        }

        host.Open++;
        Open++;
        return true;
    }

    /// <summary>Puts somebody in line.</summary>
    public void Wait(SessionWaiter waiter)
    {
        waiter.Host.Waiters.AddLast(waiter);
        NoteShort(waiter.Host);
    }

    /// <summary>Gives up the place of a session that has ended, to whose turn it is.</summary>
    public void Free(PooledHost host)
    {
        host.Open--;
        Open--;
        NoteShort(host);
        while (_short.TryPeek(out PooledHost? next))
        {
            // Where its own sessions are too many already, their ends will bring it back.
            bool canUse = next.Waiters.Count > 0 && next.Open < options.MaxSessionsPerHost;
            if (canUse && !TryTake(next))
            {
                return;
            }

            _short.Dequeue();
            next.IsShort = false;
            if (canUse)
            {
                next.Grant(next.Waiters.First!.Value, null);
                NoteShort(next);
            }
        }
    }

    /// <summary>Whether another host waits for a place that has fewer sessions by more than one: it goes first.</summary>
    public bool IsShortOfMore(PooledHost host) => _short.Any(other => other != host && other.Waiters.Count > 0 && other.Open + 1 < host.Open);

    /// <summary>Remembers a host that has waiters and could have another session, if only there were a place.</summary>
    private void NoteShort(PooledHost host)
    {
        if (!host.IsShort && host.Waiters.Count > 0 && host.Open < options.MaxSessionsPerHost)
        {
            host.IsShort = true;
            _short.Enqueue(host);
        }
    }
}
