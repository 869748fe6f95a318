using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>What a notice has to say.</summary>
/// <param name="Id">The message's number in the queue.</param>
/// <param name="Envelope">Its sender, who is never null here, ENVID and RET, and the recipients of this notice with their wishes.</param>
/// <param name="Content">The message.</param>
/// <param name="Recipients">What became of it, at least one, all of the same <see cref="NoticeAction"/>.</param>
/// <param name="Arrived">When the queue took it.</param>
/// <param name="WillRetryUntil">Until when further tries follow, for a delay; otherwise <see langword="null"/>.</param>
/// <param name="Reason">An operator's words, when they dropped it; otherwise <see langword="null"/>.</param>
/// <param name="Now">The moment, for the notice's Date.</param>
public sealed record NoticeRequest(
    QueueId Id, Envelope Envelope, MessageContent Content, IReadOnlyList<NoticeRecipient> Recipients, DateTimeOffset Arrived, DateTimeOffset? WillRetryUntil, string? Reason, DateTimeOffset Now)
{
    /// <summary>What the notice is about.</summary>
    public NoticeAction Action => Recipients[0].Action;
}
