namespace MtaSts.Delivery.Queue.Working;

/// <summary>Sees when the clock is set, by a timer that cannot be.</summary>
internal sealed class JumpWatch(TimeProvider clock)
{
    /// <summary>A smaller difference is that of two timers, or a clock that is being slewed.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMinutes(5);

    private DateTimeOffset _wall = clock.GetUtcNow();
    private long _ticks = clock.GetTimestamp();

    /// <summary>How far the clock has jumped since the last look; zero when it has gone as time goes.</summary>
    public TimeSpan Look()
    {
        (DateTimeOffset now, long ticks) = (clock.GetUtcNow(), clock.GetTimestamp());
        TimeSpan jump = now - _wall - clock.GetElapsedTime(_ticks, ticks);
        (_wall, _ticks) = (now, ticks);
        return jump.Duration() <= Least ? TimeSpan.Zero : jump;
    }
}
