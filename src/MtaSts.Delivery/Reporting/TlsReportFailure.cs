namespace MtaSts.Delivery.Reporting;

/// <summary>One kind of failure, with where it was met. RFC 8460 §4.4.</summary>
/// <param name="ResultType">One of <see cref="TlsResultTypes"/>; in a received report perhaps something else.</param>
/// <param name="SendingMtaIp">The sender's address; IPv6 as in RFC 5952.</param>
/// <param name="ReceivingMxHostname">The MX host's name, from the MX record.</param>
/// <param name="ReceivingMxHelo">The name that the server gave itself.</param>
/// <param name="ReceivingIp">The address that was connected to.</param>
/// <param name="FailedSessions">How many sessions failed like this.</param>
/// <param name="AdditionalInformation">A URI of more about it.</param>
/// <param name="FailureReasonCode">What exactly failed.</param>
public sealed record TlsReportFailure(
    string? ResultType,
    string? SendingMtaIp,
    string? ReceivingMxHostname,
    string? ReceivingMxHelo,
    string? ReceivingIp,
    long? FailedSessions,
    string? AdditionalInformation,
    string? FailureReasonCode);
