using MimeKit;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>What came of sending a report to one target.</summary>
/// <param name="IsAccepted">Whether the target took it.</param>
/// <param name="Detail">What happened, for a person.</param>
internal sealed record ReportDelivery(bool IsAccepted, string Detail);

/// <summary>Hands a report mail to the deliverer, past every policy and without its being counted. RFC 8460 §3, §5.3.</summary>
internal delegate Task<ReportDelivery> MailReport(MimeMessage message, EnvelopeAddress sender, EnvelopeAddress recipient, CancellationToken cancellationToken);
