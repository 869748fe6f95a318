namespace MtaSts.Delivery.Reporting;

/// <summary>A TLS report: what one sender met in its sessions with one domain's MX hosts, usually during one UTC day. RFC 8460 §4.4.</summary>
/// <remarks>In a report that was received, all of it is what its reporter wrote, a stranger: text has been freed of control characters and
/// cut, and a member is <see langword="null"/> or empty where it was missing or could not be read.</remarks>
/// <param name="OrganizationName">Who reports.</param>
/// <param name="Start">When the time reported on begins.</param>
/// <param name="End">When it ends: the last second (decision AMB-11) or, in some received reports, the first moment after.</param>
/// <param name="ContactInfo">The reporter's mailbox.</param>
/// <param name="ReportId">The report's id, unique to its reporter.</param>
/// <param name="Policies">What was found, by policy.</param>
public sealed record TlsReport(
    string? OrganizationName,
    DateTimeOffset? Start,
    DateTimeOffset? End,
    string? ContactInfo,
    string? ReportId,
    IReadOnlyList<TlsReportPolicy> Policies);
