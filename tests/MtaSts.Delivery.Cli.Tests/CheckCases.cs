using System.Net;
using System.Security.Authentication;
using System.Text;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>For each finding of a check an internet that has it, at example.test.</summary>
internal static class CheckCases
{
    public const string Domain = "example.test";
    private const string Mx = "mx1.example.test";

    public static IEnumerable<TestCaseData> All =>
        Sound("verdict.protected", _ => { })
        .Concat(Sound("verdict.rollback-time", _ => { }))
        .Concat(Sound("tls.good", _ => { }))
        .Concat(Sound("mx.covered", _ => { }))
        .Concat(Sound("rpt.found", _ => { }))
        .Concat(Record).Concat(PolicyHost).Concat(Http).Concat(Route).Concat(Smtp).Concat(Certificates).Concat(Dane).Concat(Verdicts);

    private static IEnumerable<TestCaseData> Record =>
    [
        .. Sound("record.multiple", i => i.Domain(Domain).Record("v=STSv1; id=1", "v=STSv1; id=2")),
        .. Sound("record.id-invalid", i => i.Domain(Domain).PolicyId("2023-01-01T00:00:00Z")),
        .. Sound("record.policy-fields", i => i.Domain(Domain).Record("v=STSv1; id=1; mode=enforce; mx=mx1.example.test")),
        .. Sound("record.orphan-policy", i => i.Domain(Domain).NoRecord()),
        .. Bare("record.missing", _ => { }),
        .. Sound("record.at-wrong-name", i => { i.Domain(Domain).NoRecord(); i.Dns.Txt("mta-sts." + Domain, "v=STSv1; id=1"); }),
        .. Sound("record.ttl-high", i => i.Dns.Ttl("_mta-sts." + Domain, DnsRecordType.Txt, TimeSpan.FromDays(2))),
        .. Sound("record.cname", i => { i.Dns.Cname("_mta-sts." + Domain, "sts.provider.test"); i.Dns.Txt("sts.provider.test", "v=STSv1; id=1"); }),
        .. Sound("record.wildcard-answer", i => i.Dns.Txt("_no-such-name-7f3a." + Domain, "v=STSv1; id=1")),
        .. Sound("record.dns-failure", i => i.Dns.ServFail("_mta-sts." + Domain)),
        .. Sound("rpt.missing", i => i.Dns.Remove("_smtp._tls." + Domain)),
        .. Sound("rpt.dns-failure", i => i.Dns.ServFail("_smtp._tls." + Domain)),
        .. Sound("rpt.rua-own-domain", i => i.Dns.Txt("_smtp._tls." + Domain, "v=TLSRPTv1; rua=mailto:tls@example.test")),
    ];

    private static IEnumerable<TestCaseData> PolicyHost =>
    [
        .. Sound("host.no-address", i => i.Dns.Address("mta-sts." + Domain)),
        .. Sound("host.dns-failure", i => i.Dns.ServFail("mta-sts." + Domain)),
        .. Sound("host.private-address", i => i.Dns.Address("mta-sts." + Domain, IPAddress.Parse("10.0.0.1"))),
        .. Sound("host.cname", i => i.Domain(Domain).PolicyHost.Cname("www.provider.test")),
        .. Sound("host.connect-refused", i => i.Domain(Domain).PolicyHost.Down()),
        .. Sound("host.tls-handshake", i => i.Domain(Domain).PolicyHost.Handshake(HandshakeFault.Alert)),
        .. HostCertificate("host.cert-name", c => c.Names("www.example.test")),
        .. HostCertificate("host.cert-cn-only", c => c.CommonNameOnly()),
        .. HostCertificate("host.cert-expired", c => c.Expired()),
        .. HostCertificate("host.cert-not-yet-valid", c => c.NotYetValid()),
        .. HostCertificate("host.cert-self-signed", c => c.SelfSigned()),
        .. HostCertificate("host.cert-untrusted", c => c.UntrustedAuthority()),
        .. HostCertificate("host.cert-usage", c => c.ClientAuthOnly()),
        .. Sound("host.cert-expiring", i => i.Domain(Domain).PolicyHost.Certificate(c => c.ValidTo(i.Clock.GetUtcNow().AddDays(5)))),
        .. Sound("host.ipv6-broken", i => i.Dns.AddAddress("mta-sts." + Domain, IPAddress.Parse("2001:db8:ffff::1"))),
        .. Sound("host.address-differs", i => i.Dns.AddAddress("mta-sts." + Domain, IPAddress.Parse("203.0.113.200"))),
    ];

