namespace MtaSts.Delivery.Queue.Working;

/// <summary>What this worker knows of the destinations to which it delivers: how much is under way, and whether more waits. It may err: the store decides.</summary>
internal sealed class Lanes(int maxPerDestination)
{
    // Of more one is asked in vain now and then.
    private const int MaxKnown = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _underWay = new(StringComparer.Ordinal);
    private readonly HashSet<string> _waiting = new(StringComparer.Ordinal);

    /// <summary>Counts a delivery as under way if there is room for it and nothing waits before it.</summary>
    public bool TryEnter(string destination)
    {
        lock (_gate)
        {
            if (_waiting.Contains(destination) || _underWay.GetValueOrDefault(destination) >= maxPerDestination)
            {
                return false;
            }

            _underWay[destination] = _underWay.GetValueOrDefault(destination) + 1;
            return true;
        }
    }

    /// <summary>Counts a delivery as under way.</summary>
    public void Enter(string destination)
    {
        lock (_gate)
        {
            _underWay[destination] = _underWay.GetValueOrDefault(destination) + 1;
        }
    }

    /// <summary>Counts a delivery as over.</summary>
    /// <returns>Whether another may wait for that.</returns>
    public bool Leave(string destination)
    {
        lock (_gate)
        {
            if (_underWay[destination] == 1)
            {
                _underWay.Remove(destination);
            }
            else
            {
                _underWay[destination]--;
            }

            return _waiting.Contains(destination);
        }
    }

    /// <summary>Notes that something waits.</summary>
    public void Wait(string destination)
    {
        lock (_gate)
        {
            if (_waiting.Count < MaxKnown)
            {
                _waiting.Add(destination);
            }
        }
    }

    /// <summary>Notes that the store had less to lease than there was room for: what is still due, whoever has put it in, waits for room at its destination.</summary>
    public void Looked()
    {
        lock (_gate)
        {
            _waiting.Clear();
            foreach ((string destination, int underWay) in _underWay)
            {
                if (underWay >= maxPerDestination)
                {
                    _waiting.Add(destination);
                }
            }
        }
    }
}
