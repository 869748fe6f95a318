using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Reporting;

/// <summary>Writes reports as I-JSON: UTF-8 without a byte order mark, each name once, what is unknown left out. RFC 8460 §4.4, RFC 7493.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WireReport))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    public static byte[] Write(TlsReport report) => JsonSerializer.SerializeToUtf8Bytes(
        new WireReport(
            report.OrganizationName!,
            new WireReport.DateRange(Text(report.Start!.Value), Text(report.End!.Value)),
            report.ContactInfo!,
            report.ReportId!,
            [.. report.Policies.Select(Write)]),
        Default.WireReport);

    private static WireReport.Entry Write(TlsReportPolicy policy) => new(
        new WireReport.PolicyMembers(
            policy.PolicyType!,
            policy.PolicyType == "no-policy-found" ? null : policy.PolicyString,
            policy.PolicyDomain!,
            policy.PolicyType == "sts" ? policy.MxHosts : null),
        new WireReport.Counts(policy.SuccessfulSessions!.Value, policy.FailedSessions!.Value),
        policy.FailureDetails.Count == 0 ? null : [.. policy.FailureDetails.Select(failure => new WireReport.Failure(
            failure.ResultType!, failure.SendingMtaIp, failure.ReceivingMxHostname, failure.ReceivingMxHelo, failure.ReceivingIp, failure.FailedSessions!.Value,
            failure.AdditionalInformation, failure.FailureReasonCode))]);

    /// <summary>RFC 3339 in UTC, whatever the culture's calendar.</summary>
    private static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