    private static IEnumerable<TestCaseData> Http =>
    [
        .. Sound("http.status", i => i.Domain(Domain).PolicyHost.Status(418)),
        .. Sound("http.not-found", i => i.Domain(Domain).PolicyHost.Status(404)),
        .. Sound("http.redirect", i => i.Domain(Domain).PolicyHost.Redirect(301, "https://www.example.test/mta-sts.txt")),
        .. Sound("http.forbidden", i => i.Domain(Domain).PolicyHost.Status(403)),
        .. Sound("http.server-error", i => i.Domain(Domain).PolicyHost.Status(503)),
        .. Sound("http.media-type", i => i.Domain(Domain).PolicyHost.ContentType("application/octet-stream")),
        .. Sound("http.media-type-missing", i => i.Domain(Domain).PolicyHost.ContentType(null)),
        .. Sound("http.html", i => i.Domain(Domain).PolicyHost.ContentType("text/html").Body(Encoding.UTF8.GetBytes("<html></html>"))),
        .. Sound("policy.html", i => i.Domain(Domain).PolicyHost.Body(Encoding.UTF8.GetBytes("<html></html>"))),
        .. Sound("http.compressed", i => i.Domain(Domain).PolicyHost.Encoding("gzip")),
        .. Sound("http.length-missing", i => i.Domain(Domain).PolicyHost.Unframed()),
        .. Sound("http.protocol", i => i.Domain(Domain).PolicyHost.Garbage()),
        .. Sound("http.too-large", i => i.Domain(Domain).PolicyHost.Endless()),
        .. Sound("http.timeout", i => i.Domain(Domain).PolicyHost.Stall()),
        .. Sound("http.slow", i => i.Domain(Domain).PolicyHost.Drip(TimeSpan.FromMilliseconds(100))),
    ];

    private static IEnumerable<TestCaseData> Route =>
    [
        .. Nothing("mx.domain-not-found", _ => { }),
        .. Nothing("verdict.unreachable", _ => { }),
        .. Nothing("mx.none", i => i.Dns.Txt(Domain, "v=spf1 -all")),
        .. Nothing("mx.no-usable", i => i.Dns.Mx(Domain, (10, "192.0.2.1"))),
        .. Nothing("mx.ip-literal", i => i.Dns.Mx(Domain, (10, "192.0.2.1"))),
        .. Nothing("mx.null", i => i.Domain(Domain).NullMx()),
        .. Nothing("verdict.no-mail", i => i.Domain(Domain).NullMx()),
        .. Nothing("mx.implicit", i => i.Domain(Domain).Host()),
        .. Sound("mx.dns-failure", i => i.Dns.ServFail(Domain)),
        .. Sound("verdict.unknown", i => i.Dns.ServFail(Domain)),
        .. Sound("mx.ignored", i => i.Dns.AddMx(Domain, 20, "mx!2.example.test")),
        .. Sound("mx.not-covered", i => i.Domain(Domain).Mx(20, "backup.elsewhere.test")),
        .. Sound("verdict.partially", i => i.Domain(Domain).Mx(20, "backup.elsewhere.test")),
        .. Sound("mx.not-covered-testing", i => i.Domain(Domain).Mx(20, "backup.elsewhere.test").Policy(PolicyMode.Testing, "*.example.test")),
        .. Sound("mx.none-covered", i => i.Domain(Domain).Policy(PolicyMode.Enforce, "*.elsewhere.test")),
        .. Sound("mx.wildcard-depth", i => i.Domain(Domain).Mx(20, "a.mx2.example.test")),
        .. Sound("mx.pattern-unused", i => i.Domain(Domain).Policy(PolicyMode.Enforce, "*.example.test", "old.elsewhere.test")),
        .. Sound("mx.cname", i => { i.Dns.Cname("alias.example.test", Mx); i.Domain(Domain).Mx(20, "alias.example.test"); }),
        .. Sound("mx.no-address", i => i.Dns.AddMx(Domain, 20, "gone.example.test")),
        .. Sound("mx.address-dns-failure", i => i.Dns.AddMx(Domain, 20, "broken.example.test").ServFail("broken.example.test")),
        .. Sound("mx.private-address", i => i.Dns.AddMx(Domain, 20, "inside.example.test").Address("inside.example.test", IPAddress.Parse("10.0.0.25"))),
        .. Sound("mx.ipv6-only", i => i.MxHost(Mx).Address(IPAddress.Parse("2001:db8:ffff::25"))),
        .. Sound("mx.backup-weaker", i => { i.Domain(Domain).Mx(20, "mx2.example.test"); i.MxHost("mx2.example.test").NoStartTls(); }),
    ];

