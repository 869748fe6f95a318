namespace MtaSts.Delivery.Sessions;

/// <summary>What ended a session before its work was done.</summary>
/// <param name="Kind">The class of failure.</param>
/// <param name="Phase">Where it happened.</param>
/// <param name="Detail">What was seen, for a person.</param>
/// <param name="Reply">The server's reply, where that was the failure.</param>
public sealed record SessionFailure(SessionFailureKind Kind, SmtpPhase Phase, string Detail, SmtpReply? Reply = null)
{
    /// <summary>Whether nothing answered in time, rather than that something said no.</summary>
    public bool IsTimeout { get; init; } = Kind == SessionFailureKind.Timeout;
}
