using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.InteropTests.Parts;

/// <summary>One domain with something wrong, to which every sender sends.</summary>
/// <param name="Name">The domain is <c>NAME.peers.test</c>.</param>
/// <param name="Summary">What is so, for the table.</param>
/// <param name="Wanted">What the RFCs have a sender do, in the words of <see cref="PeerResult"/>.</param>
/// <param name="Decides">The section that decides it, and what it says.</param>
/// <param name="Arrange">Sets it up.</param>
internal sealed record PeerCase(string Name, string Summary, string Wanted, string Decides, Action<FakeInternet, FakeDomain, FakeMxHost> Arrange)
{
    private const string Tls = "delivered, TLS";
    private const string Clear = "delivered, clear";
    private const string Deferred = "deferred";
    private const string Bounced = "bounced";

    /// <summary>Why some sender does otherwise than the section says; empty where none does.</summary>
    public string Note { get; init; } = "";

    public string Domain => $"{Name}.peers.test";

    public string MxHost => $"mx.{Domain}";

    public static IReadOnlyList<PeerCase> All { get; } =
    [
        new("good", "enforce, all in order", Tls, "RFC 8461 §5", (_, _, _) => { }),
        new("plain", "no policy, no STARTTLS", Clear, "RFC 3207 §4: a public server must not require STARTTLS, so TLS is optional without a policy",
            (_, domain, mx) => { domain.NoRecord(); mx.NoStartTls(); }),
        new("selfsigned", "no policy, self-signed certificate", Tls, "RFC 7435 §3: without a policy unauthenticated encryption is better than none",
            (_, domain, mx) => { domain.NoRecord(); mx.Certificate(one => one.SelfSigned()); }),
        new("handshake", "no policy, the handshake breaks off", Clear, "RFC 7435 §3: opportunistic security must not impede communication",
            (_, domain, mx) => { domain.NoRecord(); mx.Handshake(HandshakeFault.Close); })
        {
            Note = "This library goes over to clear text at once, on a second connection; Postfix at a later try, when the message has waited for its least backoff; chasquid not in the time of this run.",
        },
        new("stripped", "enforce, no STARTTLS", Deferred, "RFC 8461 §5: \"MUST NOT deliver\" to a host that fails validation", (_, _, mx) => mx.NoStartTls()),
        new("starttls454", "enforce, STARTTLS answered 454", Deferred, "RFC 8461 §5: no TLS, no delivery", (_, _, mx) => mx.StartTlsReply("454 4.7.0 TLS not available")),
        new("untrusted", "enforce, certificate of an unknown authority", Deferred, "RFC 8461 §4.2: trusted, in date, and for the MX host's name", (_, _, mx) => mx.Certificate(one => one.UntrustedAuthority())),
        new("name", "enforce, certificate for another name", Deferred, "RFC 8461 §4.2: trusted, in date, and for the MX host's name", (_, _, mx) => mx.Certificate(one => one.Names("mx.elsewhere.test"))),
        new("expired", "enforce, expired certificate", Deferred, "RFC 8461 §4.2: trusted, in date, and for the MX host's name", (_, _, mx) => mx.Certificate(one => one.Expired())),
        new("cn", "enforce, the name in the common name only", Deferred, "RFC 8461 §4.2: the name stands in a SAN with DNS-ID; RFC 9525 §2: never in the CN", (_, _, mx) => mx.Certificate(one => one.CommonNameOnly()))
        {
            Note = "Postfix 3.7 takes the common name where a certificate has no DNS name in its SAN. RFC 8461 §4.2 asks for the name in the SAN, and RFC 9525 §2 for no use of the common name.",
        },
        new("unlisted", "enforce, the MX host is not listed", Deferred, "RFC 8461 §4.1: the host must match an mx pattern", (_, domain, _) => domain.Policy(PolicyMode.Enforce, "mx.elsewhere.test")),
        new("labels", "enforce, *.NAME listed, MX host two labels below", Deferred, "RFC 8461 §4.1: the wildcard stands for one label",
            (internet, domain, _) => { domain.NoMx().Mx(10, $"a.mx.{domain.Name}"); internet.MxHost($"a.mx.{domain.Name}"); })
        {
            Note = "The resolver hands *.NAME to Postfix as .NAME, which stands there for names of any depth. So a host two labels below, which the policy does not cover, gets the mail.",
        },
        new("second", "enforce, only the second MX host is listed", Tls, "RFC 8461 §5.1, RFC 5321 §5.1: the next host is tried",
            (internet, domain, _) => { domain.Mx(20, $"mx2.{domain.Name}").Policy(PolicyMode.Enforce, $"mx2.{domain.Name}"); internet.MxHost($"mx2.{domain.Name}"); }),
        new("testing", "testing, certificate of an unknown authority", Tls, "RFC 8461 §5: testing never refuses", (_, domain, mx) => { domain.Policy(PolicyMode.Testing, $"*.{domain.Name}"); mx.Certificate(one => one.UntrustedAuthority()); }),
        new("testingclear", "testing, no STARTTLS", Clear, "RFC 8461 §5: testing never refuses", (_, domain, mx) => { domain.Policy(PolicyMode.Testing, $"*.{domain.Name}"); mx.NoStartTls(); }),
        new("none", "mode none, no STARTTLS", Clear, "RFC 8461 §5: none is as without policy", (_, domain, mx) => { domain.Policy(PolicyMode.None, $"*.{domain.Name}"); mx.NoStartTls(); }),
        new("crlf", "enforce, lines of the policy end in LF; no STARTTLS", Deferred, "RFC 8461 §3.2: LF or CRLF",
            (_, domain, mx) => { domain.PolicyText($"version: STSv1\nmode: enforce\nmx: *.{domain.Name}\nmax_age: 86400\n"); mx.NoStartTls(); }),
        new("twomodes", "mode enforce, and a second line mode: none; no STARTTLS", Deferred, "RFC 8461 §3.2: of fields that are there twice the first counts",
            (_, domain, mx) => { domain.PolicyText($"version: STSv1\r\nmode: enforce\r\nmx: *.{domain.Name}\r\nmax_age: 86400\r\nmode: none\r\n"); mx.NoStartTls(); })
        {
            Note = "Both keep the last of two lines. Whoever can append a line to a policy turns it off.",
        },
        new("status404", "the policy host says 404; no STARTTLS", Clear, "RFC 8461 §3.3: no policy but by 200", (_, domain, mx) => { domain.PolicyHost.Status(404); mx.NoStartTls(); }),
        new("redirect", "the policy host redirects to a good policy; no STARTTLS", Clear, "RFC 8461 §3.3: \"MUST NOT\" follow redirects",
            (_, domain, mx) => { domain.PolicyHost.Redirect(302, "https://mta-sts.good.peers.test/.well-known/mta-sts.txt"); mx.NoStartTls(); }),
        new("html", "the policy is text/html; no STARTTLS", Clear, "RFC 8461 §3.2: the media type is text/plain", (_, domain, mx) => { domain.PolicyHost.ContentType("text/html"); mx.NoStartTls(); }),
        new("policycert", "the policy host's certificate is not trusted; no STARTTLS", Clear, "RFC 8461 §3.3: the policy host must have a trusted certificate", (_, domain, mx) => { domain.PolicyHost.Certificate(one => one.UntrustedAuthority()); mx.NoStartTls(); }),
        new("policycn", "the policy host's name in the common name only; no STARTTLS", Clear, "RFC 8461 §3.3: the name stands in a SAN with DNS-ID; RFC 9525 §2: never in the CN", (_, domain, mx) => { domain.PolicyHost.Certificate(one => one.CommonNameOnly()); mx.NoStartTls(); })
        {
            Note = "Python's TLS takes the common name where there is no SAN, so the resolver accepts the policy; by RFC 9525 §2 its host is not verified, and there is no policy.",
        },
        new("tworecords", "two policy records; no STARTTLS", Clear, "RFC 8461 §3.1: more than one record counts as none", (_, domain, mx) => { domain.Record("v=STSv1; id=1;", "v=STSv1; id=2;"); mx.NoStartTls(); })
        {
            Note = "chasquid asks whether there is a record, and not how many there are: it fetches the policy. Stricter than the RFC, and mail waits that should not.",
        },
        new("noid", "the policy record has no id; no STARTTLS", Clear, "RFC 8461 §3.1: a record without id is none", (_, domain, mx) => { domain.Record("v=STSv1;"); mx.NoStartTls(); })
        {
            Note = "chasquid asks whether there is a record, and not whether it is whole: it fetches the policy. Stricter than the RFC, and mail waits that should not.",
        },
        new("norecord", "a policy, but no record; no STARTTLS", Clear, "RFC 8461 §3.1: without a record there is no policy", (_, domain, mx) => { domain.NoRecord(); mx.NoStartTls(); }),
        new("noend", "the policy has no max_age; no STARTTLS", Clear, "RFC 8461 §3.2: max_age is required",
            (_, domain, mx) => { domain.PolicyText($"version: STSv1\r\nmode: enforce\r\nmx: *.{domain.Name}\r\n"); mx.NoStartTls(); }),
        new("servfail", "SERVFAIL for the policy record; no STARTTLS", Clear, "RFC 8461 does not say; as without policy ([AMB-6](decisions/amb-06-record-lookup-fails.md))", (internet, domain, mx) => { internet.Dns.ServFail($"_mta-sts.{domain.Name}"); mx.NoStartTls(); }),
        new("tlsa", "enforce, self-signed certificate, a TLSA record for it without DNSSEC", Deferred, "RFC 8461 §2; RFC 7672 §2.2: TLSA records count only when DNSSEC has secured them", UnsignedTlsa),
        new("nullmx", "null MX", Bounced, "RFC 7505 §3: no mail is taken, so delivery fails at once", (_, domain, _) => domain.NoMx().NullMx())
        {
            Note = "chasquid takes the null MX for a host that cannot be reached, and tries for as long as its queue does; RFC 7505 §3 has the message returned at once.",
        },
        new("refused", "enforce, RCPT answered 550", Bounced, "RFC 5321 §4.2.1: 5yz is for good", (_, _, mx) => mx.On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 no such mailbox"))),
        new("later", "enforce, RCPT answered 450", Deferred, "RFC 5321 §4.2.1: 4yz is for now", (_, _, mx) => mx.On(SmtpPhase.Rcpt, SmtpFault.Reply("450 4.2.1 come again"))),
    ];

    /// <summary>All domains on one internet.</summary>
    public static void ArrangeAll(FakeInternet internet)
    {
        foreach (PeerCase one in All)
        {
            FakeMxHost mx = internet.MxHost(one.MxHost);
            FakeDomain domain = internet.Domain(one.Domain).Mx(10, one.MxHost).Policy(PolicyMode.Enforce, $"*.{one.Domain}");
            one.Arrange(internet, domain, mx);
        }
    }

    private static void UnsignedTlsa(FakeInternet internet, FakeDomain domain, FakeMxHost mx)
    {
        mx.Certificate(one => one.SelfSigned());
        using X509Certificate2 sameKey = internet.Authority.Issue(CertificateSpec.For(mx.Name).SelfSigned());
        internet.Dns.Add(DnsRecord.Tlsa($"_25._tcp.{mx.Name}", 3, 1, 1, SHA256.HashData(sameKey.PublicKey.ExportSubjectPublicKeyInfo())));
    }
}