    private static IEnumerable<TestCaseData> Smtp =>
    [
        .. Host("smtp.connect-refused", mx => mx.Down()),
        .. Host("smtp.connect-timeout", mx => mx.On(SmtpPhase.Connect, SmtpFault.BlackHole)),
        .. Host("smtp.port-25-blocked-here", mx => mx.On(SmtpPhase.Connect, SmtpFault.BlackHole)),
        .. Host("smtp.timeout", mx => mx.On(SmtpPhase.Greeting, SmtpFault.Stall)),
        .. Host("smtp.connection-lost", mx => mx.On(SmtpPhase.Greeting, SmtpFault.Drop)),
        .. Host("smtp.closing", mx => mx.On(SmtpPhase.Ehlo, SmtpFault.Reply("421 4.3.2 closing").ThenDrop())),
        .. Host("smtp.greeting-4xx", mx => mx.Greeting("450 4.7.1 later")),
        .. Host("smtp.greeting-5xx", mx => mx.Greeting("554 5.7.1 go away")),
        .. Host("smtp.ehlo-refused", mx => mx.On(SmtpPhase.Ehlo, SmtpFault.Reply("550 5.7.1 no")).On(SmtpPhase.Helo, SmtpFault.Reply("550 5.7.1 no"))),
        .. Host("smtp.protocol", mx => mx.On(SmtpPhase.Greeting, SmtpFault.Garbage)),
        .. Host("smtp.starttls-missing", mx => mx.NoStartTls()),
        .. Host("smtp.starttls-some", mx => mx.AddAddress(behaviour: other => other.NoStartTls())),
        .. Host("smtp.starttls-4xx", mx => mx.StartTlsReply("454 4.7.0 TLS not available")),
        .. Host("smtp.starttls-5xx", mx => mx.StartTlsReply("554 5.7.0 no TLS: 4ever")),
        .. Host("smtp.starttls-injection", mx => mx.InjectAfterStartTls("250 injected\r\n")),
        .. Host("smtp.no-ehlo", mx => mx.HeloOnly()),
        .. Host("tls.handshake", mx => mx.Handshake(HandshakeFault.OldTls)),
        .. Host("tls.version-12", mx => mx.TlsVersions(SslProtocols.Tls12)),
        .. Bare("tls.opportunistic", i => i.MxHost(Mx).Certificate(c => c.SelfSigned())),
        .. Bare("cert.fault-without-policy", i => i.MxHost(Mx).Certificate(c => c.SelfSigned())),
    ];

    private static IEnumerable<TestCaseData> Certificates =>
    [
        .. Certificate("cert.name", c => c.Names("mail.elsewhere.test")),
        .. Certificate("cert.cn-only", c => c.CommonNameOnly()),
        .. Certificate("cert.no-dns-name", c => c.IpAddress(IPAddress.Parse("192.0.2.1")).CommonName("")),
        .. Certificate("cert.wildcard-depth", c => c.Names("*.test")),
        .. Certificate("cert.policy-pattern-only", c => c.Names("mx9.example.test")),
        .. Certificate("cert.expired", c => c.Expired()),
        .. Certificate("cert.not-yet-valid", c => c.NotYetValid()),
        .. Certificate("cert.self-signed", c => c.SelfSigned()),
        .. Certificate("cert.chain-incomplete", c => c.WithoutIntermediate()),
        .. Certificate("cert.usage", c => c.ClientAuthOnly()),
        .. Sound("cert.expiring", i => i.MxHost(Mx).Certificate(c => c.ValidTo(i.Clock.GetUtcNow().AddDays(5)))),
        .. Host("cert.differs-by-address", mx => mx.AddAddress(behaviour: other => other.Certificate(c => c.Rsa()))),
    ];

