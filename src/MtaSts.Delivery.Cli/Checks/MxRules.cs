using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>Findings about MX hosts, from the plan of the sender's own code.</summary>
internal static class MxRules
{
    public static IEnumerable<SubjectFinding> Of(Evidence evidence)
    {
        string domain = evidence.Domain.Value;
        IEnumerable<Finding> route = evidence.Plan.Route switch
        {
            Route.NoMail none => [new Finding(CodeOf(none.Reason), none.Detail)],
            Route.Unavailable unavailable => [new Finding("mx.dns-failure", unavailable.Detail)],
            Route.ToHosts { Origin: RouteOrigin.ImplicitMx } => [new Finding("mx.implicit", $"no MX record; mail goes to {domain} itself")],
            _ => [],
        };
        IEnumerable<SubjectFinding> about = route.Concat(Unusable(evidence.Mx)).Select(finding => new SubjectFinding(finding, domain));
        return about.Concat(Patterns(evidence)).Concat(evidence.Plan.Hosts.SelectMany(host => Host(evidence, host))).Concat(AllHosts(evidence));
    }

    private static string CodeOf(NoMailReason reason) => reason switch
    {
        NoMailReason.DomainNotFound => "mx.domain-not-found",
        NoMailReason.NullMx => "mx.null",
        NoMailReason.NoUsableMx => "mx.no-usable",
        _ => "mx.none",
    };

    private static IEnumerable<Finding> Unusable(DnsAnswer<MxRecord> answer)
    {
        foreach (MxRecord record in answer is DnsAnswer<MxRecord>.Found found ? found.Records : [])
        {
            if (record.Exchange.Length > 0 && !DomainName.TryParse(record.Exchange, out _))
            {
                yield return IPAddress.TryParse(record.Exchange, out _)
                    ? new Finding("mx.ip-literal", FormattableString.Invariant($"MX {record.Preference} points at the address {record.Exchange}"))
                    : new Finding("mx.ignored", FormattableString.Invariant($"MX {record.Preference} '{record.Exchange}' is no host name"));
            }
        }
    }

    private static IEnumerable<SubjectFinding> Patterns(Evidence evidence)
    {
        if (evidence.Plan.Policy.Policy is not { Mode: not PolicyMode.None } policy || evidence.Plan.Hosts.Count == 0)
        {
            yield break;
        }

        foreach (MxPattern pattern in policy.Mx.Distinct().Where(pattern => !evidence.Plan.Hosts.Any(host => host.Candidate.Host is { } name && pattern.Matches(name))))
        {
            yield return new SubjectFinding(new Finding("mx.pattern-unused", $"no MX host is named by {pattern}"), "the policy");
        }

        if (evidence.Plan.Hosts.All(host => host.PermittedBy is null))
        {
            yield return new SubjectFinding(
                new Finding(policy.Mode == PolicyMode.Enforce ? "mx.none-covered" : "mx.not-covered-testing", $"the policy lists {string.Join(", ", policy.Mx.Take(5))}; the MX hosts are {string.Join(", ", evidence.Plan.Hosts.Take(5).Select(host => host.Candidate.Name))}"), "the policy");
        }
    }

    private static IEnumerable<SubjectFinding> Host(Evidence evidence, HostPlan host)
    {
        string name = host.Candidate.Name;
        foreach (Finding finding in Coverage(evidence.Plan.Policy.Policy, host))
        {
            yield return new SubjectFinding(finding, name);
        }

        if (evidence.MxAliases.TryGetValue(name, out DomainName? target))
        {
            yield return new SubjectFinding(new Finding("mx.cname", $"the name is an alias of {target}"), name);
        }

        if (host.Addresses.Count == 0)
        {
            bool certain = host.AddressFault.EndsWith("has no address", StringComparison.Ordinal) || host.AddressFault.EndsWith("does not exist", StringComparison.Ordinal);
            yield return new SubjectFinding(new Finding(certain ? "mx.no-address" : "mx.address-dns-failure", host.AddressFault), name);
        }
        else if (host.Addresses.All(address => address.AddressFamily == AddressFamily.InterNetworkV6))
        {
            yield return new SubjectFinding(new Finding("mx.ipv6-only", $"{name} has IPv6 addresses only"), name);
        }

        foreach (HostProbe probe in host.Probes)
        {
            foreach (Finding finding in ProbeRules.Of(probe, host, evidence.Plan.Policy.Policy, evidence.Now))
            {
                yield return new SubjectFinding(finding, $"{name} [{probe.Address}]");
            }
        }

        foreach (SubjectFinding finding in DaneFindingRules.Of(host, evidence.UnsignedTlsa.Contains(name)))
        {
            yield return finding;
        }

        TlsObservation[] seen = [.. host.Probes.Select(probe => probe.Observation).OfType<TlsObservation>()];
        if (seen.Any(one => one.Step == StartTlsStep.NotOffered) && seen.Any(one => one.IsEncrypted))
        {
            yield return new SubjectFinding(new Finding("smtp.starttls-some", $"STARTTLS is missing at {string.Join(", ", host.Probes.Where(probe => probe.Observation?.Step == StartTlsStep.NotOffered).Select(probe => probe.Address))} only"), name);
        }

        if (seen.Select(one => one.Certificate?.Sha256Thumbprint).OfType<string>().Distinct().Count() > 1)
        {
            yield return new SubjectFinding(new Finding("cert.differs-by-address", "the addresses present different certificates"), name);
        }
    }

    public static IEnumerable<Finding> Coverage(StsPolicy? policy, HostPlan host)
    {
        if (policy is null or { Mode: PolicyMode.None })
        {
            yield break;
        }

        if (host.PermittedBy is { } pattern)
        {
            yield return new Finding("mx.covered", $"permitted by {pattern}");
            yield break;
        }

        MxPattern? near = policy.Mx.FirstOrDefault(one => one.IsWildcard && host.Candidate.Name.EndsWith("." + one.Name, StringComparison.Ordinal));
        string code = policy.Mode == PolicyMode.Testing ? "mx.not-covered-testing" : near is not null ? "mx.wildcard-depth" : "mx.not-covered";
        yield return new Finding(code, near is null ? $"the policy does not list {host.Candidate.Name}" : $"{near} stands for exactly one label and does not name {host.Candidate.Name}");
    }

    private static IEnumerable<SubjectFinding> AllHosts(Evidence evidence)
    {
        HostProbe[] probes = [.. evidence.Plan.Hosts.SelectMany(host => host.Probes)];
        if (probes.Length > 0 && probes.All(ProbeRules.IsUnanswered))
        {
            yield return new SubjectFinding(new Finding("smtp.port-25-blocked-here", "no MX host answers on port 25 from here"), evidence.Domain.Value);
        }

        int best = evidence.Plan.Hosts.Select(host => host.Candidate.Preference).DefaultIfEmpty().Min();
        HostPlan[] first = [.. evidence.Plan.Hosts.Where(host => host.Candidate.Preference == best)];
        foreach (HostPlan backup in evidence.Plan.Hosts.Where(host => host.Candidate.Preference > best && host.Probes.Any(IsWeak)))
        {
            if (first.All(host => host.Probes.Count > 0 && host.Probes.All(probe => probe.Observation is { IsVerified: true })))
            {
                yield return new SubjectFinding(new Finding("mx.backup-weaker", "its TLS or certificate is worse than that of the best hosts"), backup.Candidate.Name);
            }
        }
    }

    private static bool IsWeak(HostProbe probe) => probe.Observation is { IsVerified: false };
}
