using System.Net;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Reporting;

/// <summary>From an attempt to what it counts as. RFC 8460 §4.2, §4.3; RFC 8461 §6.</summary>
internal static class TlsSessionRules
{
    private const int MaxHelo = 255;

    /// <summary>The result of one attempt; <see langword="null"/> when it says nothing about TLS.</summary>
    /// <remarks>Measured by the domain's own policy, whatever this sender demanded or ignored by its own rules: the report is about that policy.</remarks>
    /// <param name="discovery">The policy in force, and what went wrong while it was looked for.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="time">When it ended.</param>
    /// <param name="sendingIp">This sender's address as others see it; <see langword="null"/> for that of the connection.</param>
    public static TlsSessionResult? From(PolicyDiscovery discovery, DeliveryAttempt attempt, DateTimeOffset time, IPAddress? sendingIp)
    {
        if (discovery.PolicyDomain is not { } domain || FailuresOf(discovery.Policy, attempt) is not { } failures)
        {
            return null;
        }

        TlsFailureDetail? fault = FaultOf(discovery);
        StsPolicy? policy = discovery.Policy is { Mode: not PolicyMode.None } applied ? applied : null;
        // A record without a policy to be had is MTA-STS that failed (decision AMB-10); mode none is as no policy at all (RFC 8461 §5).
        bool unfetched = discovery.InForce is null && fault is not null;
        if (policy is null && !unfetched && attempt.Requirement.Dane is not null)
        {
            // Neither DANE nor MTA-STS is what no-policy-found means, so this session counts under the TLSA base domain alone. RFC 8460 §4.2.
            return null;
        }

        var key = new TlsPolicyKey(policy is not null || unfetched ? TlsPolicyType.Sts : TlsPolicyType.NoPolicyFound, domain, policy?.Text ?? "");
        if (failures.Count == 0 && fault is null)
        {
            return new TlsSessionResult(time, key, true, []);
        }

        var details = new List<TlsFailureDetail>(failures.Count + 1);
        if (fault is not null && discovery.Policy?.Mode != PolicyMode.None)
        {
            details.Add(fault.Value);
        }

        details.AddRange(Details(failures, attempt, sendingIp));
        return new TlsSessionResult(time, key, failures.Count == 0 && !unfetched, details);
    }

    /// <summary>The result of one attempt as the host's TLSA records measure it; <see langword="null"/> when there are none or it says nothing about TLS. RFC 8460 §4.2, §4.4.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="time">When it ended.</param>
    /// <param name="sendingIp">This sender's address as others see it; <see langword="null"/> for that of the connection.</param>
    public static TlsSessionResult? FromDane(DeliveryAttempt attempt, DateTimeOffset time, IPAddress? sendingIp)
    {
        if (attempt.Requirement.Dane is not { } dane || FailuresOf(dane, attempt) is not { } failures)
        {
            return null;
        }

        var key = new TlsPolicyKey(TlsPolicyType.Tlsa, dane.BaseDomain, string.Join('\n', dane.Records.Select(record => record.ToString()).Order(StringComparer.Ordinal)));
        return new TlsSessionResult(time, key, failures.Count == 0, [.. Details(failures, attempt, sendingIp)]);
    }

    private static IEnumerable<TlsFailureDetail> Details(IReadOnlyList<TlsFailure> failures, DeliveryAttempt attempt, IPAddress? sendingIp)
    {
        string? helo = attempt.ServerName is { } name ? PeerText.Clean(name, MaxHelo) : null;
        return failures.Select(failure => new TlsFailureDetail(
            FailureTable.For(FailureTable.CodeOf(failure)).ReportAs!,
            ReasonOf(failure, attempt.Observation),
            attempt.Local is null ? null : Plain(sendingIp ?? attempt.Local.Address),
            attempt.Candidate.Name,
            helo,
            attempt.Observation is null ? null : Plain(attempt.Remote?.Address)));
    }

