namespace MtaSts.Delivery.Sessions;

/// <summary>An address that is left alone for a while, as it did not answer or asked for time. RFC 5321 §4.5.4.1.</summary>
/// <param name="Failures">How often in a row.</param>
/// <param name="Until">Until when; then one message may try, and the others wait for what comes of it.</param>
/// <param name="Reason">What it did, for a person.</param>
/// <param name="Since">Since when: a clock that has been set back behind it ends the back-off.</param>
internal sealed record BackOff(int Failures, DateTimeOffset Until, string Reason, DateTimeOffset Since)
{
    /// <summary>Whether one message tries at this moment.</summary>
    public bool IsBeingTried { get; init; }

    /// <summary>Whether the address is left alone at a moment.</summary>
    public bool HoldsAt(DateTimeOffset now) => now >= Since && now < Until;

    /// <summary>The back-off after one more failure; those that were under way when it began do not count.</summary>
    /// <param name="before">The back-off so far, or <see langword="null"/>.</param>
    /// <param name="reason">What the address did.</param>
    /// <param name="options">How long it is left alone.</param>
    /// <param name="now">The moment of the failure.</param>
    public static BackOff After(BackOff? before, string reason, PoolOptions options, DateTimeOffset now)
    {
        if (before is not null && before.HoldsAt(now))
        {
            return before;
        }

        int failures = (before?.Failures ?? 0) + 1;
        double factor = Math.Pow(2, Math.Min(failures - 1, 30));
        TimeSpan length = TimeSpan.FromTicks((long)Math.Min(options.BackOff.Ticks * factor, options.MaxBackOff.Ticks));
        return new BackOff(failures, now + length, reason, now);
    }

    /// <summary>Whether what ended a session says that the address wants to be left alone, or cannot be reached.</summary>
    public static bool IsCalledFor(SessionFailure failure) => failure.Kind switch
    {
        SessionFailureKind.ConnectFailed or SessionFailureKind.Timeout or SessionFailureKind.ServiceClosing => true,
        SessionFailureKind.Refused => failure.Reply is { IsTransient: true },
        _ => false,
    };
}
