using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>What a notice says and brings back. RFC 3461 §4.3, §6.3, RFC 3464.</summary>
internal static class StatusRules
{
    // RFC 3463 §3.5: delivery time expired.
    private static readonly EnhancedStatus TimeExpired = new(5, 4, 7);
    private static readonly EnhancedStatus GivenUp = new(5, 0, 0);

    /// <summary>The status in a notice. RFC 3461 §6.3(g), RFC 3463, RFC 3464 §2.3.4.</summary>
    /// <remarks>What a server said stays as it said it: a 4.y.z with a failure means that persistence of something temporary has ended the tries (RFC 3463 §2),
    /// and making 5.2.2 of a 4.2.2 would put words into its mouth. What this sender found by itself ends as 5.7.z where policy or TLS forbade to hand the
    /// message over, and otherwise as 5.4.7, delivery time expired.</remarks>
    public static EnhancedStatus StatusOf(NoticeRecipient recipient)
    {
        EnhancedStatus? last = recipient.LastAttempt?.Status;
        return (recipient.Action, recipient.State) switch
        {
            (NoticeAction.Delayed, _) => last is { Class: 4 } ? last.Value : new EnhancedStatus(4, 0, 0),
            (NoticeAction.Relayed, _) => last is { Class: 2 } ? last.Value : new EnhancedStatus(2, 0, 0),
            (_, RecipientState.Expired) => InTheEnd(recipient.LastAttempt, TimeExpired),
            (_, RecipientState.Dropped) => InTheEnd(recipient.LastAttempt, GivenUp),
            _ => last is { Class: 5 } ? last.Value : GivenUp,
        };
    }

    /// <summary>Whether policy or TLS kept the message from being handed over. RFC 8461 §5.</summary>
    public static bool IsByPolicy(QueueAttempt? attempt) => attempt is { Stage: DeliveryStage.Policy or DeliveryStage.Tls, Status.Subject: 7 };

    /// <summary>Whether the whole message comes back. RFC 3461 §4.3.</summary>
    /// <remarks>Only when the sender asked for it, and only with a failure: what has not failed the sender still has, and a message with a secret in it
    /// should not travel once more than it must. One that SMTP cannot carry cannot come back either.</remarks>
    /// <param name="request">The notice.</param>
    /// <param name="maxReturned">The longest message that comes back, in octets.</param>
    public static bool ReturnsFull(NoticeRequest request, int maxReturned) =>
        request.Envelope.Return == DsnReturn.Full && request.Action == NoticeAction.Failed && request.Content.Fault is null && request.Content.Octets.Length <= maxReturned;

    private static EnhancedStatus InTheEnd(QueueAttempt? last, EnhancedStatus otherwise) =>
        last?.Reply?.Enhanced is { Class: 4 } theirs && theirs == last.Status ? theirs
        : last?.Status.Subject == 7 ? last.Status with { Class = 5 }
        : otherwise;
}
