namespace MtaSts.Delivery.Policies;

/// <summary>Whether the clock's word is enough to forget a policy for good.</summary>
/// <remarks>A clock that has just jumped may jump back, and one that a program found at its start may be wrong altogether (a dead battery, a network
/// that is not up yet): both are distrusted for a day of elapsed time.</remarks>
internal sealed class ClockWatch
{
    private static readonly TimeSpan Jump = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Distrust = TimeSpan.FromDays(1);

    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private DateTimeOffset _wall;
    private long _ticks;
    private long _distrustedSince;

    public ClockWatch(TimeProvider clock)
    {
        _clock = clock;
        (_wall, _ticks) = (clock.GetUtcNow(), clock.GetTimestamp());
        _distrustedSince = _ticks;
    }

    /// <summary>How far the clock has jumped since the last look; zero when it has gone as time goes.</summary>
    public TimeSpan Look()
    {
        lock (_gate)
        {
            (DateTimeOffset now, long ticks) = (_clock.GetUtcNow(), _clock.GetTimestamp());
            TimeSpan jump = now - _wall - _clock.GetElapsedTime(_ticks, ticks);
            (_wall, _ticks) = (now, ticks);
            if (jump.Duration() <= Jump)
            {
                return TimeSpan.Zero;
            }

            _distrustedSince = ticks;
            return jump;
        }
    }

    /// <summary>Whether the clock has gone as time goes for a day.</summary>
    public bool IsSettled()
    {
        Look();
        lock (_gate)
        {
            return _clock.GetElapsedTime(_distrustedSince) >= Distrust;
        }
    }
}
