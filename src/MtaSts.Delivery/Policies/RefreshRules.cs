namespace MtaSts.Delivery.Policies;

/// <summary>When a cached policy is fetched again, and when it is forgotten. RFC 8461 §3.3, §10.2.</summary>
internal static class RefreshRules
{
    /// <summary>The least between two fetches for one domain. RFC 8461 §3.3.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan MostAfterFailure = TimeSpan.FromHours(6);

    /// <summary>How long an expired policy is kept, in case it was the clock that went wrong.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromDays(7);

    /// <summary>What is to be done about a policy now.</summary>
    /// <param name="entry">The policy.</param>
    /// <param name="expiresAt">Its last moment.</param>
    /// <param name="usedWithin">How recently mail must have asked for it to be worth refreshing.</param>
    /// <param name="now">The moment of the decision.</param>
    public static RefreshStep Next(PolicyEntry entry, DateTimeOffset expiresAt, TimeSpan usedWithin, DateTimeOffset now) => now switch
    {
        _ when now > expiresAt + Grace => RefreshStep.Forget,
        _ when entry.IsPinned => RefreshStep.Refresh,
        _ when now > expiresAt => RefreshStep.Leave,
        _ when now - entry.LastUsedAt <= usedWithin => RefreshStep.Refresh,
        _ => RefreshStep.Leave,
    };

    /// <summary>When a policy is fetched again after a fetch that succeeded; <see langword="null"/> when it lives too short to be.</summary>
    /// <remarks>Once in <paramref name="interval"/>, at the latest when half its life is over, and up to a quarter of that earlier, so that
    /// domains which were fetched together do not stay together.</remarks>
    /// <param name="fetchedAt">The moment of the fetch.</param>
    /// <param name="maxAge">How long the policy lives from then.</param>
    /// <param name="interval">How often policies are refreshed.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static DateTimeOffset? AfterFetch(DateTimeOffset fetchedAt, TimeSpan maxAge, TimeSpan interval, double chance)
    {
        TimeSpan longest = maxAge / 2 < interval ? maxAge / 2 : interval;
        return longest < Least ? null : fetchedAt + (longest * (1 - (chance / 4)));
    }

    /// <summary>When a fetch that failed is tried again: ever later, but at least four times in what is left of the policy's life.</summary>
    /// <param name="now">The moment of the failure.</param>
    /// <param name="expiresAt">The policy's last moment.</param>
    /// <param name="failures">How many fetches have failed in a row, 1 or more.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static DateTimeOffset AfterFailure(DateTimeOffset now, DateTimeOffset expiresAt, int failures, double chance)
    {
        TimeSpan delay = Least * Math.Pow(2, Math.Min(failures - 1, 10));
        TimeSpan most = (expiresAt - now) / 4;
        delay = delay > MostAfterFailure ? MostAfterFailure : delay;
        delay = delay > most && most > TimeSpan.Zero ? most : delay;
        return now + ((delay < Least ? Least : delay) * (1 + (chance / 4)));
    }

    /// <summary>When a policy that was read from a store is looked at: overdue ones not all at once, but well before they end.</summary>
    public static DateTimeOffset AfterStart(DateTimeOffset due, DateTimeOffset expiresAt, DateTimeOffset now, double chance)
    {
        if (due > now)
        {
            return due;
        }

        TimeSpan left = expiresAt - now;
        TimeSpan spread = left / 4 < TimeSpan.FromHours(1) ? left / 4 : TimeSpan.FromHours(1);
        return now + (spread > TimeSpan.Zero ? spread * chance : TimeSpan.Zero);
    }

    /// <summary>When a policy that is left alone is looked at again: to be forgotten.</summary>
    public static DateTimeOffset AfterLeaving(DateTimeOffset expiresAt) => expiresAt + Grace + TimeSpan.FromSeconds(1);

    /// <summary>Whether it is worth noting that mail asked for a policy now: once a day is enough to know what is in use.</summary>
    public static bool IsUseNews(DateTimeOffset lastUsedAt, DateTimeOffset now) => now - lastUsedAt > TimeSpan.FromDays(1);

    /// <summary>Which policy a refresh asks for, by its id; <see langword="null"/> when there is nothing to ask for. RFC 8461 §3.3, §10.2.</summary>
    /// <remarks>A policy that is known is fetched again whatever DNS says of it: otherwise whoever takes its record away need only wait.</remarks>
    /// <param name="known">The policy that is known, if any.</param>
    /// <param name="lookup">What DNS says now.</param>
    public static string? IdFor(CachedPolicy? known, RecordLookup lookup) => lookup is RecordLookup.Found { Record.Id: var id } ? id : known?.Id;

    /// <summary>The moment from which a policy's life counts: a fetch in the future was dated by a clock that was wrong.</summary>
    public static DateTimeOffset FetchedAt(DateTimeOffset fetchedAt, DateTimeOffset now) => fetchedAt > now + Least ? now : fetchedAt;
}
