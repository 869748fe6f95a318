namespace MtaSts.Delivery.Tests;

/// <summary>A clock that can be set; timers and elapsed time are right all the while.</summary>
internal sealed class SettableClock(TimeProvider right) : TimeProvider
{
    /// <summary>How far it is set ahead.</summary>
    public TimeSpan Error { get; set; }

    public override long TimestampFrequency => right.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => right.GetUtcNow() + Error;

    public override long GetTimestamp() => right.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => right.CreateTimer(callback, state, dueTime, period);
}
