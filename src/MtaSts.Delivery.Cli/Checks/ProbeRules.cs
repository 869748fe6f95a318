using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>The names of what one connection showed.</summary>
internal static class ProbeRules
{
    /// <summary>Whether nothing at all answered: it may be this network that lets nothing out.</summary>
    public static bool IsUnanswered(HostProbe probe) => probe.Failure is { Kind: SessionFailureKind.ConnectFailed, IsTimeout: true };

    public static IEnumerable<Finding> Of(HostProbe probe, HostPlan host, StsPolicy? policy, DateTimeOffset now) => probe switch
    {
        { Failure: { } failure } => [new Finding(CodeOf(failure), failure.Detail)],
        { Observation: { } observation } => Of(observation, host, policy, now),
        _ => [],
    };

    /// <summary>The name of what ended a session before TLS was up.</summary>
    public static string CodeOf(SessionFailure failure) => failure switch
    {
        { Kind: SessionFailureKind.AddressForbidden } => "mx.private-address",
        { Kind: SessionFailureKind.ConnectFailed } => failure.IsTimeout ? "smtp.connect-timeout" : "smtp.connect-refused",
        { Kind: SessionFailureKind.Timeout } => "smtp.timeout",
        { Kind: SessionFailureKind.ConnectionLost } => "smtp.connection-lost",
        { Kind: SessionFailureKind.ServiceClosing } => "smtp.closing",
        { Kind: SessionFailureKind.ProtocolViolation } => "smtp.protocol",
        { Phase: SmtpPhase.Greeting, Reply.IsTransient: true } => "smtp.greeting-4xx",
        { Phase: SmtpPhase.Greeting } => "smtp.greeting-5xx",
        _ => "smtp.ehlo-refused",
    };

    private static IEnumerable<Finding> Of(TlsObservation observation, HostPlan host, StsPolicy? policy, DateTimeOffset now)
    {
        switch (observation.Step)
        {
            case StartTlsStep.NotOffered:
                return [new Finding(observation.Detail.StartsWith("the server knows no EHLO", StringComparison.Ordinal) ? "smtp.no-ehlo" : "smtp.starttls-missing", observation.Detail)];
            case StartTlsStep.Refused:
                return [new Finding(observation.ReplyCode is >= 400 and < 500 ? "smtp.starttls-4xx" : "smtp.starttls-5xx", observation.Detail)];
            case StartTlsStep.Injected:
                return [new Finding("smtp.starttls-injection", observation.Detail)];
            case StartTlsStep.HandshakeFailed:
                return [new Finding("tls.handshake", "the TLS handshake failed: " + observation.Detail)];
            case StartTlsStep.Established when observation.Certificate is { } certificate:
                return Of(observation, certificate, host, policy, now);
            default:
                return [];
        }
    }

    private static IEnumerable<Finding> Of(TlsObservation observation, CertificateFindings certificate, HostPlan host, StsPolicy? policy, DateTimeOffset now)
    {
        bool asked = host.Requirement is not TlsRequirement.Opportunistic;
        foreach (Finding finding in CertificateFindingRules.Of(certificate, host.Candidate.Host, policy, now))
        {
            if (finding.Code == "cert.good")
            {
                yield return new Finding("tls.good", $"{Protocol(observation)}; {finding.Message}");
            }
            else
            {
                yield return asked ? finding : new Finding("cert.fault-without-policy", finding.Message);
            }
        }

        if (!asked && !observation.IsVerified && host.Requirement.Dane is not DaneRequirement.Authenticated)
        {
            yield return new Finding("tls.opportunistic", $"{Protocol(observation)}; nobody asks for a certificate");
        }

        if (observation.Protocol == "Tls12")
        {
            yield return new Finding("tls.version-12", "the host speaks TLS 1.2 at best");
        }
    }

    /// <summary>What the certificate is worth by the policy's rules and by the TLSA records, in a few words.</summary>
    public static string CertificateWord(HostProbe probe, HostPlan host, string name) => (probe.Observation is { IsVerified: true }, probe) switch
    {
        (true, { AuthenticatedBy: { } record }) => $"certificate valid for {name}, matches TLSA {DaneFindingRules.Brief(record)}",
        (true, { TlsaFault: not null }) => $"certificate valid for {name}, but no TLSA record matches it",
        (true, _) => $"certificate valid for {name}",
        (false, { AuthenticatedBy: { } record }) when host.Requirement is TlsRequirement.Opportunistic => $"certificate matches TLSA {DaneFindingRules.Brief(record)}",
        (false, { AuthenticatedBy: { } record }) => $"certificate not valid for {name}, though it matches TLSA {DaneFindingRules.Brief(record)}",
        (false, { TlsaFault: not null }) => $"certificate not valid for {name}, and no TLSA record matches it",
        _ => $"certificate not valid for {name}",
    };

    /// <summary>Whether a sender by policy and by TLSA records would be content.</summary>
    public static bool IsGood(HostProbe probe, HostPlan host) =>
        probe.TlsaFault is null && (probe.Observation is { IsVerified: true } || (probe.AuthenticatedBy is not null && host.Requirement is TlsRequirement.Opportunistic));

    public static string Protocol(TlsObservation observation) => observation.Protocol switch { "Tls13" => "TLS 1.3", "Tls12" => "TLS 1.2", var other => other ?? "no TLS" };
}
