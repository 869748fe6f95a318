namespace MtaSts.Delivery.Queue;

/// <summary>Whether a queue does its work.</summary>
internal static class QueueHealthRules
{
    private static readonly TimeSpan TooLong = TimeSpan.FromMinutes(2);

    /// <summary>The verdict on a queue whose store answers.</summary>
    /// <param name="counts">How much is in it.</param>
    /// <param name="trouble">What is wrong with the store, if anything is.</param>
    /// <param name="isIdle">Whether it should be delivered here, and nobody does.</param>
    /// <param name="sinceLastLease">How long ago the worker could begin something.</param>
    /// <param name="isListenerFailing">Whether the listener failed last time.</param>
    /// <param name="places">How many deliveries may be under way.</param>
    public static QueueHealth Judge(QueueCounts counts, string? trouble, bool isIdle, TimeSpan sinceLastLease, bool isListenerFailing, int places)
    {
        if (trouble is not null)
        {
            return new QueueHealth(QueueHealthState.Unhealthy, trouble, counts);
        }

        if (isIdle)
        {
            return Degraded("Mail is taken, but not delivered: the worker does not run. Start the host, or call RunAsync.");
        }

        if (counts.Due > 0 && sinceLastLease > TooLong)
        {
            return Degraded(FormattableString.Invariant(
                $"{counts.Due} deliveries are due, and none was begun for {sinceLastLease}: all {places} places are taken. Look at MaxConcurrentDeliveries and at what holds them up."));
        }

        return isListenerFailing
            ? Degraded(FormattableString.Invariant($"The listener to queue events fails, and {counts.UntoldEvents} events wait for it: see the log."))
            : new QueueHealth(QueueHealthState.Healthy, FormattableString.Invariant($"{counts.Messages} messages; {counts.Due} deliveries due, {counts.Waiting} waiting, {counts.Delivering} under way, {counts.Held} held."), counts);

        QueueHealth Degraded(string description) => new(QueueHealthState.Degraded, description, counts);
    }
}
