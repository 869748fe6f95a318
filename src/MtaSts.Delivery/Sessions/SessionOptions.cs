namespace MtaSts.Delivery.Sessions;

/// <summary>Deadlines and limits of SMTP sessions. Each deadline holds for one reply, however slowly it drips in.</summary>
public sealed class SessionOptions
{
    /// <summary>For the greeting. Five minutes unless set. RFC 5321 §4.5.3.2.1.</summary>
    public TimeSpan GreetingTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>For EHLO, HELO and STARTTLS. Five minutes unless set, as for MAIL.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>For MAIL. Five minutes unless set. RFC 5321 §4.5.3.2.2.</summary>
    public TimeSpan MailTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>For RCPT. Five minutes unless set. RFC 5321 §4.5.3.2.3.</summary>
    public TimeSpan RcptTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>For the reply to DATA. Two minutes unless set. RFC 5321 §4.5.3.2.4.</summary>
    public TimeSpan DataTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>For one block of the message to be taken. Three minutes unless set. RFC 5321 §4.5.3.2.5.</summary>
    public TimeSpan ContentBlockTimeout { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>For the reply to the end of the message. Ten minutes unless set: giving up earlier makes duplicates. RFC 5321 §4.5.3.2.6.</summary>
    public TimeSpan FinalDotTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>For the replies to QUIT, and to RSET behind the first message of a session, which has its answer by then. Five seconds unless set.</summary>
    /// <remarks>Behind a later message, whose answer they may be, they are waited for as long as for that: <see cref="FinalDotTimeout"/>.</remarks>
    public TimeSpan QuitTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest reply that is read, in octets. 65,536 unless set; 512 to 1,048,576.</summary>
    public int MaxReplySize { get; set; } = 64 * 1024;

    /// <summary>How many recipients go into one transaction. 100 unless set, the least that every server must take (RFC 5321 §4.5.3.1.8); 1 to 10,000.</summary>
    public int MaxRecipientsPerTransaction { get; set; } = 100;

    /// <summary>Whether a message goes out in one piece, announced by its length, where the server offers CHUNKING. On unless set: it saves a round trip. RFC 3030.</summary>
    /// <remarks>From the second message of a session on, and for a single recipient: others go by DATA, whose own reply shows that those before it belong to their commands.</remarks>
    public bool UseChunking { get; set; } = true;

    internal TimeSpan TimeoutFor(SmtpPhase phase) => phase switch
    {
        SmtpPhase.Greeting => GreetingTimeout,
        SmtpPhase.Mail => MailTimeout,
        SmtpPhase.Rcpt => RcptTimeout,
        SmtpPhase.Data => DataTimeout,
        SmtpPhase.Content => ContentBlockTimeout,
        SmtpPhase.FinalDot => FinalDotTimeout,
        SmtpPhase.Between or SmtpPhase.Quit => QuitTimeout,
        _ => CommandTimeout,
    };

    internal SessionOptions Copy() => (SessionOptions)MemberwiseClone();

    internal IEnumerable<string> Validate()
    {
        (string Name, TimeSpan Value)[] timeouts =
        [
            (nameof(GreetingTimeout), GreetingTimeout), (nameof(CommandTimeout), CommandTimeout), (nameof(MailTimeout), MailTimeout),
            (nameof(RcptTimeout), RcptTimeout), (nameof(DataTimeout), DataTimeout), (nameof(ContentBlockTimeout), ContentBlockTimeout),
            (nameof(FinalDotTimeout), FinalDotTimeout), (nameof(QuitTimeout), QuitTimeout),
        ];
        foreach ((string name, TimeSpan value) in timeouts)
        {
            if (value < TimeSpan.FromMilliseconds(100) || value > TimeSpan.FromHours(1))
            {
                yield return $"Sessions.{name} is {value}; use 0.1 seconds to 1 hour.";
            }
        }

        if (MaxReplySize is < 512 or > 1024 * 1024)
        {
            yield return $"Sessions.MaxReplySize is {MaxReplySize}; use 512 to 1048576 octets.";
        }

        if (MaxRecipientsPerTransaction is < 1 or > 10_000)
        {
            yield return $"Sessions.MaxRecipientsPerTransaction is {MaxRecipientsPerTransaction}; use 1 to 10000.";
        }
    }
}
