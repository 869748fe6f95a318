namespace MtaSts.Delivery.Testing.Network;

/// <summary>A connection as the clock sees it: its client waits for the server, is at work, or has fallen idle.</summary>
internal sealed class Visit(ClockPump pump) : IDisposable
{
    // A sign so long ago that no patience reaches it.
    private const long Never = long.MinValue / 2;

    private int _waits;
    private long _lastSign = pump.Turn;

    /// <summary>Something came from the client or goes to it.</summary>
    public void NoteActivity()
    {
        Interlocked.Exchange(ref _lastSign, pump.Turn);
        pump.NoteActivity();
    }

    /// <summary>The client has what it came for, and nothing is to be concluded from the connection that it keeps, until it says something again.</summary>
    public void Rest() => Interlocked.Exchange(ref _lastSign, Never);

    /// <summary>One hold more or less; under the pump's lock.</summary>
    public void Waits(int change) => _waits += change;

    /// <summary>Whether the client has something to do; under the pump's lock.</summary>
    public bool IsAtWork(int patience) => _waits == 0 && pump.Turn - Interlocked.Read(ref _lastSign) < patience;

    public void Dispose() => pump.Leave(this);
}
