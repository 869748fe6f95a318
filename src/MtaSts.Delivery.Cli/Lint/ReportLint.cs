using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Cli.Lint;

/// <summary>Lints a received TLS report with the library's own reader.</summary>
internal static class ReportLint
{
    public const int MaxSize = TlsReportReader.DefaultMaxSize;

    public static Linted Of(Input input)
    {
        TlsReportReading? reading = input is Input.Content(_, var octets) ? TlsReportReader.Read(octets) : null;
        IReadOnlyList<Finding> findings = input switch
        {
            Input.Unusable(_, var reason) => [new Finding("report.unreadable", reason)],
            Input.TooLarge => [new Finding("report.too-large", FormattableString.Invariant($"the report is longer than {MaxSize} octets"))],
            _ => TlsReportFindings.Of(reading!),
        };
        var read = reading as TlsReportReading.Read;
        TlsReport? report = read?.Report;
        ReportPolicyLine[] policies = [.. report?.Policies.Select(policy =>
            new ReportPolicyLine(policy.PolicyType, policy.PolicyDomain, policy.SuccessfulSessions ?? 0, policy.FailedSessions ?? 0)) ?? []];
        var line = new ReportLine(input.Source, report is not null, read?.Conforms ?? false, report?.OrganizationName, report?.ReportId, policies, FindingLine.From(findings));
        return new Linted(Json.Write(line, Json.Lines.ReportLine), Headline(read, policies), report is not null, findings, input is Input.Unusable ? ExitCode.Usage : Linted.CodeOf(findings));
    }

    private static string Headline(TlsReportReading.Read? read, ReportPolicyLine[] policies) => read is null
        ? "not a TLS report"
        : FormattableString.Invariant($"a report of {read.Report.OrganizationName ?? "an unnamed organization"}, {policies.Sum(policy => (decimal)policy.Success):0} sessions good, {policies.Sum(policy => (decimal)policy.Failure):0} failed{(read.Conforms ? "" : ", not quite as RFC 8460 asks")}");
}
