namespace MtaSts.Delivery.Sessions;

/// <summary>What came of opening a session.</summary>
internal abstract record SessionOpening
{
    private SessionOpening()
    {
    }

    /// <summary>The server greeted, and the way to TLS was gone as far as it goes; a fresh session is not judged yet.</summary>
    public sealed record Opened(SmtpSession Session, bool IsReused = false) : SessionOpening;

    /// <summary>There is no session.</summary>
    public sealed record Failed(SessionFailure Failure) : SessionOpening;
}
