namespace MtaSts.Delivery.Sessions;

/// <summary>How fast mail is handed over, and how much of it at the same time. What is over waits in line, and by <see cref="PoolOptions.MaxWait"/> at the longest.</summary>
/// <remarks>Rates go by the machine's own clock, whatever clock the deliverer is given.</remarks>
public sealed class PacingOptions
{
    /// <summary>How many messages may be under way to one recipient domain at the same time. Twenty unless set; 1 to 10,000.</summary>
    public int MaxConcurrentPerDomain { get; set; } = 20;

    /// <summary>How many messages a minute one recipient domain is given. Unlimited unless set; 1 to 6,000,000. A second's worth may go at once.</summary>
    public int? MessagesPerMinutePerDomain { get; set; }

    /// <summary>How many messages a minute one MX host is offered, whatever their domains. Unlimited unless set; 1 to 6,000,000. A second's worth may go at once.</summary>
    public int? MessagesPerMinutePerHost { get; set; }

    internal IEnumerable<string> Validate()
    {
        if (MaxConcurrentPerDomain is < 1 or > 10_000)
        {
            yield return FormattableString.Invariant($"Pacing.MaxConcurrentPerDomain is {MaxConcurrentPerDomain}; use 1 to 10000.");
        }

        if (MessagesPerMinutePerDomain is < 1 or > 6_000_000)
        {
            yield return FormattableString.Invariant($"Pacing.MessagesPerMinutePerDomain is {MessagesPerMinutePerDomain}; use 1 to 6000000, or null for no limit.");
        }

        if (MessagesPerMinutePerHost is < 1 or > 6_000_000)
        {
            yield return FormattableString.Invariant($"Pacing.MessagesPerMinutePerHost is {MessagesPerMinutePerHost}; use 1 to 6000000, or null for no limit.");
        }
    }
}
