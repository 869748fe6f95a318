using MtaSts.Delivery.Cli.Checks;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Cli.Output;

/// <summary>One check, for people and as JSON.</summary>
internal static class CheckText
{
    private const string Unknown = "unknown (the look-up failed)";

    public static string Json(Evidence evidence, IReadOnlyList<SubjectFinding> findings)
    {
        SubjectFinding verdict = findings[0];
        StsPolicy? policy = evidence.Served;
        string? id = evidence.Reading?.Lookup is RecordLookup.Found { Record.Id: var found } ? found : null;
        var line = new CheckLine(
            evidence.Domain.Value,
            verdict.Code,
            verdict.Finding.Message,
            new CheckRecord(id is null ? "none" : "found", id),
            policy is null ? null : new CheckPolicy(PolicyText.Name(policy.Mode), (long)policy.MaxAge.TotalSeconds, [.. policy.Mx.Select(pattern => pattern.ToString())]),
            [.. evidence.Plan.Hosts.Select(Host)],
            Reporting(evidence),
            [.. findings.Select(one => Line(one, evidence.Domain.Value))]);
        return Output.Json.Write(line, Output.Json.Lines.CheckLine);
    }

    public static void Write(IPaper paper, Evidence evidence, IReadOnlyList<SubjectFinding> findings, bool verbose)
    {
        SubjectFinding verdict = findings[0];
        paper.Line((evidence.Domain.Value, Tone.Strong));
        paper.Paragraph(2, FindingText.Sentence(verdict.Finding.Message), FindingText.ToneOf(verdict.Severity));
        FindingRow meaning = FindingTable.For(verdict.Code);
        if (verdict.Severity != FindingSeverity.Info)
        {
            paper.Paragraph(2, FindingText.For(evidence.Domain.Value, meaning.Effect));
        }

        if (meaning.Remedy != "Nothing to do.")
        {
            paper.Paragraph(2, "→ " + FindingText.For(evidence.Domain.Value, meaning.Remedy), Tone.Strong);
        }

        paper.Line();
        Overview(paper, evidence);
        SubjectFinding[] rest = [.. findings.Skip(1).OrderByDescending(one => one.Severity)];
        SubjectFinding[] shown = [.. rest.Where(one => verbose || one.Severity != FindingSeverity.Info)];
        FindingText.Write(paper, shown.Select(one => (one.Finding, (string?)one.Subject)), evidence.Domain.Value);

        if (shown.Length < rest.Length)
        {
            paper.Paragraph(2, FormattableString.Invariant($"{rest.Length - shown.Length} further note(s) without anything to mend: see --verbose."), Tone.Quiet);
        }

        paper.Line();
    }

    private static void Overview(IPaper paper, Evidence evidence)
    {
        string? id = evidence.Reading?.Lookup is RecordLookup.Found { Record.Id: var found } ? found : null;
        bool isRecordUnknown = evidence.Record is DnsAnswer<TxtRecord>.Unavailable;
        Item("record", id is not null ? $"id {id}" : isRecordUnknown ? Unknown : "none that counts");
        Item("policy", evidence.Served is { } policy ? $"mode {PolicyText.Name(policy.Mode)}, max_age {PolicyText.Duration(policy.MaxAge)}, mx {PolicyText.Hosts(policy)}"
            : isRecordUnknown ? Unknown
            : id is not null ? "none that can be had"
            : "none");
        CheckReporting reporting = Reporting(evidence);
        Item("reports", reporting.Found ? "to " + string.Join(", ", reporting.Rua) : evidence.TlsRecord is DnsAnswer<TxtRecord>.Unavailable ? Unknown : "none wanted");
        if (evidence.Plan.Route is Route.Unavailable)
        {
            Item("MX", Unknown);
        }

        foreach (HostPlan host in evidence.Plan.Hosts)
        {
            string permitted = evidence.Plan.Policy.Policy is null or { Mode: PolicyMode.None } ? "" : host.PermittedBy is { } pattern ? $", permitted by {pattern}" : ", not permitted";
            Item("MX", FormattableString.Invariant($"{host.Candidate.Preference} {host.Candidate.Name}{permitted}"));
            foreach (HostProbe probe in host.Probes)
            {
                paper.Paragraph(14, $"{probe.Address}: {Word(probe, host)}", ProbeRules.IsGood(probe, host) ? Tone.Good : Tone.Caution);
            }
        }

        paper.Line();

        void Item(string label, string text)
        {
            paper.Paragraph(11, text, label: "  " + label);
        }
    }

    private static string Word(HostProbe probe, HostPlan host) => probe switch
    {
        { Failure: { } failure } => failure.Detail,
        { Observation: { IsEncrypted: true } encrypted } => $"{ProbeRules.Protocol(encrypted)}, {ProbeRules.CertificateWord(probe, host, "this host")}",
        { Observation: { } observation } => observation.Detail,
        _ => "not looked at",
    };

    private static CheckHost Host(HostPlan host) => new(
        host.Candidate.Name, host.Candidate.Preference, host.PermittedBy?.ToString(),
        [.. host.Addresses.Select(address => host.Probes.FirstOrDefault(probe => probe.Address.Equals(address)) is { } probe
            ? new CheckAddress(address.ToString(), TlsWord(probe), probe.Observation?.Protocol, probe.Observation?.Certificate?.NotAfter)
            : new CheckAddress(address.ToString(), null, null, null))]);

    private static string TlsWord(HostProbe probe) => probe.Observation switch { { IsVerified: true } => "verified", { IsEncrypted: true } => "encrypted", _ => "none" };

    private static CheckReporting Reporting(Evidence evidence) =>
        evidence.TlsRecord is DnsAnswer<TxtRecord>.Found found && TlsRptRules.Select([.. found.Records.Select(record => record.Text)]) is TlsRptLookup.Found { Record: var record }
            ? new CheckReporting(true, [.. record.Usable.Select(TlsRptReading.TextOf)])
            : new CheckReporting(false, []);

    private static CheckFinding Line(SubjectFinding one, string domain)
    {
        FindingRow row = FindingTable.For(one.Code);
        return new CheckFinding(one.Code, FindingText.Word(row.Severity), one.Subject, one.Finding.Message, one.Finding.Line, FindingText.For(domain, row.Meaning), FindingText.For(domain, row.Effect), FindingText.For(domain, row.Remedy), row.Reference);
    }
}
