using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>What all of it comes to for mail, in one finding, and what it comes to for the exit code.</summary>
internal static class VerdictRules
{
    // What may be different in a minute, or from another network: no fault of the domain is proved by it.
    private static readonly string[] Temporary =
    [
        "record.dns-failure", "host.dns-failure", "mx.dns-failure", "mx.address-dns-failure", "rpt.dns-failure", "dane.dns-failure", "smtp.port-25-blocked-here",
        "smtp.connect-timeout", "smtp.timeout", "smtp.closing", "smtp.greeting-4xx", "host.connect-timeout", "http.timeout", "verdict.unknown",
    ];

    /// <summary>How many MX hosts a check looks at, where a sender may stop at ten: which ten is chance.</summary>
    public const int MaxHosts = 50;

    /// <summary>How many addresses of each MX host.</summary>
    public const int MaxAddressesPerHost = 10;

    /// <summary>Whether a finding tells of temporary trouble rather than of a fault.</summary>
    public static bool IsTemporary(string code) => Temporary.Contains(code);

    /// <summary>The exit code: what is certainly wrong first, then what could not be found out, then what may hurt.</summary>
    public static int ExitCodeOf(IReadOnlyList<SubjectFinding> findings)
    {
        // A verdict sums up; it counts where nothing else does.
        SubjectFinding[] causes = [.. findings.Where(one => !one.Code.StartsWith("verdict.", StringComparison.Ordinal))];
        bool certain = causes.Any(one => one.Severity >= FindingSeverity.Security && !IsTemporary(one.Code));
        return certain ? ExitCode.Findings
            : findings.Any(one => IsTemporary(one.Code)) ? ExitCode.Temporary
            : findings.Any(one => one.Severity > FindingSeverity.Info) ? ExitCode.Findings
            : ExitCode.Good;
    }

    public static IEnumerable<Finding> Of(Evidence evidence, IReadOnlyList<SubjectFinding> found)
    {
        DeliveryPlan plan = evidence.Plan;
        switch (plan.Route)
        {
            case Route.NoMail { Reason: NoMailReason.NullMx }:
                return [new Finding("verdict.no-mail", "the domain takes no mail")];
            case Route.NoMail none:
                return [new Finding("verdict.unreachable", $"mail for this domain fails at once: {none.Detail}")];
            case Route.Unavailable:
                return [new Finding("verdict.unknown", "the MX records cannot be looked up now")];
        }

        IReadOnlyList<Finding> byPolicy = [.. ByPolicy(evidence, found)];
        return ByDane(plan, byPolicy[0].Code) is { } byDane ? [byDane, .. byPolicy.Skip(1)] : byPolicy;
    }

    /// <summary>What TLSA records make of it, where that is the worse.</summary>
    private static Finding? ByDane(DeliveryPlan plan, string byPolicy)
    {
        int refused = plan.Hosts.Count(IsRefusedByDane), all = plan.Hosts.Count;
        return refused switch
        {
            0 => byPolicy == "verdict.no-policy" && all > 0 && plan.Hosts.All(host => host.Requirement.Dane is DaneRequirement.Authenticated { IsMxAuthenticated: true })
                ? new Finding("verdict.dane-only", "no MTA-STS policy; its TLSA records protect mail from senders with DANE")
                : null,
            _ when byPolicy == "verdict.senders-defer" => null,
            var count when count == all => new Finding("verdict.dane-defer", "no MX host meets its TLSA records: senders with DANE deliver nothing"),
            _ when byPolicy is "verdict.partially" or "verdict.senders-ignore" or "verdict.unknown" => null,
            _ => new Finding("verdict.dane-partially", FormattableString.Invariant($"{refused} of {all} MX hosts do not meet their TLSA records: senders with DANE pass over them")),
        };
    }

