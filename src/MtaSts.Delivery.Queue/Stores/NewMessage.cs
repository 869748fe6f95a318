namespace MtaSts.Delivery.Queue.Stores;

/// <summary>A message that a store is to keep.</summary>
/// <param name="Envelope">Sender, recipients, and what the sender wishes to be told.</param>
/// <param name="Octets">The message as it goes over the wire.</param>
/// <param name="Arrived">When it was taken.</param>
/// <param name="NextTry">When it is tried first.</param>
/// <param name="Expires">When it is given up.</param>
/// <param name="Priority">Which mail goes first.</param>
/// <param name="Tag">The program's own mark, if it gave one.</param>
/// <param name="IsNotice">Whether it is a notice, about which no other is made.</param>
/// <param name="WantsEvents">Whether a listener is to be told what becomes of it.</param>
public sealed record NewMessage(
    Envelope Envelope, ReadOnlyMemory<byte> Octets, DateTimeOffset Arrived, DateTimeOffset NextTry, DateTimeOffset Expires, QueuePriority Priority, string? Tag, bool IsNotice,
    bool WantsEvents)
{
    /// <summary>When the sender is told that the mail is delayed, if it is not finished by then; <see langword="null"/> for never.</summary>
    public DateTimeOffset? DelayNoticeAt { get; init; }
}
