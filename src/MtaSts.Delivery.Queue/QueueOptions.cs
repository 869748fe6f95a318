namespace MtaSts.Delivery.Queue;

/// <summary>How the queue keeps and retries mail. Every default is the safe one.</summary>
public sealed class QueueOptions
{
    /// <summary>How long delivery is tried before the sender is told that it failed. Five days unless set, as RFC 5321 §4.5.4.1 suggests; 1 min to 30 days.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromDays(5);

    /// <summary>The delay after the first try; it doubles with every further one. Five minutes unless set; 1 min to 1 day.</summary>
    /// <remarks>Unless a server answered 4yz, and after the second try in any case, it is half an hour at least: what the outcome asks for (RFC 5321 §4.5.4.1).</remarks>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest delay between two tries. Four hours unless set; <see cref="FirstDelay"/> to 1 day.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromHours(4);

    /// <summary>How long a destination is left alone after a try found no server there that would talk about mail; it doubles with every further one. One minute unless set; 1 s to 1 h.</summary>
    /// <remarks>One delivery at a time tries whether it does better.</remarks>
    public TimeSpan DestinationBackOff { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest that a destination is left alone. Half an hour unless set; <see cref="DestinationBackOff"/> to 1 day.</summary>
    public TimeSpan MaxDestinationBackOff { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Whether senders are told by notices. True unless set; a program that listens (<see cref="IQueueListener"/>) may not need them.</summary>
    public bool SendNotices { get; set; } = true;

    /// <summary>After how long the sender is told, once, that its mail is delayed. Four hours unless set; 1 min or more, or <see cref="Timeout.InfiniteTimeSpan"/> for never.</summary>
    public TimeSpan DelayNoticeAfter { get; set; } = TimeSpan.FromHours(4);

    /// <summary>How many deliveries are under way at the same time. 100 unless set; 1 to 10,000.</summary>
    public int MaxConcurrentDeliveries { get; set; } = 100;

    /// <summary>How many of them go to one destination, by all processes that work on the store. Ten unless set; 1 to 1,000.</summary>
    public int MaxConcurrentPerDestination { get; set; } = 10;

    /// <summary>How much of the messages under way is in memory at the same time; one that is larger goes alone. 256 MiB unless set; 1 MiB or more.</summary>
    /// <remarks>Of messages that have just come and have to wait a quarter as much may lie beside them, 64 MiB at most, so that they need not be read.</remarks>
    public long MaxContentInMemory { get; set; } = 256L << 20;

    /// <summary>The largest message that is taken. 256 MiB unless set; 1,024 octets to 1 GiB.</summary>
    public int MaxMessageSize { get; set; } = 256 << 20;

    /// <summary>How long a worker may give no sign of life before others take its mail over. Two minutes unless set; 1 s to 1 h.</summary>
    /// <remarks>After a crash the mail that was being tried waits this long.</remarks>
    public TimeSpan LeaseTime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How often the store is asked whether another process has put mail in. Five seconds unless set; 0.1 s to 1 min.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Everything that is wrong with these options, each with the value and what to do; none when they are good.</summary>
    public IEnumerable<string> Validate()
    {
        if (Lifetime < TimeSpan.FromMinutes(1) || Lifetime > TimeSpan.FromDays(30))
        {
            yield return $"Queue.Lifetime is {Lifetime}; use 1 minute to 30 days.";
        }

        if (FirstDelay < TimeSpan.FromMinutes(1) || FirstDelay > TimeSpan.FromDays(1))
        {
            yield return $"Queue.FirstDelay is {FirstDelay}; use 1 minute to 1 day.";
        }

        if (MaxDelay < FirstDelay || MaxDelay > TimeSpan.FromDays(1))
        {
            yield return $"Queue.MaxDelay is {MaxDelay}; use FirstDelay ({FirstDelay}) to 1 day.";
        }

        if (DestinationBackOff < TimeSpan.FromSeconds(1) || DestinationBackOff > TimeSpan.FromHours(1))
        {
            yield return $"Queue.DestinationBackOff is {DestinationBackOff}; use 1 second to 1 hour.";
        }

        if (MaxDestinationBackOff < DestinationBackOff || MaxDestinationBackOff > TimeSpan.FromDays(1))
        {
            yield return $"Queue.MaxDestinationBackOff is {MaxDestinationBackOff}; use DestinationBackOff ({DestinationBackOff}) to 1 day.";
        }

        if (DelayNoticeAfter != Timeout.InfiniteTimeSpan && DelayNoticeAfter < TimeSpan.FromMinutes(1))
        {
            yield return $"Queue.DelayNoticeAfter is {DelayNoticeAfter}; use 1 minute or more, or Timeout.InfiniteTimeSpan for no such notice.";
        }

        if (MaxConcurrentDeliveries is < 1 or > 10_000)
        {
            yield return $"Queue.MaxConcurrentDeliveries is {MaxConcurrentDeliveries}; use 1 to 10000.";
        }

        if (MaxConcurrentPerDestination is < 1 or > 1000)
        {
            yield return $"Queue.MaxConcurrentPerDestination is {MaxConcurrentPerDestination}; use 1 to 1000.";
        }

        if (MaxContentInMemory < 1 << 20)
        {
            yield return $"Queue.MaxContentInMemory is {MaxContentInMemory}; use 1048576 octets or more.";
        }

        if (MaxMessageSize is < 1024 or > 1 << 30)
        {
            yield return $"Queue.MaxMessageSize is {MaxMessageSize}; use 1024 to 1073741824 octets.";
        }

        if (LeaseTime < TimeSpan.FromSeconds(1) || LeaseTime > TimeSpan.FromHours(1))
        {
            yield return $"Queue.LeaseTime is {LeaseTime}; use 1 second to 1 hour.";
        }

        if (PollInterval < TimeSpan.FromSeconds(0.1) || PollInterval > TimeSpan.FromMinutes(1))
        {
            yield return $"Queue.PollInterval is {PollInterval}; use 0.1 seconds to 1 minute.";
        }
    }

    internal QueueOptions Copy() => (QueueOptions)MemberwiseClone();
}