    /// <summary>What the attempt failed by the TLSA records alone.</summary>
    private static IReadOnlyList<TlsFailure>? FailuresOf(DaneRequirement dane, DeliveryAttempt attempt) => attempt switch
    {
        { Failure: FailureCode.TlsaUnavailable, Observation: null } => [TlsFailure.TlsaUnavailable],
        { Failure: FailureCode.TlsaMissing, Observation: null } => [TlsFailure.TlsaMissing],
        { Observation: null } => null,
        _ => TlsRules.Judge(new TlsRequirement.Opportunistic { Dane = dane }, attempt.Observation).Failures,
    };

    /// <summary>What the attempt failed by the policy; <see langword="null"/> when it never came to a TLS result. RFC 8460 §4.3.4.</summary>
    private static IReadOnlyList<TlsFailure>? FailuresOf(StsPolicy? policy, DeliveryAttempt attempt) => attempt switch
    {
        { Failure: FailureCode.HostNotPermitted, Observation: null } => [TlsFailure.HostNotPermitted],
        // The clear-text retry belongs to the failure before it, which has been counted.
        { Observation: null } or { Observation.Step: StartTlsStep.Skipped } => null,
        _ => TlsRules.Judge(TlsRules.Require(policy, attempt.Candidate.Host, null), attempt.Observation).Failures,
    };

    private static TlsFailureDetail? FaultOf(PolicyDiscovery discovery) =>
        discovery is { Record: RecordLookup.Found, Fault: { } fault } && FailureTable.CodeOf(fault.Kind) is { } code && FailureTable.For(code).ReportAs is { } type
            ? new TlsFailureDetail(type, ReasonOf(fault.Kind))
            : null;

    private static string ReasonOf(PolicyFaultKind fault) => fault switch
    {
        PolicyFaultKind.HostNotResolved => "policy-host-not-resolved",
        PolicyFaultKind.HostForbidden => "policy-host-forbidden",
        PolicyFaultKind.ConnectFailed => "policy-host-unreachable",
        PolicyFaultKind.TlsFailed => "policy-host-tls-failed",
        PolicyFaultKind.CertificateInvalid => "policy-host-certificate-invalid",
        PolicyFaultKind.HttpStatus => "policy-http-status",
        PolicyFaultKind.HttpProtocol => "policy-http-protocol",
        PolicyFaultKind.MediaType => "policy-media-type",
        PolicyFaultKind.TooLarge => "policy-too-large",
        PolicyFaultKind.Timeout => "policy-timeout",
        _ => "policy-malformed",
    };

    private static string ReasonOf(TlsFailure failure, TlsObservation? observation) => failure switch
    {
        TlsFailure.StartTlsNotOffered => "starttls-not-offered",
        TlsFailure.StartTlsRefused => "starttls-refused",
        TlsFailure.StartTlsInjected => "starttls-injected",
        TlsFailure.HandshakeFailed => "tls-handshake-failed",
        TlsFailure.CertificateHostMismatch => "certificate-host-mismatch",
        TlsFailure.CertificateExpired => "certificate-expired",
        TlsFailure.CertificateNotYetValid => "certificate-not-yet-valid",
        TlsFailure.HostNotPermitted => "mx-mismatch",
        TlsFailure.TlsaMismatch => "tlsa-mismatch",
        TlsFailure.TlsaUnavailable => "tlsa-lookup-failed",
        TlsFailure.TlsaMissing => "tlsa-missing",
        _ => ReasonOf(observation?.Certificate?.Problems ?? CertificateProblems.Missing),
    };

    private static string ReasonOf(CertificateProblems problems) => problems switch
    {
        _ when problems.HasFlag(CertificateProblems.Missing) => "certificate-missing",
        _ when problems.HasFlag(CertificateProblems.SelfSigned) => "certificate-self-signed",
        _ when problems.HasFlag(CertificateProblems.NotTrusted) => "certificate-authority-unknown",
        _ when problems.HasFlag(CertificateProblems.WrongUsage) => "certificate-wrong-usage",
        _ => "certificate-chain-invalid",
    };

    /// <summary>An address as reports write it: no IPv4 inside IPv6, no zone. RFC 5952 §4, §5.</summary>
    private static IPAddress? Plain(IPAddress? address) => address switch
    {
        null => null,
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4(),
        { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6, ScopeId: not 0 } => new IPAddress(address.GetAddressBytes()),
        _ => address,
    };
}
