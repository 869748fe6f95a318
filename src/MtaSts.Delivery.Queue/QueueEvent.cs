using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Queue;

/// <summary>Something that a program may want to know about one recipient of a message.</summary>
/// <param name="Number">The event's number in its store; 0 before it is kept.</param>
/// <param name="Id">The message's number.</param>
/// <param name="Tag">The program's own mark for the message, if it gave one.</param>
/// <param name="Sender">The reverse-path; <see langword="null"/> for the null one.</param>
/// <param name="Recipient">The recipient.</param>
/// <param name="State">What became of it for good, or <see cref="RecipientState.Waiting"/>: it takes unusually long, told once.</param>
/// <param name="At">When.</param>
/// <param name="Attempt">The last try; <see langword="null"/> when there was none.</param>
public sealed record QueueEvent(long Number, QueueId Id, string? Tag, EnvelopeAddress? Sender, EnvelopeAddress Recipient, RecipientState State, DateTimeOffset At, QueueAttempt? Attempt)
{
    /// <summary>The event in a line.</summary>
    public override string ToString() => $"{Number}: message {Id}{(Tag is null ? "" : $" ({Tag})")}, {Recipient}: {State}{(Attempt is null ? "" : $"; {Attempt}")}";
}
