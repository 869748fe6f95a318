using MtaSts.Delivery.Cli.Checks;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>What a plan lets expect for the mail.</summary>
/// <param name="Outcome"><c>delivered</c>, <c>deferred</c>, <c>failed</c>, or <c>attempted</c> when no host was asked.</param>
/// <param name="Reason">Why, for a person.</param>
/// <param name="ExitCode">What it means for the exit code.</param>
internal sealed record Expectation(string Outcome, string Reason, int ExitCode);

/// <summary>Reads a plan to its end; what was decided, the library decided.</summary>
internal static class PlanRules
{
    public static Expectation Expect(DeliveryPlan plan)
    {
        switch (plan.Route)
        {
            case Route.NoMail none:
                return new Expectation("failed", $"{none.Detail}. {FailureTable.For(FailureTable.CodeOf(none.Reason)).Advice}", ExitCode.Findings);
            case Route.Unavailable unavailable:
                return new Expectation("deferred", unavailable.Detail, ExitCode.Temporary);
        }

        if (plan.Hosts.All(host => host.Requirement is TlsRequirement.HostNotPermitted))
        {
            return new Expectation("deferred", "the policy in mode enforce lists none of the MX hosts", ExitCode.Findings);
        }

        if (plan.Hosts.All(host => host.Requirement is TlsRequirement.HostNotPermitted || host.Requirement.Dane is DaneRequirement.Unavailable))
        {
            return new Expectation("deferred", ((DaneRequirement.Unavailable)plan.Hosts.First(host => host.Requirement.Dane is DaneRequirement.Unavailable).Requirement.Dane!).Reason, ExitCode.Temporary);
        }

        if (!plan.Hosts.Any(host => host.Probes.Count > 0))
        {
            return plan.Hosts.Any(host => host.Addresses.Count > 0)
                ? new Expectation("attempted", "no host was asked; --probe connects to them", ExitCode.Good)
                : new Expectation("deferred", plan.Hosts[0].AddressFault, ExitCode.Temporary);
        }

        foreach (HostPlan host in plan.Hosts.Where(host => host.Requirement is not TlsRequirement.HostNotPermitted))
        {
            if (host.Probes.FirstOrDefault(probe => probe.Verdict is TlsVerdict.Proceed or TlsVerdict.RetryInClear) is { } open)
            {
                return new Expectation("delivered", $"{host.Candidate.Name} [{open.Address}] would be offered the message: {Word(open, host)}", ExitCode.Good);
            }
        }

        HostPlan[] refused = [.. plan.Hosts.Where(host => host.Probes.Any(probe => probe.Verdict is TlsVerdict.Refuse))];
        return refused.Length > 0
            ? new Expectation("deferred", $"no MX host meets {(refused.Any(host => host.Requirement.Dane is not null) ? "policy and TLSA records" : "the policy")}: {string.Join("; ", refused.Select(host => $"{host.Candidate.Name}: {Word(host.Probes.First(probe => probe.Verdict is TlsVerdict.Refuse), host)}"))}", ExitCode.Findings)
            : new Expectation("deferred", "no MX host can be reached", ExitCode.Temporary);
    }

    /// <summary>What one address showed, in a few words.</summary>
    public static string Word(HostProbe probe, HostPlan host) => probe switch
    {
        { Failure: { } failure } => failure.Detail,
        { Verdict.Failures: var failures, Observation: { IsEncrypted: true } seen } when failures.Contains(TlsFailure.TlsaMismatch) => $"{ProbeRules.Protocol(seen)}, no TLSA record matches the certificate",
        { Verdict: TlsVerdict.Proceed, Observation: { IsEncrypted: true } seen } when host.Requirement.Dane is DaneRequirement.Authenticated => $"{ProbeRules.Protocol(seen)}, a TLSA record matches the certificate",
        { Observation: { IsVerified: true } verified } => $"{ProbeRules.Protocol(verified)}, certificate valid for {host.Candidate.Name}",
        { Observation: { IsEncrypted: true } encrypted } => $"{ProbeRules.Protocol(encrypted)}, certificate not valid for {host.Candidate.Name} ({encrypted.Certificate?.Problems}); it names {string.Join(", ", encrypted.Certificate?.DnsNames.Take(3) ?? [])}",
        { Observation: { } observation } => observation.Detail,
        _ => "not looked at",
    };
}
