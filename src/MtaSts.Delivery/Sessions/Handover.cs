using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Sessions;

/// <summary>What came of handing the message over for one recipient on one connection.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Accepted), "accepted")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(NotOffered), "notOffered")]
[JsonDerivedType(typeof(Interrupted), "interrupted")]
public abstract record Handover
{
    private Handover()
    {
    }

    /// <summary>The server took responsibility. RFC 5321 §4.1.1.4.</summary>
    /// <param name="Reply">Its reply to the end of the message.</param>
    public sealed record Accepted(SmtpReply Reply) : Handover;

    /// <summary>The server refused.</summary>
    /// <param name="Phase">At which command.</param>
    /// <param name="Reply">Its reply.</param>
    public sealed record Refused(SmtpPhase Phase, SmtpReply Reply) : Handover;

    /// <summary>The message was not offered: the server lacks what it needs.</summary>
    /// <param name="Reason">What it lacks.</param>
    /// <param name="Detail">For a person.</param>
    public sealed record NotOffered(LocalRefusal Reason, string Detail) : Handover;

    /// <summary>The session ended before there was an answer.</summary>
    /// <param name="Failure">What ended it; <see langword="null"/> when the caller cancelled.</param>
    /// <param name="MayHaveBeenDelivered">Whether the whole message had been sent, so that the server may have taken it. RFC 5321 §4.5.3.2.6.</param>
    public sealed record Interrupted(SessionFailure? Failure, bool MayHaveBeenDelivered) : Handover;
}
