namespace MtaSts.Delivery.Outcomes;

/// <summary>Every way in which a delivery can go wrong; <see cref="FailureTable"/> says what each means.</summary>
public enum FailureCode
{
    /// <summary>The message cannot be carried by SMTP.</summary>
    MessageUnsendable,

    /// <summary>The recipient's domain does not exist.</summary>
    DomainNotFound,

    /// <summary>The domain takes no mail (null MX).</summary>
    NullMx,

    /// <summary>The domain has neither MX nor address records.</summary>
    NoMailHost,

    /// <summary>No MX record of the domain names a host.</summary>
    NoUsableMx,

    /// <summary>Mail for the domain would come back to this sender.</summary>
    MailLoop,

    /// <summary>DNS did not answer about the domain.</summary>
    RouteUnavailable,

    /// <summary>The MX host has no address.</summary>
    HostWithoutAddress,

    /// <summary>DNS did not answer about the MX host.</summary>
    HostAddressUnavailable,

    /// <summary>Nobody can say whether the domain has a policy, and the options say to wait.</summary>
    PolicyUnknown,

    /// <summary>This sender requires a policy in mode enforce for the domain, and there is none.</summary>
    PolicyRequired,

    /// <summary>The policy does not name the MX host.</summary>
    HostNotPermitted,

    /// <summary>The MX host does not offer STARTTLS.</summary>
    StartTlsNotOffered,

    /// <summary>The MX host refused STARTTLS.</summary>
    StartTlsRefused,

    /// <summary>Clear text was injected before the TLS handshake.</summary>
    StartTlsInjected,

    /// <summary>The TLS handshake failed.</summary>
    HandshakeFailed,

    /// <summary>The certificate does not name the MX host.</summary>
    CertificateHostMismatch,

    /// <summary>The certificate has expired.</summary>
    CertificateExpired,

    /// <summary>The certificate is not valid yet.</summary>
    CertificateNotYetValid,

    /// <summary>The certificate is not trusted.</summary>
    CertificateNotTrusted,

    /// <summary>No TLSA record of the MX host that can be used matches its certificate.</summary>
    TlsaMismatch,

    /// <summary>Whether the MX host has TLSA records could not be found out.</summary>
    TlsaUnavailable,

    /// <summary>This sender requires DANE for the domain, and the MX host has no TLSA records that can be used.</summary>
    TlsaMissing,

    /// <summary>The MX host's address is private or loopback.</summary>
    AddressForbidden,

    /// <summary>The host was not tried: it did not answer a moment ago or asked for time, or all of this sender's places for it are taken.</summary>
    HostHeldBack,

    /// <summary>No connection to the MX host.</summary>
    ConnectFailed,

    /// <summary>The server did not answer in time.</summary>
    SessionTimeout,

    /// <summary>The connection was lost.</summary>
    ConnectionLost,

    /// <summary>The server ended the session before the recipient's turn, behind others or because of too many.</summary>
    SessionEnded,

    /// <summary>The server closed the session (421).</summary>
    ServiceClosing,

    /// <summary>The server does not speak SMTP.</summary>
    ProtocolViolation,

    /// <summary>The server said 5yz in clear text, where TLS is required.</summary>
    RefusedBeforeTls,

    /// <summary>The server said 4yz.</summary>
    RefusedForNow,

    /// <summary>The server said 5yz.</summary>
    RefusedForGood,

    /// <summary>The server answered with a code that does not belong there.</summary>
    UnexpectedReply,

    /// <summary>The message is longer than the server takes.</summary>
    TooLargeForServer,

    /// <summary>The server lacks SMTPUTF8.</summary>
    SmtpUtf8Missing,

    /// <summary>The server lacks 8BITMIME.</summary>
    EightBitMimeMissing,

    /// <summary>The connection was lost after the whole message was sent.</summary>
    FinalReplyLost,

    /// <summary>The caller cancelled.</summary>
    Cancelled,

    /// <summary>A fault of this library or of a callback given to it.</summary>
    InternalError,

    /// <summary>The <c>_mta-sts</c> look-up failed; the policy in force applies.</summary>
    PolicyRecordUnavailable,

    /// <summary>The <c>_mta-sts</c> record is malformed; the policy in force applies.</summary>
    PolicyRecordInvalid,

    /// <summary>The policy could not be fetched; the policy in force applies.</summary>
    PolicyFetchFailed,

    /// <summary>The policy host's certificate is not valid; the policy in force applies.</summary>
    PolicyHostCertificateInvalid,

    /// <summary>The fetched policy is malformed; the policy in force applies.</summary>
    PolicyInvalid,
}
