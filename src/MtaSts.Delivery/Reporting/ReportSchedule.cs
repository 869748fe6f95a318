namespace MtaSts.Delivery.Reporting;

/// <summary>When a report is sent, and sent again. RFC 8460 §4.1, §5.5.</summary>
internal static class ReportSchedule
{
    /// <summary>Time for the last counts of a day to reach the store.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMinutes(5);

    /// <summary>How long a try counts as being under way; after a crash the report waits for so long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(4);

    /// <summary>When a day's report is first tried: by chance within the time given, or within what is left of it.</summary>
    /// <param name="day">The UTC day.</param>
    /// <param name="spread">Over how long.</param>
    /// <param name="chance">0 up to 1.</param>
    public static DateTimeOffset FirstTry(DateOnly day, TimeSpan spread, double chance) => EndOf(day) + Settling + (spread * chance);

    /// <summary>When it is tried again, after so many tries: 5, 10, 20 … minutes later, at most four hours.</summary>
    public static DateTimeOffset NextTry(DateTimeOffset now, int attempts) =>
        now + TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Clamp(attempts - 1, 0, 10)));

    /// <summary>The first day whose counts are still of use: what nobody took for two days ages out.</summary>
    public static DateOnly OldestDay(DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime).AddDays(-3);

    public static DateTimeOffset EndOf(DateOnly day) => new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).AddDays(1);
}
