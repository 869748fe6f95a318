using MtaSts.Delivery.Outcomes;

namespace MtaSts.Delivery.Queue;

/// <summary>When mail is tried again, and when it is given up. RFC 5321 §4.5.4.1.</summary>
internal static class RetryRules
{
    /// <summary>The tries after which a server's own 4yz reply is followed sooner than half an hour later.</summary>
    /// <remarks>RFC 5321 §4.5.4.1 wants 30 minutes unless the client can tell the reason: here the server has spoken, most often to see whether the sender comes back.</remarks>
    private const int EarlyTries = 2;

    /// <summary>How long to wait after a try: the first delay, doubled with each further one, never less than the outcome asks for, and up to a quarter more so that tries spread.</summary>
    /// <param name="attempts">How often it was tried, this time included; 1 or more.</param>
    /// <param name="outcomes">What was deferred; at least one.</param>
    /// <param name="options">The delays.</param>
    /// <param name="chance">0 to 1.</param>
    public static TimeSpan Delay(int attempts, IReadOnlyList<RecipientOutcome.Deferred> outcomes, QueueOptions options, double chance)
    {
        TimeSpan doubled = Doubled(options.FirstDelay, attempts, options.MaxDelay);
        TimeSpan least = outcomes.Max(outcome => outcome.Failure == FailureCode.RefusedForNow && attempts <= EarlyTries ? TimeSpan.Zero : outcome.RetryAfter);
        return (doubled > least ? doubled : least) * (1 + (chance / 4));
    }

    /// <summary>The moment of the next try: the last one falls on the moment at which the mail expires.</summary>
    public static DateTimeOffset NextTry(DateTimeOffset now, TimeSpan delay, DateTimeOffset expires) => expires - now < delay ? expires : now + delay;

    /// <summary>Whether a try at this moment is the last.</summary>
    public static bool IsLast(DateTimeOffset now, DateTimeOffset expires) => now >= expires;

    /// <summary>What a try says about its destination.</summary>
    /// <returns>True when no server there would talk about mail, false when one did, <see langword="null"/> when the try says nothing of that.</returns>
    public static bool? IsDestinationFailing(IEnumerable<RecipientOutcome> outcomes)
    {
        bool? isFailing = null;
        foreach (RecipientOutcome outcome in outcomes)
        {
            switch (outcome)
            {
                case RecipientOutcome.Delivered or RecipientOutcome.Deferred { Stage: DeliveryStage.Transaction } or RecipientOutcome.Failed { Stage: DeliveryStage.Transaction }:
                    return false;

                case RecipientOutcome.Deferred { Failure: not (FailureCode.Cancelled or FailureCode.InternalError or FailureCode.FinalReplyLost) }:
                    isFailing = true;
                    break;
            }
        }

        return isFailing;
    }

    /// <summary>How long a destination is left alone after so many failures in a row, up to a quarter more so that tries spread.</summary>
    public static TimeSpan BackOff(int failures, QueueOptions options, double chance) =>
        Doubled(options.DestinationBackOff, failures, options.MaxDestinationBackOff) * (1 + (chance / 4));

    /// <summary>Whether the last try can be left out: the destination is being left alone because nothing there can be reached, and nobody's policy is the reason.</summary>
    /// <remarks>Where a policy or TLS is the reason the last try is made in any case, after a look for a newer policy (RFC 8461 §5).</remarks>
    public static bool NeedsNoLastTry(DateTimeOffset now, DateTimeOffset? notBefore, QueueAttempt? destinationFailure) =>
        notBefore > now && destinationFailure is { Stage: DeliveryStage.Routing or DeliveryStage.Session };

    /// <summary>Whether a refusal may end when the domain changes its policy.</summary>
    public static bool DependsOnPolicy(RecipientOutcome outcome) => outcome is RecipientOutcome.Deferred { Stage: DeliveryStage.Policy or DeliveryStage.Tls };

    private static TimeSpan Doubled(TimeSpan first, int times, TimeSpan longest)
    {
        double doubled = first.TotalSeconds * Math.Pow(2, Math.Min(times - 1, 60));
        return doubled >= longest.TotalSeconds ? longest : TimeSpan.FromSeconds(doubled);
    }
}
