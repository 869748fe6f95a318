using MtaSts.Delivery.Testing;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>One thing that is wrong with the MX host <c>mx1.example.test</c>, or with the policy that should list it.</summary>
public sealed record MxFlaw(string Name, TlsFailure Failure, string ReportAs, Action<FakeMxHost> Apply)
{
    /// <summary>Each flaw alone. RFC 8461 §4, RFC 8460 §4.3.</summary>
    public static IReadOnlyList<MxFlaw> All { get; } =
    [
        new("not in the policy", TlsFailure.HostNotPermitted, "validation-failure", _ => { }) { Pattern = "mx2.example.test" },
        new("not in the policy's wildcard", TlsFailure.HostNotPermitted, "validation-failure", _ => { }) { Pattern = "*.mx1.example.test" },
        new("no STARTTLS", TlsFailure.StartTlsNotOffered, "starttls-not-supported", mx => mx.NoStartTls()),
        new("HELO only", TlsFailure.StartTlsNotOffered, "starttls-not-supported", mx => mx.HeloOnly().NoStartTls()),
        new("STARTTLS refused for now", TlsFailure.StartTlsRefused, "starttls-not-supported", mx => mx.StartTlsReply("454 4.7.0 TLS not available")),
        new("STARTTLS refused for good", TlsFailure.StartTlsRefused, "starttls-not-supported", mx => mx.StartTlsReply("501 5.5.4 no")),
        new("injection", TlsFailure.StartTlsInjected, "validation-failure", mx => mx.InjectAfterStartTls("250 OK\r\n")),
        new("handshake garbage", TlsFailure.HandshakeFailed, "validation-failure", mx => mx.Handshake(HandshakeFault.Garbage)),
        new("handshake closed", TlsFailure.HandshakeFailed, "validation-failure", mx => mx.Handshake(HandshakeFault.Close)),
        new("handshake reset", TlsFailure.HandshakeFailed, "validation-failure", mx => mx.Handshake(HandshakeFault.Reset)),
        new("handshake alert", TlsFailure.HandshakeFailed, "validation-failure", mx => mx.Handshake(HandshakeFault.Alert)),
        new("handshake stalled", TlsFailure.HandshakeFailed, "validation-failure", mx => mx.Handshake(HandshakeFault.Stall)),
        new("TLS 1.1", TlsFailure.HandshakeFailed, "validation-failure", mx => mx.Handshake(HandshakeFault.OldTls)),
        new("another name", TlsFailure.CertificateHostMismatch, "certificate-host-mismatch", mx => mx.Certificate(c => c.Names("mx2.example.test"))),
        new("the recipient's domain", TlsFailure.CertificateHostMismatch, "certificate-host-mismatch", mx => mx.Certificate(c => c.Names("example.test", "*.test"))),
        new("common name only", TlsFailure.CertificateHostMismatch, "certificate-host-mismatch", mx => mx.Certificate(c => c.CommonName("mx1.example.test").CommonNameOnly())),
        new("expired", TlsFailure.CertificateExpired, "certificate-expired", mx => mx.Certificate(c => c.Expired())),
        new("not yet valid", TlsFailure.CertificateNotYetValid, "certificate-not-trusted", mx => mx.Certificate(c => c.NotYetValid())),
        new("self-signed", TlsFailure.CertificateNotTrusted, "certificate-not-trusted", mx => mx.Certificate(c => c.SelfSigned())),
        new("unknown authority", TlsFailure.CertificateNotTrusted, "certificate-not-trusted", mx => mx.Certificate(c => c.UntrustedAuthority())),
        new("missing intermediate", TlsFailure.CertificateNotTrusted, "certificate-not-trusted", mx => mx.Certificate(c => c.WithoutIntermediate())),
        new("wrong usage", TlsFailure.CertificateNotTrusted, "certificate-not-trusted", mx => mx.Certificate(c => c.ClientAuthOnly())),
    ];

    /// <summary>The pattern that the policy lists.</summary>
    public string Pattern { get; init; } = "mx1.example.test";

    /// <summary>Whether mail can still go over TLS, if anybody lets it.</summary>
    public bool StillEncrypts => Failure is not (TlsFailure.StartTlsNotOffered or TlsFailure.StartTlsRefused or TlsFailure.StartTlsInjected or TlsFailure.HandshakeFailed);

    /// <summary>Whether the connection is of no use afterwards.</summary>
    public bool SpoilsConnection => Failure is TlsFailure.StartTlsRefused or TlsFailure.StartTlsInjected or TlsFailure.HandshakeFailed;

    public override string ToString() => Name;
}
