using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Outcomes;

/// <summary>The one table from failure to class, enhanced status, TLS report result type and advice; <c>docs/outcomes.md</c> is made from it.</summary>
public static class FailureTable
{
    private const string StartTlsNotSupported = "starttls-not-supported";
    private const string ValidationFailure = "validation-failure";
    private const string NotTrusted = "certificate-not-trusted";
    private const string FetchError = "sts-policy-fetch-error";

    /// <summary>All rows, in the order of <see cref="FailureCode"/>.</summary>
    public static IReadOnlyList<FailureRow> Rows { get; } =
    [
        Permanent(FailureCode.MessageUnsendable, DeliveryStage.Message, 6, 0, "The sender must correct the message."),
        Permanent(FailureCode.DomainNotFound, DeliveryStage.Routing, 1, 2, "The sender must correct the domain in the address."),
        Permanent(FailureCode.NullMx, DeliveryStage.Routing, 1, 10, "The sender must use another address: this domain takes no mail."),
        Permanent(FailureCode.NoMailHost, DeliveryStage.Routing, 4, 4, "The recipient's administrator must publish an MX record, if the domain is to take mail."),
        Permanent(FailureCode.NoUsableMx, DeliveryStage.Routing, 4, 4, "The recipient's administrator must make the MX records name hosts."),
        Permanent(FailureCode.MailLoop, DeliveryStage.Routing, 4, 6, "This sender's operator must say where mail for this domain goes."),
        Temporary(FailureCode.RouteUnavailable, DeliveryStage.Routing, 4, 3, null, "Try again later; if it lasts, look at this sender's resolver and the domain's name servers."),
        Permanent(FailureCode.HostWithoutAddress, DeliveryStage.Routing, 4, 4, "The recipient's administrator must give the MX host an address record, or take it out of the MX records."),
        Temporary(FailureCode.HostAddressUnavailable, DeliveryStage.Routing, 4, 3, null, "Try again later; if it lasts, look at this sender's resolver and the MX host's name servers."),
        Temporary(FailureCode.PolicyUnknown, DeliveryStage.Policy, 4, 3, null, "Try again later; if it lasts, look at this sender's resolver and the domain's name servers."),
        Temporary(FailureCode.PolicyRequired, DeliveryStage.Policy, 7, 4, null, "The recipient's administrator must publish an MTA-STS policy in mode enforce, or this sender's operator must end the override that requires one."),
        Temporary(FailureCode.HostNotPermitted, DeliveryStage.Policy, 7, 5, ValidationFailure, "The recipient's administrator must list the MX host in the MTA-STS policy and change its id, or take the host out of the MX records."),
        Temporary(FailureCode.StartTlsNotOffered, DeliveryStage.Tls, 7, 4, StartTlsNotSupported, "The recipient's administrator must make the MX host offer STARTTLS; if it does, somebody on the way strips it."),
        Temporary(FailureCode.StartTlsRefused, DeliveryStage.Tls, 7, 4, StartTlsNotSupported, "The recipient's administrator must make the MX host accept STARTTLS."),
        Temporary(FailureCode.StartTlsInjected, DeliveryStage.Tls, 7, 5, ValidationFailure, "Somebody on the way tampers with the connection, or the MX host's STARTTLS is broken."),
        Temporary(FailureCode.HandshakeFailed, DeliveryStage.Tls, 7, 5, ValidationFailure, "The recipient's administrator must make the MX host speak TLS 1.2 or newer."),
        Temporary(FailureCode.CertificateHostMismatch, DeliveryStage.Tls, 7, 5, "certificate-host-mismatch", "The recipient's administrator must install a certificate with the MX host's name among its subject alternative names."),
        Temporary(FailureCode.CertificateExpired, DeliveryStage.Tls, 7, 5, "certificate-expired", "The recipient's administrator must renew the MX host's certificate."),
        Temporary(FailureCode.CertificateNotYetValid, DeliveryStage.Tls, 7, 5, NotTrusted, "The MX host's certificate begins in the future: look at the clocks on both sides."),
        Temporary(FailureCode.CertificateNotTrusted, DeliveryStage.Tls, 7, 5, NotTrusted, "The recipient's administrator must install a certificate of a public authority, with all intermediate certificates."),
        Temporary(FailureCode.TlsaMismatch, DeliveryStage.Tls, 7, 5, "tlsa-invalid", "The recipient's administrator must publish a TLSA record for the certificate that the MX host presents, or install the one that the records name; a new certificate needs its record before it is used."),
        Temporary(FailureCode.TlsaUnavailable, DeliveryStage.Tls, 7, 5, "dnssec-invalid", "Try again later; if it lasts, the MX host's administrator must mend DNSSEC or the name servers of its zone, which must answer questions for TLSA records; or look at this sender's resolver."),
        Temporary(FailureCode.TlsaMissing, DeliveryStage.Tls, 7, 5, "dane-required", "The recipient's administrator must sign the zones of domain and MX host and publish TLSA records, or this sender's operator must end the override that requires DANE."),
        Temporary(FailureCode.AddressForbidden, DeliveryStage.Session, 4, 4, null, "The recipient's administrator must give the MX host a public address; a sender inside that network can turn Network.AllowPrivateAddresses on."),
        Temporary(FailureCode.HostHeldBack, DeliveryStage.Session, 4, 1, null, "Try again later: this sender leaves the host alone for a while, as it did not answer or asked for time, or has all its sessions with it in use."),
        Temporary(FailureCode.ConnectFailed, DeliveryStage.Session, 4, 1, null, "Try again later; if nothing can be reached, look whether this network lets port 25 out."),
        Temporary(FailureCode.SessionTimeout, DeliveryStage.Session, 4, 2, null, "Try again later."),
        Temporary(FailureCode.ConnectionLost, DeliveryStage.Session, 4, 2, null, "Try again later."),
        Temporary(FailureCode.SessionEnded, DeliveryStage.Session, 4, 2, null, "Try again later: the server ends its sessions early; MaxRecipientsPerTransaction can be lowered."),
        Temporary(FailureCode.ServiceClosing, DeliveryStage.Session, 3, 2, null, "Try again later."),
        Temporary(FailureCode.ProtocolViolation, DeliveryStage.Session, 5, 0, null, "Try again later; if it lasts, the recipient's administrator must look at what answers on the MX host's port."),
        Temporary(FailureCode.RefusedBeforeTls, DeliveryStage.Session, 7, 0, null, "Try again later; if it lasts, ask the recipient's administrator whether the reply is the MX host's: if not, somebody on the way forges it."),
        Temporary(FailureCode.RefusedForNow, DeliveryStage.Transaction, 0, 0, null, "Try again later; the server's reply says why."),
        Permanent(FailureCode.RefusedForGood, DeliveryStage.Transaction, 0, 0, "The server's reply says why."),
        Temporary(FailureCode.UnexpectedReply, DeliveryStage.Transaction, 5, 0, null, "Try again later; if it lasts, the recipient's administrator must look at the MX host."),
        Permanent(FailureCode.TooLargeForServer, DeliveryStage.Transaction, 3, 4, "The sender must send a smaller message."),
        Permanent(FailureCode.SmtpUtf8Missing, DeliveryStage.Transaction, 6, 7, "The sender must use an address of ASCII letters, or the recipient's administrator must turn SMTPUTF8 on."),
        Permanent(FailureCode.EightBitMimeMissing, DeliveryStage.Transaction, 6, 3, "The sender must make the message of 7-bit octets, before signing it if it is signed."),
        Temporary(FailureCode.FinalReplyLost, DeliveryStage.Transaction, 4, 2, null, "The message may have been delivered: another try can make a duplicate."),
        Temporary(FailureCode.Cancelled, DeliveryStage.Session, 0, 0, null, "The caller cancelled; try again when it suits."),
        Temporary(FailureCode.InternalError, DeliveryStage.Session, 3, 5, null, "Look at the log: this is a fault of the sending program."),
        Noted(FailureCode.PolicyRecordUnavailable, null, "The policy in force applies; if it lasts, look at the domain's name servers."),
        Noted(FailureCode.PolicyRecordInvalid, null, "The recipient's administrator must publish exactly one valid _mta-sts record."),
        Noted(FailureCode.PolicyFetchFailed, FetchError, "The recipient's administrator must make the policy host serve the policy: status 200, text/plain, no redirect."),
        Noted(FailureCode.PolicyHostCertificateInvalid, "sts-webpki-invalid", "The recipient's administrator must install a certificate for the policy host."),
        Noted(FailureCode.PolicyInvalid, "sts-policy-invalid", "The recipient's administrator must mend the policy's text."),
    ];

