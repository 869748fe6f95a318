using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Tls;

/// <summary>What is required of an MX host, and whether an observation meets it. RFC 8461 §4, §5, RFC 7672 §2.2.</summary>
public static class TlsRules
{
    /// <summary>The requirement for one MX host: the stronger of the policy's and this sender's own.</summary>
    /// <param name="policy">The policy in force for the domain, or <see langword="null"/>.</param>
    /// <param name="mxHost">The name in the MX record; <see langword="null"/> for an address literal.</param>
    /// <param name="demand">What this sender demands for the domain, or <see langword="null"/>.</param>
    public static TlsRequirement Require(StsPolicy? policy, DomainName? mxHost, TlsDemand? demand)
    {
        bool permitted = policy is not null && mxHost is not null && policy.Permits(mxHost);
        TlsRequirement.Observed? observed = policy?.Mode == PolicyMode.Testing ? new TlsRequirement.Observed(permitted) : null;
        return (policy?.Mode, demand) switch
        {
            (PolicyMode.Enforce, _) => permitted ? new TlsRequirement.Enforced() : new TlsRequirement.HostNotPermitted(),
            (_, TlsDemand.Verified) => new TlsRequirement.Enforced(observed),
            (_, TlsDemand.Encrypted) => new TlsRequirement.Encrypted(observed),
            (PolicyMode.Testing, null) => observed!,
            _ => new TlsRequirement.Opportunistic(),
        };
    }

    /// <summary>Whether mail may be handed over on a connection that showed this.</summary>
    public static TlsVerdict Judge(TlsRequirement requirement, TlsObservation observation)
    {
        ArgumentNullException.ThrowIfNull(requirement);
        ArgumentNullException.ThrowIfNull(observation);
        IReadOnlyList<TlsFailure> failures = Failures(requirement, observation);
        return requirement switch
        {
            TlsRequirement.HostNotPermitted => new TlsVerdict.Refuse(failures),
            // Whatever the policy makes of it: neither rescues the other. RFC 8461 §2.
            { Dane: { } dane } when !IsMet(dane, observation) => new TlsVerdict.Refuse(failures),
            TlsRequirement.Enforced when !observation.IsVerified => new TlsVerdict.Refuse(failures),
            TlsRequirement.Encrypted when !observation.IsEncrypted => new TlsVerdict.Refuse(failures),
            _ => observation.Step is StartTlsStep.Refused or StartTlsStep.Injected or StartTlsStep.HandshakeFailed
                ? new TlsVerdict.RetryInClear(failures)
                : new TlsVerdict.Proceed(failures),
        };
    }

    /// <summary>The failures behind a verdict that is not to proceed: without those that only mode testing wants to know of.</summary>
    internal static IReadOnlyList<TlsFailure> Reasons(TlsRequirement requirement, TlsVerdict verdict) =>
        [.. verdict.Failures.Where(failure => failure switch
        {
            TlsFailure.HostNotPermitted => requirement is TlsRequirement.HostNotPermitted,
            TlsFailure.CertificateHostMismatch or TlsFailure.CertificateExpired or TlsFailure.CertificateNotYetValid or TlsFailure.CertificateNotTrusted =>
                requirement is TlsRequirement.Enforced or TlsRequirement.HostNotPermitted,
            _ => true,
        })];

    /// <summary>The TLSA record that authenticates the connection, if one is asked for and matches. RFC 7672 §3.1.</summary>
    internal static TlsaRecord? AuthenticatedBy(TlsRequirement requirement, TlsObservation observation) => requirement.Dane is DaneRequirement.Authenticated demanded && observation.IsEncrypted
        ? DaneRules.Judge(demanded, observation.Chain, observation.Moment).MatchedBy
        : null;

    private static bool IsMet(DaneRequirement dane, TlsObservation observation) => observation.IsEncrypted && dane switch
    {
        DaneRequirement.Authenticated demanded => DaneRules.Judge(demanded, observation.Chain, observation.Moment).MatchedBy is not null,
        DaneRequirement.Encrypted => true,
        _ => false,
    };

    /// <summary>What mode testing wants to know besides what is required; <see langword="null"/> in every other mode.</summary>
    internal static TlsRequirement.Observed? Testing(TlsRequirement requirement) => requirement switch
    {
        TlsRequirement.Observed self => self,
        TlsRequirement.Encrypted encrypted => encrypted.Testing,
        TlsRequirement.Enforced enforced => enforced.Testing,
        _ => null,
    };

    /// <summary>Everything that a verified connection to a permitted host would not show.</summary>
    /// <remarks>Told whatever the requirement, except that without one a certificate is not held against a host: any will do to encrypt.</remarks>
    private static List<TlsFailure> Failures(TlsRequirement requirement, TlsObservation observation)
    {
        var failures = new List<TlsFailure>();
        TlsRequirement.Observed? observed = Testing(requirement);
        if (requirement is TlsRequirement.HostNotPermitted || observed is { HostPermitted: false })
        {
            failures.Add(TlsFailure.HostNotPermitted);
        }

        switch (requirement.Dane)
        {
            case DaneRequirement.Unavailable:
                failures.Add(TlsFailure.TlsaUnavailable);
                break;
            case DaneRequirement.Missing:
                failures.Add(TlsFailure.TlsaMissing);
                break;
            case DaneRequirement.Authenticated demanded when observation.IsEncrypted && !IsMet(demanded, observation):
                failures.Add(TlsFailure.TlsaMismatch);
                break;
        }

        switch (observation.Step)
        {
            case StartTlsStep.Skipped when requirement is TlsRequirement.Encrypted or TlsRequirement.Enforced || requirement.Dane is not null:
            case StartTlsStep.NotOffered:
                failures.Add(TlsFailure.StartTlsNotOffered);
                break;
            case StartTlsStep.Refused:
                failures.Add(TlsFailure.StartTlsRefused);
                break;
            case StartTlsStep.Injected:
                failures.Add(TlsFailure.StartTlsInjected);
                break;
            case StartTlsStep.HandshakeFailed:
                failures.Add(TlsFailure.HandshakeFailed);
                break;
            case StartTlsStep.Established when observation.IsVerified:
                break;
            case StartTlsStep.Established when observed is not null || requirement is TlsRequirement.Enforced or TlsRequirement.HostNotPermitted:
                failures.AddRange(FailuresOf(observation.Certificate?.Problems ?? CertificateProblems.Missing));
                break;
        }

        return failures;
    }

    private static IEnumerable<TlsFailure> FailuresOf(CertificateProblems problems)
    {
        if (problems.HasFlag(CertificateProblems.HostMismatch))
        {
            yield return TlsFailure.CertificateHostMismatch;
        }

        if (problems.HasFlag(CertificateProblems.Expired))
        {
            yield return TlsFailure.CertificateExpired;
        }

        if (problems.HasFlag(CertificateProblems.NotYetValid))
        {
            yield return TlsFailure.CertificateNotYetValid;
        }

        const CertificateProblems known = CertificateProblems.HostMismatch | CertificateProblems.Expired | CertificateProblems.NotYetValid;
        if ((problems & ~known) != 0)
        {
            yield return TlsFailure.CertificateNotTrusted;
        }
    }
}
