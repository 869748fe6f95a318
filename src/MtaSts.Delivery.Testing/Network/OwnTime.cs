namespace MtaSts.Delivery.Testing.Network;

/// <summary>The fake clock for the fake servers themselves, whose timers are told apart from a sender's.</summary>
internal sealed class OwnTime(EventClock clock) : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateOwnTimer(callback, state, dueTime, period);
}
