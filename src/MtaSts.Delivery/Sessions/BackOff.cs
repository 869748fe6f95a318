namespace MtaSts.Delivery.Sessions;

/// <summary>An address that is left alone for a while, as it did not answer or asked for time. RFC 5321 §4.5.4.1.</summary>
/// <param name="Failures">How often in a row.</param>
/// <param name="Since">Since when, as a timestamp of the clock.</param>
/// <param name="Length">For how long; then one message may try, and the others are held back until it is known what came of it.</param>
/// <param name="Reason">What it did, for a person.</param>
internal sealed record BackOff(int Failures, long Since, TimeSpan Length, string Reason)
{
    /// <summary>Whether one message tries at this moment.</summary>
    public bool IsBeingTried { get; init; }

    /// <summary>For how much longer the address is left alone; what is past is less than zero.</summary>
    public TimeSpan LeftBy(TimeProvider clock) => Length - clock.GetElapsedTime(Since);

    /// <summary>Whether the address is left alone now.</summary>
    public bool HoldsBy(TimeProvider clock) => LeftBy(clock) > TimeSpan.Zero;

    /// <summary>The back-off after one more failure; those that were under way when it began do not count.</summary>
    /// <param name="before">The back-off so far, or <see langword="null"/>.</param>
    /// <param name="reason">What the address did.</param>
    /// <param name="options">How long it is left alone.</param>
    /// <param name="clock">The clock, at the moment of the failure.</param>
    public static BackOff After(BackOff? before, string reason, PoolOptions options, TimeProvider clock)
    {
        if (before is not null && before.HoldsBy(clock))
        {
            return before;
        }

        int failures = (before?.Failures ?? 0) + 1;
        double factor = Math.Pow(2, Math.Min(failures - 1, 30));
        TimeSpan length = TimeSpan.FromTicks((long)Math.Min(options.BackOff.Ticks * factor, options.MaxBackOff.Ticks));
        return new BackOff(failures, clock.GetTimestamp(), length, reason);
    }

    /// <summary>Whether what ended a session says that the address wants to be left alone, or cannot be reached.</summary>
    public static bool IsCalledFor(SessionFailure failure) => failure.Kind switch
    {
        SessionFailureKind.ConnectFailed or SessionFailureKind.Timeout or SessionFailureKind.ServiceClosing => true,
        SessionFailureKind.Refused => failure.Reply is { IsTransient: true },
        _ => false,
    };
}
