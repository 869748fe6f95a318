using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>Findings about the TLSA records of one MX host; none unless DANE is on.</summary>
internal static class DaneFindingRules
{
    public static IEnumerable<SubjectFinding> Of(HostPlan host, bool hasUnsignedRecords)
    {
        string name = host.Candidate.Name;
        if (hasUnsignedRecords)
        {
            yield return new SubjectFinding(new Finding("dane.unsigned-tlsa", $"{name} has TLSA records, but {host.WithoutDane}"), name);
        }
        else if (host.WithoutDane is { } reason)
        {
            yield return new SubjectFinding(new Finding("dane.none", reason), name);
        }

        switch (host.Requirement.Dane)
        {
            case DaneRequirement.Authenticated usable:
                yield return new SubjectFinding(new Finding("dane.usable", Records(usable) + (usable.IsMxAuthenticated ? "" : ", though DNSSEC does not vouch for the MX records")), name);
                break;
            case DaneRequirement.Encrypted unusable:
                yield return new SubjectFinding(new Finding("dane.present", Records(unusable)), name);
                break;
            case DaneRequirement.Unavailable unavailable:
                yield return new SubjectFinding(new Finding("dane.dns-failure", unavailable.Reason), name);
                break;
        }

        foreach (HostProbe probe in host.Probes.Where(probe => probe.Observation is { IsEncrypted: true } && host.Requirement.Dane is DaneRequirement.Authenticated))
        {
            string subject = $"{name} [{probe.Address}]";
            bool matches = probe.TlsaFault is null, isAskedByPolicy = host.Requirement is not TlsRequirement.Opportunistic;
            yield return new SubjectFinding(probe switch
            {
                { TlsaFault: { } fault } => new Finding("dane.mismatch", fault),
                _ => new Finding("dane.match", $"the certificate matches TLSA {Brief(probe.AuthenticatedBy!)}"),
            }, subject);

            if (isAskedByPolicy && matches != (probe.Observation!.IsVerified && host.PermittedBy is not null))
            {
                yield return new SubjectFinding(new Finding("dane.conflict", matches ? "a TLSA record matches, but the host does not meet the policy" : "the host meets the policy, but no TLSA record matches"), subject);
            }
        }
    }

    private static string Records(DaneRequirement dane)
    {
        const int most = 3;
        string more = dane.Records.Count > most ? FormattableString.Invariant($" and {dane.Records.Count - most} more") : "";
        return $"TLSA records of {dane.BaseDomain}: {string.Join(", ", dane.Records.Take(most).Select(Brief))}{more}";
    }

    public static string Brief(Dns.TlsaRecord record) => record.ToString() is { Length: > 26 } text ? text[..22] + "…" : record.ToString();
}
