namespace MtaSts.Delivery.Testing.Network;

/// <summary>A connection as the clock sees it: its client waits for the server, is at work, or has fallen idle.</summary>
internal sealed class Visit(ClockPump pump) : IDisposable
{
    private int _waits;
    private long _lastSign = pump.Turn;

    /// <summary>Something came from the client or goes to it.</summary>
    public void NoteActivity()
    {
        Interlocked.Exchange(ref _lastSign, pump.Turn);
        pump.NoteActivity();
    }

    /// <summary>One hold more or less; under the pump's lock.</summary>
    public void Waits(int change) => _waits += change;

    /// <summary>Whether the client has something to do; under the pump's lock.</summary>
    public bool IsAtWork(int patience) => _waits == 0 && pump.Turn - Interlocked.Read(ref _lastSign) < patience;

    public void Dispose() => pump.Leave(this);
}
