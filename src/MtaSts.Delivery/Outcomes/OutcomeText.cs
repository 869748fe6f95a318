using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Outcomes;

/// <summary>Outcomes in words: what happened, by which policy, at which host.</summary>
internal static class OutcomeText
{
    /// <summary>The text as a sentence; a name at its start stays as it is.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">A name that it may begin with, though it has no dot.</param>
    public static string Sentence(string text, string? name = null)
    {
        string word = text.Split(' ')[0].TrimEnd(':');
        bool startsWithName = word.Contains('.', StringComparison.Ordinal) || word == name;
        string start = text.Length == 0 || startsWithName ? text : char.ToUpperInvariant(text[0]) + text[1..];
        return start.EndsWith('.') ? start : start + ".";
    }

    public static string Host(DeliveryAttempt attempt) => attempt.Remote is { } remote && attempt.Candidate.Host is not null
        ? $"{attempt.Candidate.Name} [{remote.Address}]"
        : attempt.Candidate.Name;

    public static string Command(SmtpPhase phase) => phase switch
    {
        SmtpPhase.Mail => "MAIL",
        SmtpPhase.Rcpt => "RCPT",
        SmtpPhase.Data => "DATA",
        _ => "the message",
    };

    public static string Name(PolicyMode mode) => mode switch { PolicyMode.Enforce => "enforce", PolicyMode.Testing => "testing", _ => "none" };

    /// <param name="discovery">The policy in force.</param>
    /// <param name="attempt">The attempt that delivered.</param>
    /// <param name="before">What had been tried before it.</param>
    public static string Delivered(PolicyDiscovery discovery, DeliveryAttempt attempt, IEnumerable<DeliveryAttempt> before)
    {
        string how = attempt.Observation switch
        {
            { IsEncrypted: true } authenticated when attempt is { AuthenticatedBy: { } record, Requirement.Dane: { } dane } =>
                $"over TLS ({Protocol(authenticated)}) that the TLSA record {record.Brief} of {dane.BaseDomain} authenticates{Basis(dane)}",
            { IsVerified: true } verified => $"over verified TLS ({Protocol(verified)})",
            { IsEncrypted: true } encrypted => $"over TLS ({Protocol(encrypted)}) with a certificate that was not verified",
            _ => "in clear text",
        };
        string text = $"{Host(attempt)} accepted the message {how}; {Policy(discovery)}.";
        IReadOnlyList<TlsFailure> wouldFail = TlsRules.Testing(attempt.Requirement) is not null ? attempt.Verdict?.Failures ?? [] : [];
        if (wouldFail.Count > 0)
        {
            text += $" In mode enforce it would have been refused: {string.Join(", ", wouldFail.Select(Describe))}.";
        }

        if (attempt.Requirement.Dane is DaneRequirement.Encrypted unusable)
        {
            text += $" None of the TLSA records of {unusable.BaseDomain} can be used, so TLS was required, but no certificate.";
        }

        string[] tried = [.. before.Where(one => one.Failure is not null).Select(one => $"{Host(one)}: {one.Detail}").Distinct()];
        return tried.Length == 0 ? text : $"{text} Tried before: {string.Join("; ", tried)}.";
    }

    public const string Disposed = "the deliverer was disposed while this was under way";

    public static string ProgramFailed(Exception fault) => $"the sending program failed: {fault.GetType().Name}: {PrintableText.Of(fault.Message, 300)}";

    public static string RefusedBeforeTls(SessionFailure failure) =>
        failure.Detail + " (in clear text, where anybody on the way could have said it: TLS is required, so the mail waits for the server's own word)";

    public static string AllRefused(PolicyDiscovery discovery, string domain, IReadOnlyList<OutcomeRules.Cause> causes)
    {
        int byDane = causes.Count(cause => cause.Code is FailureCode.TlsaMismatch or FailureCode.TlsaUnavailable or FailureCode.TlsaMissing);
        int byPolicy = discovery.Mode == PolicyMode.Enforce ? causes.Count(cause => FailureTable.For(cause.Code).Stage is DeliveryStage.Tls or DeliveryStage.Policy) : 0;
        string first = byDane == causes.Count ? $"No MX host of {domain} could be authenticated by DANE, so the message was not handed over."
            : byDane > 0 ? $"No host took the message, in part because DANE authenticated no connection with an MX host of {domain}."
            : byPolicy == 0 ? "No host took the message."
            : byPolicy == causes.Count ? $"No MX host of {discovery.PolicyDomain} met its MTA-STS policy (mode enforce, id {discovery.InForce!.Id}), so the message was not handed over."
            : $"No host took the message, in part because of the MTA-STS policy of {discovery.PolicyDomain} (mode enforce, id {discovery.InForce!.Id}).";
        return $"{first} {string.Join(" ", causes.Select(cause => Sentence(cause.Text, cause.MxHost)).Distinct())}";
    }

