using MimeKit;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>A report as a mail. RFC 8460 §5.3, RFC 8689 §3.</summary>
internal static class ReportMail
{
    public static MimeMessage Create(ReportFile file, string organization, EnvelopeAddress contact, EnvelopeAddress recipient, DateTimeOffset now)
    {
        var attachment = new MimePart("application", "tlsrpt+gzip")
        {
            Content = new MimeContent(new MemoryStream(file.Content)),
            ContentTransferEncoding = ContentEncoding.Base64,
            ContentDisposition = new ContentDisposition(ContentDisposition.Attachment) { FileName = file.Name },
        };
        // A name that is all ASCII stands in quotes as it is, not in the numbered pieces of RFC 2231, which some receivers cannot read.
        foreach (Parameter parameter in attachment.ContentDisposition.Parameters)
        {
            parameter.EncodingMethod = ParameterEncodingMethod.Rfc2047;
        }

        var message = new MimeMessage
        {
            Subject = $"Report Domain: {file.Domain} Submitter: {file.Submitter} Report-ID: <{file.Report.ReportId}>",
            Date = now,
            // The same for every try, so that a mailbox can tell a repeated mail.
            MessageId = file.Report.ReportId!,
            Body = new MultipartReport("tlsrpt") { new TextPart("plain") { Text = Text(file, organization) }, attachment },
        };
        message.From.Add(new MailboxAddress(organization, contact.ToString()));
        message.To.Add(new MailboxAddress(null, recipient.ToString()));
        message.Headers.Add("TLS-Report-Domain", file.Domain.Value);
        message.Headers.Add("TLS-Report-Submitter", file.Submitter.Value);
        // Otherwise the very fault that is reported could keep relays from handing the report over.
        message.Headers.Add("TLS-Required", "No");
        return message;
    }

    private static string Text(ReportFile file, string organization) => FormattableString.Invariant(
        $"""
        This is an aggregate TLS report (RFC 8460) from {organization} about mail
        to {file.Domain} on {file.Report.Start:yyyy-MM-dd} (UTC).

        Sessions that met the policy: {file.Report.Policies.Sum(policy => policy.SuccessfulSessions)}
        Sessions that did not:        {file.Report.Policies.Sum(policy => policy.FailedSessions)}

        The report itself is attached. Questions: {file.Report.ContactInfo}

        """).ReplaceLineEndings("\r\n");
}
