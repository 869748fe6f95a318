using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Cli.Output;

/// <summary>One finding, as every lint prints it.</summary>
internal sealed record FindingLine(string Code, string Severity, string Message, int? Line)
{
    public static IReadOnlyList<FindingLine> From(IEnumerable<Finding> findings) => [.. findings.Select(one => new FindingLine(one.Code, FindingText.Word(one.Severity), one.Message, one.Line))];
}

internal sealed record PolicyLine(string Source, bool Valid, string? Mode, long? MaxAge, IReadOnlyList<string> Mx, IReadOnlyList<FindingLine> Findings);

internal sealed record RecordLine(string Source, string Policy, string? Id, IReadOnlyList<FindingLine> Findings);

internal sealed record TlsRecordLine(string Source, bool Found, IReadOnlyList<string> Rua, IReadOnlyList<string> UsableRua, IReadOnlyList<FindingLine> Findings);

internal sealed record ReportLine(
    string Source, bool Readable, bool Conforms, string? Organization, string? ReportId, IReadOnlyList<ReportPolicyLine> Policies, IReadOnlyList<FindingLine> Findings);

internal sealed record ReportPolicyLine(string? Type, string? Domain, long Success, long Failure);

internal sealed record CertificateLine(string Source, string Host, bool NameMatches, bool? Trusted, bool Valid, IReadOnlyList<FindingLine> Findings);

internal sealed record MatchLine(string Host, bool Permitted, string? Pattern);

internal sealed record OutcomeLine(
    string Recipient, string Outcome, string Status, string? Stage, string? MxHost, string? Tls, string Reason, string? Advice, string? Failure, string? Reply,
    bool MayHaveBeenDelivered, double? RetryAfterSeconds, IReadOnlyList<string> Findings, JsonNode? Reasoning);

internal sealed record PlanLine(string Recipient, string Expected, string Reason, JsonNode? Plan);

internal sealed record CheckLine(
    string Domain, string Verdict, string Summary, CheckRecord Record, CheckPolicy? Policy, IReadOnlyList<CheckHost> Mx, CheckReporting Reporting, IReadOnlyList<CheckFinding> Findings);

internal sealed record CheckRecord(string Policy, string? Id);

internal sealed record CheckPolicy(string Mode, long MaxAge, IReadOnlyList<string> Mx);

internal sealed record CheckHost(string Host, int Preference, string? PermittedBy, IReadOnlyList<CheckAddress> Addresses);

internal sealed record CheckAddress(string Address, string? Tls, string? Protocol, DateTimeOffset? CertificateEnds);

internal sealed record CheckReporting(bool Found, IReadOnlyList<string> Rua);

internal sealed record CheckFinding(
    string Code, string Severity, string Subject, string Message, int? Line, string Meaning, string Effect, string Remedy, string Reference);

internal sealed record TotalsLine(
    int Files, int Unreadable, int Reports, long Success, long Failure,
    IReadOnlyDictionary<string, TotalsCount> Domains, IReadOnlyDictionary<string, long> MxHosts, IReadOnlyDictionary<string, long> ResultTypes, IReadOnlyDictionary<string, TotalsCount> Days);

internal sealed record TotalsCount(long Success, long Failure);

internal sealed record NewPolicyLine(string Domain, string Policy, string Record, string TlsRecord, string Url);

internal sealed record StoredLine(string Domain, string Mode, string Id, long MaxAge, IReadOnlyList<string> Mx, DateTimeOffset FetchedAt, DateTimeOffset ExpiresAt, bool Expired, DateTimeOffset LastUsedAt, bool Pinned, string? Text);

internal sealed record RefreshedLine(string Domain, string Outcome, string? Mode, string? Id, string? Fault, string? Finding);

internal sealed record RemovedLine(string Domain, bool Removed);

internal sealed record FindingRowLine(string Code, string Severity, string Meaning, string Effect, string Remedy, string Reference);

internal sealed record ImportedLine(string Source, int Imported, int Older, IReadOnlyList<string> Faults);

internal sealed record QueueLine(
    long Id, string Sender, long Size, string Priority, string? Tag, bool IsNotice, DateTimeOffset ArrivedAt, DateTimeOffset? NextTryAt, DateTimeOffset ExpiresAt, int Attempts, int Open, int Held,
    IReadOnlyList<string> Destinations, string? LastExplanation);

internal sealed record QueueMessageLine(
    long Id, string Sender, long Size, string Priority, string? Tag, bool IsNotice, DateTimeOffset ArrivedAt, string? EnvelopeId, string? Return, IReadOnlyList<QueueRecipientLine> Recipients);

internal sealed record QueueRecipientLine(
    string Address, string State, IReadOnlyList<string> Notify, string? OriginalRecipient, DateTimeOffset? NextTryAt, DateTimeOffset ExpiresAt, int Attempts, QueueAttemptLine? LastAttempt);

internal sealed record QueueAttemptLine(
    DateTimeOffset At, string Status, string? MxHost, string? Reply, string Explanation, string? Failure, string? Stage, string? Advice, bool MayHaveBeenDelivered);

internal sealed record QueueOrderLine(string Order, long? Id, long Deliveries);

internal sealed record QueueCountsLine(long Messages, long Due, long Waiting, long Delivering, long Held, DateTimeOffset? OldestAt, long UntoldEvents);

/// <summary>Writes the lines of <c>--json</c>, without reflection. The names are a contract: see docs/cli.md.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PolicyLine))]
[JsonSerializable(typeof(RecordLine))]
[JsonSerializable(typeof(TlsRecordLine))]
[JsonSerializable(typeof(ReportLine))]
[JsonSerializable(typeof(CertificateLine))]
[JsonSerializable(typeof(MatchLine))]
[JsonSerializable(typeof(OutcomeLine))]
[JsonSerializable(typeof(PlanLine))]
[JsonSerializable(typeof(CheckLine))]
[JsonSerializable(typeof(TotalsLine))]
[JsonSerializable(typeof(NewPolicyLine))]
[JsonSerializable(typeof(StoredLine))]
[JsonSerializable(typeof(RefreshedLine))]
[JsonSerializable(typeof(RemovedLine))]
[JsonSerializable(typeof(ImportedLine))]
[JsonSerializable(typeof(FindingRowLine))]
[JsonSerializable(typeof(QueueLine))]
[JsonSerializable(typeof(QueueMessageLine))]
[JsonSerializable(typeof(QueueOrderLine))]
[JsonSerializable(typeof(QueueCountsLine))]
internal sealed partial class Json : JsonSerializerContext
{
    // Readable where HTML would want escapes: nobody puts these lines into a page unescaped.
    public static Json Lines { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static string Write<T>(T line, JsonTypeInfo<T> type) => JsonSerializer.Serialize(line, type);
}
