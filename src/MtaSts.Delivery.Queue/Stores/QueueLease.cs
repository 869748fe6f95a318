using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Stores;

/// <summary>A delivery that one worker alone works on: a message with its open recipients in one domain.</summary>
/// <param name="Worker">Who works on it.</param>
/// <param name="Delivery">The delivery's number in its store.</param>
/// <param name="Number">How often it was leased; a lease that was taken back and given again has another number.</param>
/// <param name="Id">The message.</param>
/// <param name="Sender">The reverse-path; <see langword="null"/> for the null one.</param>
/// <param name="EnvelopeId">The sender's ENVID, if it gave one.</param>
/// <param name="Return">The sender's RET, if it gave one.</param>
/// <param name="Size">The message's size in octets.</param>
/// <param name="Priority">Which mail goes first.</param>
/// <param name="Tag">The program's own mark, if it gave one.</param>
/// <param name="IsNotice">Whether the message is a notice.</param>
/// <param name="WantsEvents">Whether a listener is to be told what becomes of it.</param>
/// <param name="Arrived">When the message was taken.</param>
/// <param name="NextTry">When it was to be tried; a later moment than that of the lease when it was leased for <paramref name="DelayNoticeAt"/>, or for an order.</param>
/// <param name="Expires">When it is given up.</param>
/// <param name="Attempts">How often this delivery was tried before.</param>
/// <param name="DelayNoticeAt">When the sender is to be told of the delay; <see langword="null"/> when it was told, or is not to be.</param>
/// <param name="Order">An order to cancel or drop it; <see langword="null"/> when it is to be delivered.</param>
/// <param name="Reason">The words that came with an order to drop it.</param>
/// <param name="Destination">How its destination does.</param>
/// <param name="Recipients">Its open recipients, 1 to 1,000.</param>
public sealed record QueueLease(
    Guid Worker, long Delivery, long Number, QueueId Id, EnvelopeAddress? Sender, string? EnvelopeId, DsnReturn? Return, long Size, QueuePriority Priority, string? Tag, bool IsNotice, bool WantsEvents,
    DateTimeOffset Arrived, DateTimeOffset NextTry, DateTimeOffset Expires, int Attempts, DateTimeOffset? DelayNoticeAt, QueueOrder? Order, string? Reason, DestinationState Destination, IReadOnlyList<LeasedRecipient> Recipients);
