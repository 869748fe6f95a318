using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Reporting;

/// <summary>A report with the members of its JSON, in their order. RFC 8460 §4.4.</summary>
internal sealed record WireReport(
    [property: JsonPropertyName("organization-name")] string OrganizationName,
    [property: JsonPropertyName("date-range")] WireReport.DateRange Range,
    [property: JsonPropertyName("contact-info")] string ContactInfo,
    [property: JsonPropertyName("report-id")] string ReportId,
    [property: JsonPropertyName("policies")] IReadOnlyList<WireReport.Entry> Policies)
{
    internal sealed record DateRange([property: JsonPropertyName("start-datetime")] string Start, [property: JsonPropertyName("end-datetime")] string End);

    internal sealed record Entry(
        [property: JsonPropertyName("policy")] PolicyMembers Policy,
        [property: JsonPropertyName("summary")] Counts Summary,
        [property: JsonPropertyName("failure-details")] IReadOnlyList<Failure>? Failures);

    internal sealed record PolicyMembers(
        [property: JsonPropertyName("policy-type")] string Type,
        [property: JsonPropertyName("policy-string")] IReadOnlyList<string>? Lines,
        [property: JsonPropertyName("policy-domain")] string Domain,
        [property: JsonPropertyName("mx-host")] IReadOnlyList<string>? MxHosts);

    internal sealed record Counts(
        [property: JsonPropertyName("total-successful-session-count")] long Successful,
        [property: JsonPropertyName("total-failure-session-count")] long Failed);

    internal sealed record Failure(
        [property: JsonPropertyName("result-type")] string ResultType,
        [property: JsonPropertyName("sending-mta-ip")] string? SendingIp,
        [property: JsonPropertyName("receiving-mx-hostname")] string? MxHost,
        [property: JsonPropertyName("receiving-mx-helo")] string? Helo,
        [property: JsonPropertyName("receiving-ip")] string? ReceivingIp,
        [property: JsonPropertyName("failed-session-count")] long Sessions,
        [property: JsonPropertyName("additional-information")] string? AdditionalInformation,
        [property: JsonPropertyName("failure-reason-code")] string? ReasonCode);
}