    /// <summary>The row of a failure.</summary>
    public static FailureRow For(FailureCode code) => Rows[(int)code];

    /// <summary>The failure behind a domain that takes no mail.</summary>
    public static FailureCode CodeOf(NoMailReason reason) => reason switch
    {
        NoMailReason.DomainNotFound => FailureCode.DomainNotFound,
        NoMailReason.NullMx => FailureCode.NullMx,
        NoMailReason.NoMailHost => FailureCode.NoMailHost,
        NoMailReason.NoUsableMx => FailureCode.NoUsableMx,
        NoMailReason.Loop => FailureCode.MailLoop,
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    /// <summary>The failure behind a fault in policy discovery; <see langword="null"/> while the policy is only not known yet.</summary>
    public static FailureCode? CodeOf(PolicyFaultKind fault) => fault switch
    {
        PolicyFaultKind.NotYetKnown => null,
        PolicyFaultKind.RecordUnavailable => FailureCode.PolicyRecordUnavailable,
        PolicyFaultKind.RecordInvalid => FailureCode.PolicyRecordInvalid,
        PolicyFaultKind.CertificateInvalid => FailureCode.PolicyHostCertificateInvalid,
        PolicyFaultKind.PolicyInvalid or PolicyFaultKind.MediaType => FailureCode.PolicyInvalid,
        _ => FailureCode.PolicyFetchFailed,
    };

    /// <summary>The failure behind a failure of TLS.</summary>
    public static FailureCode CodeOf(TlsFailure failure) => failure switch
    {
        TlsFailure.StartTlsNotOffered => FailureCode.StartTlsNotOffered,
        TlsFailure.StartTlsRefused => FailureCode.StartTlsRefused,
        TlsFailure.StartTlsInjected => FailureCode.StartTlsInjected,
        TlsFailure.HandshakeFailed => FailureCode.HandshakeFailed,
        TlsFailure.CertificateHostMismatch => FailureCode.CertificateHostMismatch,
        TlsFailure.CertificateExpired => FailureCode.CertificateExpired,
        TlsFailure.CertificateNotYetValid => FailureCode.CertificateNotYetValid,
        TlsFailure.CertificateNotTrusted => FailureCode.CertificateNotTrusted,
        TlsFailure.HostNotPermitted => FailureCode.HostNotPermitted,
        TlsFailure.TlsaMismatch => FailureCode.TlsaMismatch,
        TlsFailure.TlsaUnavailable => FailureCode.TlsaUnavailable,
        TlsFailure.TlsaMissing => FailureCode.TlsaMissing,
        _ => throw new ArgumentOutOfRangeException(nameof(failure)),
    };

    /// <summary>The failure behind a session that ended too soon.</summary>
    public static FailureCode CodeOf(SessionFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.Kind switch
        {
            SessionFailureKind.AddressForbidden => FailureCode.AddressForbidden,
            SessionFailureKind.HeldBack => FailureCode.HostHeldBack,
            SessionFailureKind.SessionEnded => FailureCode.SessionEnded,
            SessionFailureKind.ConnectFailed => FailureCode.ConnectFailed,
            SessionFailureKind.Timeout => FailureCode.SessionTimeout,
            SessionFailureKind.ConnectionLost => FailureCode.ConnectionLost,
            SessionFailureKind.ServiceClosing => FailureCode.ServiceClosing,
            SessionFailureKind.ProtocolViolation => FailureCode.ProtocolViolation,
            SessionFailureKind.Refused => failure.Reply is null ? FailureCode.UnexpectedReply : CodeOf(failure.Reply),
            _ => throw new ArgumentOutOfRangeException(nameof(failure)),
        };
    }

    /// <summary>The failure behind a session that ended before TLS was judged. RFC 8461 §5.</summary>
    /// <remarks>What is said in clear text may be forged, so 5yz there fails nothing for good where TLS is required.</remarks>
    internal static FailureCode CodeOf(SessionFailure failure, TlsRequirement requirement) =>
        failure is { Kind: SessionFailureKind.Refused, Reply.IsPermanent: true } && requirement.IsTlsMandatory
            ? FailureCode.RefusedBeforeTls
            : CodeOf(failure);

    /// <summary>The failure behind a reply that is not positive. RFC 5321 §4.2.1.</summary>
    public static FailureCode CodeOf(SmtpReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        return reply.IsTransient ? FailureCode.RefusedForNow : reply.IsPermanent ? FailureCode.RefusedForGood : FailureCode.UnexpectedReply;
    }

    /// <summary>The failure behind a message that was not offered.</summary>
    public static FailureCode CodeOf(LocalRefusal refusal) => refusal switch
    {
        LocalRefusal.TooLargeForServer => FailureCode.TooLargeForServer,
        LocalRefusal.SmtpUtf8Missing => FailureCode.SmtpUtf8Missing,
        LocalRefusal.EightBitMimeMissing => FailureCode.EightBitMimeMissing,
        _ => throw new ArgumentOutOfRangeException(nameof(refusal)),
    };

    private static FailureRow Permanent(FailureCode code, DeliveryStage stage, int subject, int detail, string advice) =>
        new(code, stage, FailureClass.Permanent, new EnhancedStatus(5, subject, detail), null, advice);

    private static FailureRow Temporary(FailureCode code, DeliveryStage stage, int subject, int detail, string? reportAs, string advice) =>
        new(code, stage, FailureClass.Temporary, new EnhancedStatus(4, subject, detail), reportAs, advice);

    private static FailureRow Noted(FailureCode code, string? reportAs, string advice) =>
        new(code, DeliveryStage.Policy, FailureClass.Noted, new EnhancedStatus(2, 0, 0), reportAs, advice);
}