    private static IEnumerable<TestCaseData> Dane =>
    [
        .. Signed("dane.usable", mx => mx.Tlsa()),
        .. Signed("dane.match", mx => mx.Tlsa()),
        .. Signed("dane.none", _ => { }),
        .. Signed("dane.present", mx => mx.Tlsa(usage: 1)),
        .. Signed("dane.mismatch", mx => mx.WrongTlsa()),
        .. Signed("dane.conflict", mx => mx.WrongTlsa()),
        .. Signed("dane.conflict", mx => mx.Certificate(c => c.SelfSigned()).Tlsa()),
        .. Sound("dane.dns-failure", i => i.Dns.SignedZone("test").Bogus("_25._tcp." + Mx), "--dane", "--dns", "127.0.0.1"),
        .. Sound("dane.unsigned-tlsa", i => i.MxHost(Mx).Tlsa(), "--dane", "--dns", "127.0.0.1"),
    ];

    private static TestCaseData[] Signed(string code, Action<FakeMxHost> change) => Sound(code, i =>
    {
        i.Dns.SignedZone("test");
        change(i.MxHost(Mx));
    }, "--dane", "--dns", "127.0.0.1");

    private static IEnumerable<TestCaseData> Verdicts =>
    [
        .. Sound("verdict.not-connected", _ => { }, "--no-connect"),
        .. Sound("verdict.ready-for-enforce", i => i.Domain(Domain).Policy(PolicyMode.Testing, "*.example.test")),
        .. Sound("verdict.not-ready", i => { i.Domain(Domain).Policy(PolicyMode.Testing, "*.example.test"); i.MxHost(Mx).NoStartTls(); }),
        .. Sound("verdict.not-enforcing", i => i.Domain(Domain).Policy(PolicyMode.None)),
        .. Host("verdict.senders-defer", mx => mx.NoStartTls()),
        .. Sound("verdict.senders-ignore", i => i.Domain(Domain).PolicyHost.Status(404)),
        .. Bare("verdict.no-policy", _ => { }),
        .. Nothing("verdict.dane-only", i => { i.Dns.SignedZone("test"); i.Domain(Domain).Mx(10, Mx); i.MxHost(Mx).Tlsa(); }, "--dane", "--dns", "127.0.0.1"),
        .. Signed("verdict.dane-defer", mx => mx.WrongTlsa()),
        .. Sound("verdict.dane-partially", i => { i.Dns.SignedZone("test"); i.Domain(Domain).Mx(20, "mx2.example.test"); i.MxHost(Mx).WrongTlsa(); }, "--dane", "--dns", "127.0.0.1"),
    ];

    /// <summary>A domain that is all that it should be.</summary>
    public static void Plant(FakeInternet internet)
    {
        internet.Domain(Domain).Mx(10, Mx).Policy(PolicyMode.Enforce, "*.example.test");
        internet.Dns.Txt("_smtp._tls." + Domain, "v=TLSRPTv1; rua=mailto:tls@reports.test");
    }

    private static TestCaseData[] Sound(string code, Action<FakeInternet> spoil, params string[] options) => Nothing(code, i => { Plant(i); spoil(i); }, options);

    private static TestCaseData[] Bare(string code, Action<FakeInternet> spoil) => Nothing(code, i => { i.Domain(Domain).Mx(10, Mx); spoil(i); });

    private static TestCaseData[] Host(string code, Action<FakeMxHost> spoil) => Sound(code, i => spoil(i.MxHost(Mx)));

    private static TestCaseData[] Certificate(string code, Func<CertificateSpec, CertificateSpec> certificate) => Host(code, mx => mx.Certificate(certificate));

    private static TestCaseData[] HostCertificate(string code, Func<CertificateSpec, CertificateSpec> certificate) => Sound(code, i => i.Domain(Domain).PolicyHost.Certificate(certificate));

    private static TestCaseData[] Nothing(string code, Action<FakeInternet> plant, params string[] options) => [new TestCaseData(code, plant, options).SetArgDisplayNames(code)];
}
