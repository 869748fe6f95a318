namespace MtaSts.Delivery.Reporting;

/// <summary>When a report is sent, and sent again. RFC 8460 §4.1, §5.5.</summary>
internal static class ReportSchedule
{
    /// <summary>Time for the last counts of a day to reach the store, beside the collector's interval.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMinutes(5);

    /// <summary>How long a try counts as being under way; after a crash the report waits for so long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(30);

    /// <summary>How long one try may take, all targets together: well below the lease, so that no two programs are ever at one report.</summary>
    public static readonly TimeSpan LongestTry = TimeSpan.FromMinutes(15);

    /// <summary>No moment that was set lies further ahead, unless the clock was wrong when it was set.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(4);

    /// <summary>When a day's report is first tried: by chance within the time given, or within what is left of it.</summary>
    /// <param name="day">The UTC day.</param>
    /// <param name="settling">Time for the day's last counts to reach the store.</param>
    /// <param name="spread">Over how long.</param>
    /// <param name="chance">0 up to 1.</param>
    public static DateTimeOffset FirstTry(DateOnly day, TimeSpan settling, TimeSpan spread, double chance) => EndOf(day) + settling + (spread * chance);

    /// <summary>When it is tried again, after so many tries: 5, 10, 20 … minutes later, at most four hours.</summary>
    public static DateTimeOffset NextTry(DateTimeOffset now, int attempts) => now + PauseAfter(attempts);

    /// <summary>Whether its moment has come.</summary>
    public static bool IsDue(DateTimeOffset moment, DateTimeOffset now) => moment <= now || moment - now > LongestWait;

    /// <summary>Whether a report that nobody took is given up, RFC 8460 §5.5.</summary>
    /// <remarks>By the number of tries, or by time that went by while somebody watched; no clock is asked, because one wrong reading would end every report.</remarks>
    /// <param name="attempts">How often it was tried.</param>
    /// <param name="watched">How long this program has been at it.</param>
    /// <param name="retryFor">How long it is tried.</param>
    public static bool IsOver(int attempts, TimeSpan watched, TimeSpan retryFor) => watched + PauseAfter(attempts) > retryFor || attempts >= Tries(retryFor);

    /// <summary>The first day about whose reports something is still known when they have ended.</summary>
    public static DateOnly OldestDay(DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime).AddDays(-3);

    /// <summary>How many tries there are in that time, when each is made as soon as it is due.</summary>
    private static int Tries(TimeSpan retryFor)
    {
        int tries = 1;
        for (TimeSpan passed = PauseAfter(1); passed <= retryFor; passed += PauseAfter(tries))
        {
            tries++;
        }

        return tries;
    }

    private static TimeSpan PauseAfter(int attempts) => TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Clamp(attempts - 1, 0, 10)));

    public static DateTimeOffset EndOf(DateOnly day) => new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).AddDays(1);
}
