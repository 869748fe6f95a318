namespace MtaSts.Delivery.Testing;

/// <summary>Something that must not happen on the wire.</summary>
/// <param name="What">What a sender must keep to itself.</param>
/// <param name="MxHost">The MX host that must not get it; <see langword="null"/> for all of them.</param>
public sealed record Prohibition(NeverSent What, string? MxHost)
{
    /// <summary>The recipient of whom no word may be said, in the RCPT command; <see langword="null"/> when it is about mail for anybody.</summary>
    public string? Recipient { get; init; }

    /// <summary>The prohibition in words.</summary>
    public override string ToString()
    {
        string to = MxHost is null ? "" : $" to `{MxHost}`";
        return What switch
        {
            NeverSent.Connection => $"no connection{(MxHost is null ? " to an MX host" : to)}",
            NeverSent.Mail => $"no {Command}{to}",
            NeverSent.MailInClear => $"no {Command} in clear{to}",
            _ => $"no message content{to}",
        };
    }

    private string Command => Recipient is null ? "MAIL" : $"RCPT for `{Recipient}`";

    /// <summary>Whether the other goes without saying.</summary>
    internal bool Covers(Prohibition other) => (MxHost is null || MxHost == other.MxHost) && (Recipient is null || Recipient == other.Recipient) && What switch
    {
        NeverSent.Connection => true,
        NeverSent.Mail => other.What != NeverSent.Connection,
        _ => other.What == What,
    };

    internal bool IsBrokenBy(SmtpTranscript session) => (MxHost is null || MxHost == session.Host) && What switch
    {
        NeverSent.Connection => true,
        NeverSent.Mail => Recipient is null ? session.WasOfferedMail : session.HasHeardOf(Recipient, inClear: false),
        NeverSent.MailInClear => Recipient is null ? session.WasOfferedMailInClear : session.HasHeardOf(Recipient, inClear: true),
        _ => session.ReceivedContent,
    };
}
