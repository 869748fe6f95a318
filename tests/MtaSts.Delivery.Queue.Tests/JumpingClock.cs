namespace MtaSts.Delivery.Queue.Tests;

/// <summary>A clock that can be set, beside a timer that cannot.</summary>
internal sealed class JumpingClock(TimeProvider inner) : TimeProvider
{
    private long _jump;

    public TimeSpan Jump
    {
        get => new(Interlocked.Read(ref _jump));
        set => Interlocked.Exchange(ref _jump, value.Ticks);
    }

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Jump;

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
}
