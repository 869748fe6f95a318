using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Routing;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>From what was seen to findings: DNS records and the policy host here, MX hosts in <see cref="MxRules"/>, the verdict in <see cref="VerdictRules"/>.</summary>
internal static class CheckRules
{
    private static readonly TimeSpan LongTtl = TimeSpan.FromDays(1);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    /// <summary>Everything there is to say, the verdict first.</summary>
    public static IReadOnlyList<SubjectFinding> Of(Evidence evidence)
    {
        SubjectFinding[] found = [.. Record(evidence), .. PolicyHost(evidence), .. MxRules.Of(evidence), .. TlsRecord(evidence)];
        return [.. VerdictRules.Of(evidence, found).Select(finding => new SubjectFinding(finding, evidence.Domain.Value)), .. found.Distinct()];
    }

    private static IEnumerable<SubjectFinding> Record(Evidence evidence)
    {
        if (evidence.Domain.Prepend("_mta-sts") is not { } name)
        {
            yield break;
        }

        if (evidence.Record is DnsAnswer<TxtRecord>.Unavailable unavailable)
        {
            yield return About(name, "record.dns-failure", $"the look-up failed: {unavailable.Reason}");
        }

        // Where there is no domain, nothing can be published below it.
        bool nowhere = evidence.Plan.Route is Route.NoMail { Reason: NoMailReason.DomainNotFound };
        bool orphan = evidence.Reading?.Lookup is RecordLookup.None && evidence.Fetches.Any(fetch => fetch.Probe.Policy is not null);
        foreach (Finding finding in evidence.Reading?.Findings ?? [])
        {
            bool better = finding.Code == "record.missing" && (orphan || nowhere || evidence.MisplacedAt.Count > 0);
            if (!better)
            {
                yield return new SubjectFinding(finding with { Line = null }, name.Value);
            }
        }

        if (orphan)
        {
            yield return About(name, "record.orphan-policy", "a policy is served, but no record announces it");
        }

        foreach (DomainName wrong in evidence.MisplacedAt)
        {
            yield return About(wrong, "record.at-wrong-name", $"an MTA-STS record stands at {wrong}; senders look at {name}");
        }

        if (evidence.Record is DnsAnswer<TxtRecord>.Found found && evidence.Reading?.Lookup is RecordLookup.Found)
        {
            if (found.CanonicalName != name)
            {
                yield return About(name, "record.cname", $"the record is kept at {found.CanonicalName}");
            }

            if (found.TimeToLive > LongTtl)
            {
                yield return About(name, "record.ttl-high", FormattableString.Invariant($"the TTL is {found.TimeToLive.TotalHours:0} hours"));
            }

            if (evidence.IsWildcard)
            {
                yield return About(name, "record.wildcard-answer", "a name that nobody made answers with the same record");
            }
        }
    }

    private static IEnumerable<SubjectFinding> PolicyHost(Evidence evidence)
    {
        IReadOnlyList<(IPAddress? Address, PolicyProbe Probe)> fetches = evidence.Fetches;
        // Who has neither record nor policy needs no policy host.
        if (evidence.Domain.Prepend("mta-sts") is not { } host || fetches.Count == 0 || (evidence.Reading?.Lookup is RecordLookup.None && fetches.All(fetch => fetch.Probe.Policy is null) && evidence.MisplacedAt.Count == 0))
        {
            yield break;
        }

        if (evidence.PolicyHostAlias is { } alias)
        {
            yield return About(host, "host.cname", $"the name leads to {alias}");
        }

        (IPAddress? Address, PolicyProbe Probe)[] good = [.. fetches.Where(fetch => fetch.Probe.Policy is not null)], bad = [.. fetches.Where(fetch => fetch.Probe.Policy is null)];
        if (good.Length > 0 && bad.Length > 0)
        {
            bool onlyV6 = bad.All(fetch => fetch.Address?.AddressFamily == AddressFamily.InterNetworkV6) && good.Any(fetch => fetch.Address?.AddressFamily == AddressFamily.InterNetwork);
            yield return About(host, onlyV6 ? "host.ipv6-broken" : "host.address-differs", $"{string.Join(", ", bad.Select(fetch => fetch.Address))} serves no policy: {bad[0].Probe.Fault!.Detail}");
        }
        else if (good.Select(fetch => fetch.Probe.Policy!.Text).Distinct().Count() > 1)
        {
            yield return About(host, "host.address-differs", $"{string.Join(" and ", good.Select(fetch => fetch.Address))} serve different texts");
        }

        foreach ((IPAddress? address, PolicyProbe probe) in good.Length > 0 ? good : bad)
        {
            foreach (SubjectFinding finding in Fetch(host, probe, evidence.Now))
            {
                yield return finding;
            }
        }
    }

    private static IEnumerable<SubjectFinding> Fetch(DomainName host, PolicyProbe probe, DateTimeOffset now)
    {
        if (probe.Reading is { } reading)
        {
            foreach (Finding finding in reading.Findings)
            {
                yield return new SubjectFinding(finding, "the policy");
            }
        }
        else if (probe.Fault is { Code: { } code } fault)
        {
            yield return About(host, code, fault.Detail);
        }

        if (probe.Policy is not null && probe.Elapsed > Slow)
        {
            yield return About(host, "http.slow", FormattableString.Invariant($"the policy took {probe.Elapsed.TotalSeconds:0.0} s"));
        }

        if (probe.Policy is not null && probe.Certificate is { } certificate && certificate.NotAfter - now < CertificateFindingRules.EndsSoon)
        {
            yield return About(host, "host.cert-expiring", FormattableString.Invariant($"the certificate ends on {certificate.NotAfter:yyyy-MM-dd HH:mm} UTC"));
        }
    }

    private static IEnumerable<SubjectFinding> TlsRecord(Evidence evidence)
    {
        if (evidence.Domain.Prepend("_smtp._tls") is not { } name)
        {
            yield break;
        }

        switch (evidence.TlsRecord)
        {
            case DnsAnswer<TxtRecord>.Unavailable unavailable:
                yield return About(name, "rpt.dns-failure", $"the look-up failed: {unavailable.Reason}");
                break;

            // Who has no policy has nothing that would be reported.
            case DnsAnswer<TxtRecord>.NoRecords when evidence.Served is not null:
                yield return About(name, "rpt.missing", "there is no TXT record");
                break;

            case DnsAnswer<TxtRecord>.Found found:
                var reading = TlsRptReading.Of([.. found.Records.Select(record => record.Text)]);
                foreach (Finding finding in reading.Findings)
                {
                    yield return new SubjectFinding(finding with { Line = null }, name.Value);
                }

                if (reading.Lookup is TlsRptLookup.Found { Record: var record } && record.Usable.All(target => target is ReportTarget.Mail mail && mail.Address.Domain == evidence.Domain))
                {
                    yield return About(name, "rpt.rua-own-domain", $"reports go by mail to {evidence.Domain} itself");
                }

                break;
        }
    }

    private static SubjectFinding About(DomainName subject, string code, string message) => new(new Finding(code, message), subject.Value);
}
