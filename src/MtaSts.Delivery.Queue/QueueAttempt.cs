using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>What the last try came to for one recipient, in the form in which it is kept.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Status">The enhanced status. RFC 3463.</param>
/// <param name="MxHost">The host that the outcome comes from; <see langword="null"/> when it came to none.</param>
/// <param name="Reply">The server's reply behind the outcome, if there was one; at most 2,000 characters of its text are kept.</param>
/// <param name="Explanation">What happened and why, in words for a person.</param>
/// <param name="Failure">What went wrong; <see langword="null"/> when it was delivered.</param>
/// <param name="Advice">Who must do what; empty when it was delivered.</param>
/// <param name="MayHaveBeenDelivered">Whether the server was sent the whole message and its answer is not known.</param>
public sealed record QueueAttempt(
    DateTimeOffset At, EnhancedStatus Status, string? MxHost, SmtpReply? Reply, string Explanation, FailureCode? Failure, string Advice, bool MayHaveBeenDelivered)
{
    /// <summary>Where on the line it ended; <see langword="null"/> when it was delivered.</summary>
    public DeliveryStage? Stage => Failure is { } failure ? FailureTable.For(failure).Stage : null;
}
