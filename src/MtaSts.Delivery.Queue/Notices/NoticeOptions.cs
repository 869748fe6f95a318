using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>How senders are told what became of their mail.</summary>
public sealed class NoticeOptions
{
    /// <summary>The name of this host in notices: a fully qualified domain name. In a container <see cref="MailDelivererOptions.EhloName"/> unless set; otherwise the system's. RFC 3464 §2.2.2.</summary>
    public string? ReportingMta { get; set; }

    /// <summary>Whom notices come from. <c>MAILER-DAEMON</c> at the name of this host unless set. RFC 3464 §2.</summary>
    public EnvelopeAddress? From { get; set; }

    /// <summary>The name beside that address. <c>Mail Delivery System</c> unless set; at most 100 characters.</summary>
    public string FromName { get; set; } = "Mail Delivery System";

    /// <summary>Whom a person can ask: an address, a telephone number, a page; it stands in each notice. Nobody unless set; at most 300 characters.</summary>
    public string? Contact { get; set; }

    /// <summary>The longest message that comes back whole when its sender asked for that (RET=FULL), in octets; of a longer one the header does. 65,536 unless set; 0 to 10,485,760.</summary>
    public int MaxReturned { get; set; } = 64 * 1024;

    /// <summary>Everything that is wrong with these options, each with the value and what to do; none when they are good.</summary>
    public IEnumerable<string> Validate()
    {
        if (ReportingMta is not null && !(DomainName.TryParse(ReportingMta, out DomainName? name) && name.IsHostName && name.Parent is not null))
        {
            yield return $"Notices.ReportingMta is '{ReportingMta}'; use a fully qualified domain name such as mail.example.com.";
        }

        if (FromName.Length > 100)
        {
            yield return $"Notices.FromName has {FromName.Length} characters; use at most 100.";
        }

        if (Contact is { Length: > 300 })
        {
            yield return $"Notices.Contact has {Contact.Length} characters; use at most 300.";
        }

        if (MaxReturned is < 0 or > 10 << 20)
        {
            yield return $"Notices.MaxReturned is {MaxReturned}; use 0 to 10485760.";
        }
    }

    internal NoticeOptions Copy() => (NoticeOptions)MemberwiseClone();
}