    /// <summary>One failure of TLS in words, with what the certificate shows.</summary>
    public static string Describe(TlsFailure failure, TlsObservation? observation, string host)
    {
        CertificateFindings? certificate = observation?.Certificate;
        return failure switch
        {
            TlsFailure.CertificateHostMismatch when certificate is not null =>
                $"the certificate does not name {host}: it names {(certificate.DnsNames.Count == 0 ? "no host at all" : string.Join(", ", certificate.DnsNames.Take(5)))}",
            TlsFailure.CertificateExpired when certificate is not null => FormattableString.Invariant($"the certificate, or one above it, has expired (its own end: {certificate.NotAfter:yyyy-MM-dd HH:mm} UTC)"),
            TlsFailure.CertificateNotYetValid when certificate is not null => FormattableString.Invariant($"the certificate is not valid yet (begins {certificate.NotBefore:yyyy-MM-dd HH:mm} UTC)"),
            TlsFailure.CertificateNotTrusted when certificate is not null => $"the certificate is {Untrusted(certificate.Problems)} (issuer {certificate.Issuer})",
            TlsFailure.StartTlsRefused or TlsFailure.StartTlsInjected when observation is not null => observation.Detail,
            TlsFailure.StartTlsNotOffered when observation is { Detail.Length: > 0 } => observation.Detail,
            TlsFailure.HandshakeFailed when observation is not null => "the TLS handshake failed: " + observation.Detail,
            _ => Describe(failure),
        };
    }

    /// <summary>One failure in words, with what was required where that explains it.</summary>
    public static string Describe(TlsFailure failure, TlsRequirement requirement, TlsObservation observation, string host) => (failure, requirement.Dane) switch
    {
        (TlsFailure.TlsaMismatch or TlsFailure.TlsaUnavailable or TlsFailure.TlsaMissing, { } dane) => Describe(dane, observation, host),
        (TlsFailure.StartTlsNotOffered or TlsFailure.StartTlsRefused or TlsFailure.StartTlsInjected or TlsFailure.HandshakeFailed, { } dane) =>
            $"{Describe(failure, observation, host)}, while the TLSA records of {dane.BaseDomain} demand TLS",
        _ => Describe(failure, observation, host),
    };

    /// <summary>One failure of DANE in words: which host, which records, and what the server showed instead.</summary>
    public static string Describe(DaneRequirement dane, TlsObservation? observation, string host) => dane switch
    {
        DaneRequirement.Unavailable unavailable => unavailable.Reason,
        DaneRequirement.Missing missing => $"this sender requires DANE, and {missing.Reason}",
        DaneRequirement.Authenticated demanded =>
            $"{DaneRules.Judge(demanded, observation?.Chain, observation?.Moment ?? default).Detail} ({Records(demanded)}; {host} presented {Presented(observation?.Chain)}){Basis(demanded)}",
        _ => $"the TLSA records of {dane.BaseDomain} demand TLS",
    };

    private static string Records(DaneRequirement.Authenticated demanded)
    {
        const int most = 4;
        IReadOnlyList<TlsaRecord> compared = DaneRules.Strongest(demanded.Records);
        return $"compared: {string.Join(", ", compared.Take(most).Select(record => record.Brief))}{(compared.Count > most ? FormattableString.Invariant($" and {compared.Count - most} more") : "")}";
    }

    // In the form of the most common record, so that it can be compared with what is published.
    private static string Presented(PresentedChain? chain) => chain is null ? "no certificate" : new TlsaRecord(3, 1, 1, chain.Leaf.Digest(ofKey: true, isSha512: false)).Brief;

    /// <summary>Never called secure to the domain where the MX records might be anybody's. RFC 7672 §2.2.1.</summary>
    private static string Basis(DaneRequirement dane) => dane.IsMxAuthenticated ? "" : ", though DNSSEC does not vouch for the MX record that leads there";

    private static string Untrusted(CertificateProblems problems) => problems switch
    {
        _ when problems.HasFlag(CertificateProblems.Missing) => "missing",
        _ when problems.HasFlag(CertificateProblems.SelfSigned) => "self-signed and not trusted",
        _ when problems.HasFlag(CertificateProblems.NotTrusted) => "not from a trusted authority, or an intermediate certificate was not sent",
        _ when problems.HasFlag(CertificateProblems.WrongUsage) => "not meant for servers",
        _ => "not valid",
    };

    private static string Describe(TlsFailure failure) => failure switch
    {
        TlsFailure.StartTlsNotOffered => "STARTTLS is not offered",
        TlsFailure.StartTlsRefused => "STARTTLS is refused",
        TlsFailure.StartTlsInjected => "clear text is injected before TLS",
        TlsFailure.HandshakeFailed => "the TLS handshake fails",
        TlsFailure.CertificateHostMismatch => "the certificate does not name the host",
        TlsFailure.CertificateExpired => "the certificate has expired",
        TlsFailure.CertificateNotYetValid => "the certificate is not valid yet",
        TlsFailure.CertificateNotTrusted => "the certificate is not trusted",
        TlsFailure.TlsaMismatch => "no TLSA record matches the certificate",
        TlsFailure.TlsaUnavailable => "the TLSA records cannot be looked up",
        TlsFailure.TlsaMissing => "there are no TLSA records",
        _ => "the policy does not list the host",
    };

    private static string Protocol(TlsObservation observation) => observation.Protocol switch { "Tls13" => "TLS 1.3", "Tls12" => "TLS 1.2", var other => other ?? "" };

    private static string Policy(PolicyDiscovery discovery) => discovery switch
    {
        { Policy: { } policy } => $"MTA-STS policy: {Name(policy.Mode)}, id {discovery.InForce!.Id}{(discovery.Source == PolicySource.Cache ? ", from the cache" : "")}{Fault(discovery)}",
        _ => "no MTA-STS policy" + Fault(discovery),
    };

    private static string Fault(PolicyDiscovery discovery) => discovery.Fault is { } fault ? $" ({fault.Detail})" : "";
}
