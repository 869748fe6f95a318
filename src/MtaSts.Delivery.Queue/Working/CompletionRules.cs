using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>From a lease and what its try came to, to all that is kept when it ends.</summary>
internal static class CompletionRules
{
    /// <summary>The end of a lease after a try.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="tried">What the try came to.</param>
    /// <param name="options">Delays and notices.</param>
    /// <param name="now">When the try ended.</param>
    /// <param name="chance">Two numbers from 0 to 1, to spread tries.</param>
    public static LeaseCompletion AfterTry(QueueLease lease, TryResult tried, QueueOptions options, DateTimeOffset now, (double Retry, double BackOff) chance)
    {
        RecipientResult[] results = [.. lease.Recipients.Zip(tried.Outcomes, (recipient, outcome) => Result(lease, recipient, outcome, tried.IsLast, now))];
        RecipientOutcome[] outcomes = [.. tried.Outcomes.OfType<RecipientOutcome>().Where(outcome => !IsCancelled(outcome))];
        RecipientOutcome.Deferred[] deferred = [.. outcomes.OfType<RecipientOutcome.Deferred>()];
        bool wasTried = outcomes.Length > 0;
        DateTimeOffset next = deferred.Length == 0 ? now : RetryRules.NextTry(now, RetryRules.Delay(lease.Attempts + 1, deferred, options, chance.Retry), lease.Expires);
        bool? isFailing = RetryRules.IsDestinationFailing(outcomes);
        return Finish(lease, results, now) with
        {
            NextTry = next,
            WasTried = wasTried,
            IsBlocked = isFailing == true,
            Destination = Destination(lease.Destination, isFailing, deferred, options, now, chance.BackOff),
        };
    }

    /// <summary>The end of a lease whose mail an operator, or the program, gives up.</summary>
    public static LeaseCompletion AfterOrder(QueueLease lease, DateTimeOffset now) => Finish(
        lease, [.. lease.Recipients.Select(recipient => new RecipientResult(recipient.Ordinal, lease.Order == QueueOrder.Drop ? RecipientState.Dropped : RecipientState.Cancelled, null))], now);

    /// <summary>The end of a lease whose message the store has lost: nobody can deliver it any more, and its sender has to know.</summary>
    public static LeaseCompletion AfterLoss(QueueLease lease, DateTimeOffset now) =>
        GiveUp(lease, now, $"The content of message {lease.Id} is gone from the queue's store, so it cannot be delivered; send it again.");

    /// <summary>The end of a lease whose delivery could not be tried, for a reason on this side: later, unless its time is over.</summary>
    public static LeaseCompletion AfterTrouble(QueueLease lease, DateTimeOffset now, DateTimeOffset nextTry, string reason) => lease.Expires <= now
        ? GiveUp(lease, now, $"Message {lease.Id} could not be tried once more before its time was over: {reason}")
        : Untried(lease, now, nextTry);

    private static LeaseCompletion GiveUp(QueueLease lease, DateTimeOffset now, string explanation)
    {
        var lost = new QueueAttempt(now, new EnhancedStatus(5, 3, 0), null, null, explanation, FailureCode.InternalError, MayHaveBeenDelivered: false);
        return Finish(lease, [.. lease.Recipients.Select(recipient => new RecipientResult(recipient.Ordinal, RecipientState.Failed, lost))], now);
    }

    /// <summary>The end of a lease that was only for telling the sender of the delay.</summary>
    public static LeaseCompletion AfterDelay(QueueLease lease, DateTimeOffset now)
    {
        RecipientResult[] results = [.. lease.Recipients.Select(recipient => new RecipientResult(recipient.Ordinal, RecipientState.Waiting, null))];
        return Finish(lease, results, now) with { NextTry = null };
    }

    /// <summary>Whether a lease is only for telling the sender of the delay.</summary>
    public static bool IsOnlyDelay(QueueLease lease, DateTimeOffset leasedAt) =>
        lease is { Order: null } && lease.DelayNoticeAt <= leasedAt && (lease.NextTry > leasedAt || lease.Destination.NotBefore > leasedAt) && !RetryRules.IsLast(leasedAt, lease.Expires);

    /// <summary>The end of a lease whose mail was not tried, and is tried later.</summary>
    public static LeaseCompletion Untried(QueueLease lease, DateTimeOffset now, DateTimeOffset nextTry) => new(
        lease, now, [.. lease.Recipients.Select(recipient => new RecipientResult(recipient.Ordinal, RecipientState.Waiting, null))], nextTry, false, false, false, null, [], []);

    /// <summary>The end of a lease in which this program failed: who has the mail by then has it, and the others are tried later.</summary>
    public static LeaseCompletion AfterFault(QueueLease lease, TryResult? tried, DateTimeOffset now, DateTimeOffset nextTry)
    {
        if (tried is null && lease.Expires <= now)
        {
            return AfterTrouble(lease, now, nextTry, "the sending program failed; look at its log.");
        }

        RecipientResult[] results = [.. lease.Recipients.Select((recipient, i) => new RecipientResult(
            recipient.Ordinal, tried?.Outcomes[i] is RecipientOutcome.Delivered ? RecipientState.Delivered : RecipientState.Waiting, null))];
        return Finish(lease, results, now) with { NextTry = nextTry, WasTried = true };
    }

