using System.Net;
using System.Runtime.CompilerServices;

namespace MtaSts.Delivery.Testing;

/// <content>Fetching the policy. No policy is known before, and the MX host has a self-signed certificate, which shows whether the policy is in force.</content>
public static partial class Scenarios
{
    /// <summary>The policy host refuses connections.</summary>
    public static Scenario PolicyHostDown { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host refuses connections.",
        host => host.Down(),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host answers the TLS handshake with nonsense.</summary>
    public static Scenario PolicyHostHandshakeGarbage { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host answers the TLS handshake with nonsense.",
        host => host.Handshake(HandshakeFault.Garbage),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host never answers the TLS handshake.</summary>
    public static Scenario PolicyHostHandshakeStalls { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host never answers the TLS handshake.",
        host => host.Handshake(HandshakeFault.Stall),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host knows nothing newer than TLS 1.1.</summary>
    public static Scenario PolicyHostOldTls { get; } = PolicyFetch(
        "RFC 8996 §4", "The policy host knows nothing newer than TLS 1.1.",
        host => host.Handshake(HandshakeFault.OldTls),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host's certificate has expired.</summary>
    public static Scenario PolicyHostCertificateExpired { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host's certificate has expired.",
        host => host.Certificate(c => c.Expired()),
        DeliveredUnverified().Reports(FetchCertificate));

    /// <summary>The policy host's certificate begins tomorrow.</summary>
    public static Scenario PolicyHostCertificateNotYetValid { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host's certificate begins tomorrow.",
        host => host.Certificate(c => c.NotYetValid()),
        DeliveredUnverified().Reports(FetchCertificate));

    /// <summary>The policy host's certificate is self-signed.</summary>
    public static Scenario PolicyHostCertificateSelfSigned { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host's certificate is self-signed.",
        host => host.Certificate(c => c.SelfSigned()),
        DeliveredUnverified().Reports(FetchCertificate));

    /// <summary>The policy host's certificate comes from an authority that nobody trusts.</summary>
    public static Scenario PolicyHostCertificateUntrusted { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host's certificate comes from an authority that nobody trusts.",
        host => host.Certificate(c => c.UntrustedAuthority()),
        DeliveredUnverified().Reports(FetchCertificate));

    /// <summary>The policy host's certificate names the domain instead of the policy host.</summary>
    public static Scenario PolicyHostCertificateForDomain { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host's certificate names the domain instead of the policy host.",
        host => host.Certificate(c => c.Names(Domain)),
        DeliveredUnverified().Reports(FetchCertificate));

    /// <summary>The policy host's certificate names the host in its common name only.</summary>
    public static Scenario PolicyHostCertificateCommonNameOnly { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host's certificate names the host in its common name only.",
        host => host.Certificate(c => c.CommonNameOnly()),
        DeliveredUnverified().Reports(FetchCertificate));

    /// <summary>The policy host does not send its intermediate certificate.</summary>
    public static Scenario PolicyHostIntermediateMissing { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host does not send its intermediate certificate.",
        host => host.Certificate(c => c.WithoutIntermediate()),
        DeliveredUnverified().Reports(FetchCertificate));

    /// <summary>The policy host's certificate names it by a wildcard.</summary>
    public static Scenario PolicyHostCertificateWildcard { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host's certificate names it by a wildcard.",
        host => host.Certificate(c => c.Names("*.example.test")),
        PolicyHolds());

    /// <summary>The policy host answers 404.</summary>
    public static Scenario PolicyNotFound { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host answers 404.",
        host => host.Status(404),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host answers 500, with the policy in the body.</summary>
    public static Scenario PolicyServerError { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host answers 500, with the policy in the body.",
        host => host.Status(500),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host answers 204.</summary>
    public static Scenario PolicyNoContent { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host answers 204.",
        host => host.Status(204),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host answers 206, with the policy in the body.</summary>
    public static Scenario PolicyPartialContent { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host answers 206, with the policy in the body.",
        host => host.Status(206),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host redirects to another host.</summary>
    public static Scenario PolicyRedirectedElsewhere { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host redirects to another host.",
        host => host.Redirect(301, "https://www.example.test/.well-known/mta-sts.txt"),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host redirects to the same address.</summary>
    public static Scenario PolicyRedirectedToItself { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host redirects to the same address.",
        host => host.Redirect(302, "/.well-known/mta-sts.txt"),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy comes as text/html.</summary>
    public static Scenario PolicyOfHtmlType { get; } = PolicyFetch(
        "RFC 8461 §3.2", "The policy comes as text/html.",
        host => host.ContentType("text/html"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy comes without a media type.</summary>
    public static Scenario PolicyWithoutType { get; } = PolicyFetch(
        "RFC 8461 §3.2", "The policy comes without a media type.",
        host => host.ContentType(null),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The media type of the policy has a charset parameter.</summary>
    public static Scenario PolicyTypeWithCharset { get; } = PolicyFetch(
        "RFC 8461 §3.2", "The media type of the policy has a charset parameter.",
        host => host.ContentType("text/plain; charset=utf-8"),
        PolicyHolds());

    /// <summary>The policy host compresses the policy, though nobody asked for it.</summary>
    public static Scenario PolicyCompressed { get; } = PolicyFetch(
        "RFC 9110 §12.5.3", "The policy host compresses the policy, though nobody asked for it.",
        host => host.Encoding("gzip"),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy comes in chunks.</summary>
    public static Scenario PolicyChunked { get; } = PolicyFetch(
        "RFC 9112 §7.1", "The policy comes in chunks.",
        host => host.Chunked(),
        PolicyHolds());

    /// <summary>The connection to the policy host ends in the middle of the policy.</summary>
    public static Scenario PolicyCutOff { get; } = PolicyFetch(
        "RFC 9112 §8", "The connection to the policy host ends in the middle of the policy.",
        host => host.CutAfter(20),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy is longer than 64 KiB.</summary>
    public static Scenario PolicyTooLarge { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy is longer than 64 KiB.",
        host => host.Body([.. "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n"u8, .. Enumerable.Repeat((byte)'\n', 70_000)]),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy never ends.</summary>
    public static Scenario PolicyEndless { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy never ends.",
        host => host.Endless(),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy comes one octet every ten seconds.</summary>
    public static Scenario PolicyDripsIn { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy comes one octet every ten seconds.",
        host => host.Drip(TimeSpan.FromSeconds(10)),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host never answers the request.</summary>
    public static Scenario PolicyHostStalls { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host never answers the request.",
        host => host.Stall(),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host resets the connection at the request.</summary>
    public static Scenario PolicyHostResets { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host resets the connection at the request.",
        host => host.Reset(),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host answers something that is no HTTP.</summary>
    public static Scenario PolicyHostSpeaksNoHttp { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy host answers something that is no HTTP.",
        host => host.Garbage(),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy comes behind a quarter of a megabyte of header fields.</summary>
    public static Scenario PolicyHeadersTooLarge { get; } = PolicyFetch(
        "RFC 8461 §3.3", "The policy comes behind a quarter of a megabyte of header fields.",
        host => host.HugeHeaders(),
        DeliveredUnverified().Reports(FetchError));

    /// <summary>The policy host sends an interim response first.</summary>
    public static Scenario PolicyHostWithEarlyHints { get; } = PolicyFetch(
        "RFC 9110 §15.2", "The policy host sends an interim response first.",
        host => host.EarlyHints(),
        PolicyHolds());

    /// <summary>The policy host has an address of a private network.</summary>
    public static Scenario PolicyHostPrivate { get; } = PolicyFetch(
        "RFC 1918 §3", "The policy host has an address of a private network.",
        host => host.Address(IPAddress.Parse("10.0.0.80")),
        DeliveredUnverified().Reports(FetchError));

    private static Scenario PolicyFetch(string source, string summary, Action<FakePolicyHost> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Revealing(ScenarioCategory.PolicyFetch, source, summary, domain => change(domain.PolicyHost), expected, name);
}
