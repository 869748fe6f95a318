using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>How TLS reports are made and sent. RFC 8460 §4, §5.</summary>
public sealed class TlsReportOptions
{
    /// <summary>Who reports: this sender's organization, for example <c>Example Ltd</c>. Must be set.</summary>
    public string? OrganizationName { get; set; }

    /// <summary>The mailbox that answers for the reports, for example <c>tls-reports@example.com</c>. Must be set.</summary>
    /// <remarks>Reports are mailed from it, and its domain is the submitter: it must take bounces. RFC 8460 §4.4, §5.3.</remarks>
    public string? ContactInfo { get; set; }

    /// <summary>The keys that report mails are signed with, each of them making a signature. At least one must be there. RFC 8460 §3.</summary>
    public IList<DkimKey> DkimKeys { get; } = [];

    /// <summary>Over how long after midnight UTC the reports are spread. Four hours unless set, as RFC 8460 §4.1 suggests; 1 min to 20 h.</summary>
    public TimeSpan SpreadOver { get; set; } = TimeSpan.FromHours(4);

    /// <summary>How long a report that nobody took is tried again. 24 hours unless set, as RFC 8460 §5.5 suggests; 5 min to 48 h.</summary>
    /// <remarks>Measured by elapsed time and by the number of tries that it has room for, not by a clock that may be wrong.</remarks>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long one HTTPS POST may take, all of it. One minute unless set; 1 s to 10 min.</summary>
    public TimeSpan PostTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many reports are sent at the same time. Four unless set; 1 to 100.</summary>
    public int MaxConcurrentReports { get; set; } = 4;

    /// <summary>How results are counted.</summary>
    public CollectorOptions Collector { get; } = new();

    /// <summary>Everything that is wrong with these options, each with what to do; none when they are good.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(OrganizationName) || OrganizationName.Any(char.IsControl))
        {
            yield return $"TlsReports.OrganizationName is '{OrganizationName}'; set it to the name of this sender's organization.";
        }

        bool hasContact = EnvelopeAddress.TryParse(ContactInfo, out EnvelopeAddress? contact) && contact.Domain is not null && !contact.NeedsSmtpUtf8;
        if (!hasContact)
        {
            yield return $"TlsReports.ContactInfo is '{ContactInfo}'; set it to a mailbox such as tls-reports@example.com, which reports are sent from.";
        }

        if (DkimKeys.Count == 0)
        {
            yield return "TlsReports.DkimKeys is empty, and reports must be signed (RFC 8460 §3): make a key (openssl genrsa 2048), publish its public half at "
                + "<selector>._domainkey.<domain of ContactInfo>, and add new DkimKey(domain, selector, pem).";
        }

        foreach (DkimKey key in DkimKeys)
        {
            if (ReportSigner.FaultOf(key) is { } fault)
            {
                yield return $"The DKIM key {key} cannot be used: {fault}.";
            }
            else if (hasContact && contact!.Domain != key.Domain && !contact.Domain!.Value.EndsWith("." + key.Domain, StringComparison.Ordinal))
            {
                yield return $"The DKIM key {key} does not belong to the domain of ContactInfo, {contact.Domain}; sign with that domain, or one above it.";
            }
        }

        if (SpreadOver < TimeSpan.FromMinutes(1) || SpreadOver > TimeSpan.FromHours(20))
        {
            yield return $"TlsReports.SpreadOver is {SpreadOver}; use 1 minute to 20 hours.";
        }

        if (RetryFor < TimeSpan.FromMinutes(5) || RetryFor > TimeSpan.FromHours(48))
        {
            yield return $"TlsReports.RetryFor is {RetryFor}; use 5 minutes to 48 hours.";
        }

        if (PostTimeout < TimeSpan.FromSeconds(1) || PostTimeout > TimeSpan.FromMinutes(10))
        {
            yield return $"TlsReports.PostTimeout is {PostTimeout}; use 1 second to 10 minutes.";
        }

        if (MaxConcurrentReports is < 1 or > 100)
        {
            yield return $"TlsReports.MaxConcurrentReports is {MaxConcurrentReports}; use 1 to 100.";
        }

        foreach (string fault in Collector.Validate())
        {
            yield return "TlsReports." + fault;
        }
    }
}