    /// <summary>What notices have to say about a lease that ends, each of one kind; none when the sender is not to be told.</summary>
    public static IReadOnlyList<NoticeRequest> Notices(LeaseCompletion completion, TryResult? tried, MessageContent content, QueueOptions options)
    {
        QueueLease lease = completion.Lease;
        bool isPlain = completion.Results.All(result => result.State == RecipientState.Delivered) && lease.Recipients.All(recipient => recipient.Dsn is null);
        if (isPlain || !options.SendNotices || !NoticeRules.CanBeTold(lease.Sender, lease.IsNotice))
        {
            return [];
        }

        var about = lease.Recipients.Select((recipient, i) => (Recipient: recipient, Result: completion.Results[i], Outcome: tried?.Outcomes[i])).ToLookup(one => one.Result.State switch
        {
            RecipientState.Failed or RecipientState.Expired or RecipientState.Dropped when NoticeRules.TellsFailure(one.Recipient.Dsn) => NoticeAction.Failed,
            RecipientState.Waiting when completion.IsDelayTold && NoticeRules.TellsDelay(one.Recipient.Dsn) => NoticeAction.Delayed,
            RecipientState.Delivered when NoticeRules.TellsRelayed(one.Recipient.Dsn, one.Outcome) => NoticeAction.Relayed,
            _ => (NoticeAction?)null,
        });
        return
        [
            .. about.Where(group => group.Key is not null).Select(group => new NoticeRequest(
                lease.Id,
                EnvelopeOf(lease, [.. group.Select(one => one.Recipient)]),
                content,
                [.. group.Select(one => new NoticeRecipient(
                    one.Recipient.Address, one.Recipient.Dsn, group.Key!.Value, one.Result.State, one.Result.Attempt ?? one.Recipient.LastAttempt, one.Recipient.Attempts + (completion.WasTried ? 1 : 0)))],
                lease.Arrived,
                group.Key == NoticeAction.Delayed ? lease.Expires : null,
                lease.Reason,
                completion.Now)),
        ];
    }

    /// <summary>The envelope of some of a lease's recipients.</summary>
    public static Envelope EnvelopeOf(QueueLease lease, IReadOnlyCollection<LeasedRecipient> recipients) => new(lease.Sender, recipients.Select(recipient => recipient.Address))
    {
        EnvelopeId = lease.EnvelopeId,
        Return = lease.Return,
        Notifications = recipients.Where(recipient => recipient.Dsn is not null).ToDictionary(recipient => recipient.Address, recipient => recipient.Dsn!),
    };

    /// <summary>A notice as a message for the queue: from the null reverse-path, and never itself the reason of one. RFC 3461 §6.1, §6.2.</summary>
    public static NewMessage NoticeMessage(EnvelopeAddress sender, MessageContent content, DateTimeOffset now, TimeSpan lifetime) => new(
        new Envelope(null, [sender]) { Notifications = new Dictionary<EnvelopeAddress, RecipientDsn> { [sender] = new(DsnNotify.Never) } },
        content.Octets, now, now, now + lifetime, QueuePriority.Normal, null, IsNotice: true, WantsEvents: false);

    private static LeaseCompletion Finish(QueueLease lease, RecipientResult[] results, DateTimeOffset now)
    {
        bool tellsDelay = lease.DelayNoticeAt <= now && Array.Exists(results, result => result.State == RecipientState.Waiting);
        QueueEvent[] events = !lease.WantsEvents ? [] :
        [
            .. lease.Recipients.Zip(results).Where(one => one.Second.State != RecipientState.Waiting || tellsDelay).Select(one => new QueueEvent(
                0, lease.Id, lease.Tag, lease.Sender, one.First.Address, one.Second.State, now, one.Second.Attempt ?? one.First.LastAttempt)),
        ];
        return new LeaseCompletion(lease, now, results, now, false, false, tellsDelay, null, [], events);
    }

    private static RecipientResult Result(QueueLease lease, LeasedRecipient recipient, RecipientOutcome? outcome, bool isLast, DateTimeOffset now)
    {
        bool mayHaveBeenDelivered = recipient.LastAttempt?.MayHaveBeenDelivered == true || outcome is RecipientOutcome.Deferred { MayHaveBeenDelivered: true };
        QueueAttempt? attempt = outcome is null || IsCancelled(outcome) ? null : QueueAttempt.From(outcome, now, mayHaveBeenDelivered && outcome is not RecipientOutcome.Delivered);
        RecipientState state = outcome switch
        {
            RecipientOutcome.Delivered => RecipientState.Delivered,
            RecipientOutcome.Failed => RecipientState.Failed,
            not null when IsCancelled(outcome) => RecipientState.Waiting,
            _ => isLast ? RecipientState.Expired : RecipientState.Waiting,
        };
        // Who was never tried because nothing could be reached is told what the others met.
        return new RecipientResult(recipient.Ordinal, state, attempt ?? (outcome is null && recipient.LastAttempt is null ? lease.Destination.LastFailure : null));
    }

    private static DestinationState? Destination(
        DestinationState before, bool? isFailing, RecipientOutcome.Deferred[] deferred, QueueOptions options, DateTimeOffset now, double chance)
    {
        if (isFailing == true)
        {
            // Counted from what was known when the lease began: ten that fail together are one failure.
            int failures = before.Failures + 1;
            return new DestinationState(before.Name, failures, now + RetryRules.BackOff(failures, options, chance), QueueAttempt.From(deferred[0], now, mayHaveBeenDelivered: false));
        }

        return isFailing == false && before.Failures > 0 ? new DestinationState(before.Name, 0, null, null) : null;
    }

    private static bool IsCancelled(RecipientOutcome outcome) => outcome is RecipientOutcome.Deferred { Failure: FailureCode.Cancelled };
}
