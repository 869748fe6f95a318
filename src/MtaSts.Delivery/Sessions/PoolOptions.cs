namespace MtaSts.Delivery.Sessions;

/// <summary>Sessions with MX hosts, which are kept for the next message, and how many there may be.</summary>
/// <remarks>A kept session takes a message only when what its connection has shown satisfies that message's own requirement for that MX host, so that
/// domains which share a host share its sessions, and none weakens another.</remarks>
public sealed class PoolOptions
{
    /// <summary>Whether sessions are kept. On unless set; off means a connection of its own for each message, closed behind it.</summary>
    public bool KeepsSessions { get; set; } = true;

    /// <summary>How many sessions one MX host may have from this sender at the same time, on all its addresses. Twenty unless set, as is usual; 1 to 1,000.</summary>
    public int MaxSessionsPerHost { get; set; } = 20;

    /// <summary>How many sessions there may be overall, kept ones included. 500 unless set; 1 to 100,000. Each costs a file descriptor and some 50 KB.</summary>
    public int MaxSessions { get; set; } = 500;

    /// <summary>How long a session waits for its next message. Ten seconds unless set, as servers need their places, too; 0.1 seconds to 4 minutes, which servers grant (RFC 5321 §4.5.3.2.7).</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How old a session may grow; then the next message opens a new one, and sees the host's certificate anew. Five minutes unless set; 1 second to 1 hour.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many messages one session carries at most. 500 unless set, or fewer if the server says so (RFC 9422); 1 to 1,000,000.</summary>
    public int MaxMessagesPerSession { get; set; } = 500;

    /// <summary>How long a message waits for a session when all places are taken; then it is deferred. Five minutes unless set; 0.1 seconds to 1 hour.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long an address that does not answer, or answers 421 or 451 before any recipient, is left alone; twice as long each time it does so again. Ten seconds unless set;
    /// zero to 1 hour, zero for not at all. RFC 5321 §4.5.4.1.</summary>
    public TimeSpan BackOff { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an address is left alone at most. Ten minutes unless set; at least <see cref="BackOff"/>, at most 1 day.</summary>
    public TimeSpan MaxBackOff { get; set; } = TimeSpan.FromMinutes(10);

    internal PoolOptions Copy() => (PoolOptions)MemberwiseClone();

    internal IEnumerable<string> Validate()
    {
        (string Name, int Value, int Most)[] counts =
        [
            (nameof(MaxSessionsPerHost), MaxSessionsPerHost, 1000), (nameof(MaxSessions), MaxSessions, 100_000), (nameof(MaxMessagesPerSession), MaxMessagesPerSession, 1_000_000),
        ];
        foreach ((string name, int value, int most) in counts)
        {
            if (value < 1 || value > most)
            {
                yield return FormattableString.Invariant($"Pool.{name} is {value}; use 1 to {most}.");
            }
        }

        (string Name, TimeSpan Value, TimeSpan Least, TimeSpan Most)[] times =
        [
            (nameof(IdleTimeout), IdleTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(4)),
            (nameof(MaxAge), MaxAge, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            (nameof(MaxWait), MaxWait, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            (nameof(BackOff), BackOff, TimeSpan.Zero, TimeSpan.FromHours(1)),
            (nameof(MaxBackOff), MaxBackOff, BackOff, TimeSpan.FromDays(1)),
        ];
        foreach ((string name, TimeSpan value, TimeSpan least, TimeSpan most) in times)
        {
            if (value < least || value > most)
            {
                yield return $"Pool.{name} is {value}; use {least} to {most}.";
            }
        }
    }
}