    private static IEnumerable<Finding> ByPolicy(Evidence evidence, IReadOnlyList<SubjectFinding> found)
    {
        DeliveryPlan plan = evidence.Plan;
        return plan.Policy.Policy is { } policy
            ? WithPolicy(evidence, policy)
            : plan.Policy.Record switch
            {
                RecordLookup.Unavailable => [new Finding("verdict.unknown", "the MTA-STS record cannot be looked up now")],
                RecordLookup.Found or RecordLookup.Invalid => [new Finding("verdict.senders-ignore", $"senders see no usable policy: {plan.Policy.Fault?.Detail ?? "the policy cannot be fetched"}")],
                // A record that was meant to be one and is not counts as an attempt, though senders see none.
                _ when found.Any(one => one.Code.StartsWith("record.", StringComparison.Ordinal) && one.Severity == FindingSeverity.Error)
                    => [new Finding("verdict.senders-ignore", "senders see no MTA-STS record, though one was meant")],
                _ => [new Finding("verdict.no-policy", "the domain has no MTA-STS policy; mail to it can be read and redirected on the way")],
            };
    }

    private static IEnumerable<Finding> WithPolicy(Evidence evidence, StsPolicy policy)
    {
        HostPlan[] hosts = [.. evidence.Plan.Hosts], refused = [.. hosts.Where(IsRefused)];
        bool nothingKnown = evidence.Connected && hosts.Length > 0 && hosts.All(host => host.PermittedBy is not null && host.Probes.Count > 0 && host.Probes.All(ProbeRules.IsUnanswered));
        // As many as are looked at; what lies behind them no sender is likely to reach.
        string all = hosts.Length == 1 ? "the MX host meets" : FormattableString.Invariant($"{(hosts.Length == MaxHosts ? "the first" : "all")} {hosts.Length} MX hosts meet");
        string some = FormattableString.Invariant($"{refused.Length} of {hosts.Length} MX hosts");
        yield return (policy.Mode, refused.Length) switch
        {
            (PolicyMode.None, _) => new Finding("verdict.not-enforcing", "the policy is in mode none and protects nothing"),
            _ when nothingKnown => new Finding("verdict.unknown", "no MX host answers from here, so nothing is known of their TLS"),
            (_, 0) when !evidence.Connected => new Finding("verdict.not-connected", $"record, policy (mode {PolicyText.Name(policy.Mode)}) and MX hosts agree; their TLS was not looked at"),
            (PolicyMode.Testing, 0) => new Finding("verdict.ready-for-enforce", "mode testing, and every MX host meets the policy: ready for mode enforce"),
            (PolicyMode.Testing, _) => new Finding("verdict.not-ready", $"mode testing, and {some} would not meet the policy in mode enforce"),
            (_, 0) => new Finding("verdict.protected", $"mode enforce, and {all} the policy"),
            var (_, count) when count == hosts.Length => new Finding("verdict.senders-defer", "no MX host meets the enforced policy: senders with MTA-STS deliver nothing"),
            _ => new Finding("verdict.partially", $"{some} do not meet the enforced policy: senders with MTA-STS pass over them"),
        };
        if (policy.Mode == PolicyMode.Enforce)
        {
            yield return new Finding("verdict.rollback-time", $"senders that miss a new id may hold to this policy for {PolicyText.Duration(policy.MaxAge)}");
        }
    }

    private static bool IsRefusedByDane(HostPlan host) => host.Requirement.Dane switch
    {
        null => false,
        DaneRequirement.Authenticated or DaneRequirement.Encrypted => host.Probes.Any(probe => probe.TlsaFault is not null || probe.Observation is { IsEncrypted: false }),
        _ => true,
    };

    // A host is as good as the worst of its addresses: which one a sender takes is chance.
    private static bool IsRefused(HostPlan host) => host.PermittedBy is null || host.Addresses.Count == 0 || host.Probes.Any(probe => probe.Failure is not null || (probe.Verdict?.Failures.Any(failure => failure is not (TlsFailure.TlsaMismatch or TlsFailure.TlsaUnavailable)) ?? false));
}
