using System.Diagnostics;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>A clock that began at one moment, in every process that is told of it, and goes many times as fast as time.</summary>
internal sealed class FastClock(DateTimeOffset start, DateTimeOffset realStart, double speed) : TimeProvider
{
    private readonly long _ticks = Stopwatch.GetTimestamp();
    private readonly TimeSpan _before = DateTimeOffset.UtcNow - realStart;

    public override DateTimeOffset GetUtcNow() => start + ((_before + Stopwatch.GetElapsedTime(_ticks)) * speed);

    public override long GetTimestamp() => (long)((Stopwatch.GetTimestamp() - _ticks) * speed);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Real(dueTime), Real(period));

    private TimeSpan Real(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / speed;
}
