namespace MtaSts.Delivery.Sessions;

/// <summary>The deadlines of one session, one after another: a single timer and a single token, so that a step costs nothing.</summary>
/// <remarks>Once a deadline has passed, or a caller has cancelled in the middle of a step, the token stays cancelled: the session is lost with it.</remarks>
internal sealed class Deadline : IDisposable
{
    // The longest that any option allows.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _end = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private long _due = long.MaxValue;

    public Deadline(TimeProvider clock)
    {
        _clock = clock;
        _timer = clock.CreateTimer(static self => ((Deadline)self!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when a deadline passes or a caller cancels in the middle of a step.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Whether a deadline has passed.</summary>
    public bool HasPassed { get; private set; }

    /// <summary>Begins a step, which ends when the result is disposed.</summary>
    public Step Begin(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _due, _clock.GetTimestamp() + (long)(timeout.TotalSeconds * _clock.TimestampFrequency));
        _timer.Change(timeout, Timeout.InfiniteTimeSpan);
        return new Step(this, cancellationToken.UnsafeRegister(static self => ((Deadline)self!)._end.Cancel(), this));
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        // A timer goes by a coarser clock, so it may come a little early; one that was set off just before its step ended must not end the next.
        long due = Volatile.Read(ref _due);
        long left = due - _clock.GetTimestamp();
        if (left <= 0)
        {
            HasPassed = true;
            _end.Cancel();
        }
        else if (due != long.MaxValue)
        {
            // A simulated clock may have been set back by more than a timer can be set to.
            TimeSpan rest = TimeSpan.FromSeconds((double)left / _clock.TimestampFrequency) + TimeSpan.FromMilliseconds(1);
            _timer.Change(rest < Longest ? rest : Longest, Timeout.InfiniteTimeSpan);
        }
    }

    private void End()
    {
        Volatile.Write(ref _due, long.MaxValue);
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>One step with its deadline.</summary>
    internal readonly struct Step(Deadline deadline, CancellationTokenRegistration registration) : IDisposable
    {
        public void Dispose()
        {
            registration.Dispose();
            deadline.End();
        }
    }
}
