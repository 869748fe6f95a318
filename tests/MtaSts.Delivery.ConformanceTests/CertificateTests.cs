using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>The certificates of MX hosts. RFC 8461 §4.2, RFC 9525.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CertificateTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Mx1 = "mx1.example.test";

    private static readonly object[][] Faults =
    [
        ["self-signed", (CertificateSpec c) => c.SelfSigned(), FailureCode.CertificateNotTrusted],
        ["private authority", (CertificateSpec c) => c.UntrustedAuthority(), FailureCode.CertificateNotTrusted],
        ["intermediate not sent", (CertificateSpec c) => c.WithoutIntermediate(), FailureCode.CertificateNotTrusted],
        ["expired", (CertificateSpec c) => c.Expired(), FailureCode.CertificateExpired],
        ["expired intermediate", (CertificateSpec c) => c.ExpiredIntermediate(), FailureCode.CertificateExpired],
        ["not yet valid", (CertificateSpec c) => c.NotYetValid(), FailureCode.CertificateNotYetValid],
        ["for clients only", (CertificateSpec c) => c.ClientAuthOnly(), FailureCode.CertificateNotTrusted],
        ["malformed SAN", (CertificateSpec c) => c.MalformedSan(), FailureCode.CertificateHostMismatch],
    ];

    /// <summary>TLS-10, TLS-19. RFC 8461 §4.2.</summary>
    [TestCaseSource(nameof(Faults))]
    public async Task A_certificate_that_does_not_hold_stops_mail_in_enforce(string what, Func<CertificateSpec, CertificateSpec> certificate, FailureCode failure)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Certificate(certificate);
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.Stage, deferred.Status.ToString()), Is.EqualTo((failure, DeliveryStage.Tls, "4.7.5")), what);
        Assert.That(deferred.MayHaveBeenDelivered, Is.False);
        host.WasToldNothing();
    }

    /// <summary>TLS-21. RFC 7435.</summary>
    [TestCaseSource(nameof(Faults))]
    public async Task Without_a_policy_any_certificate_will_do_to_encrypt(string what, Func<CertificateSpec, CertificateSpec> certificate, FailureCode failure)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Certificate(certificate);
        RecipientOutcome.Delivered delivered = (await internet.SendAsync()).Delivered();
        Assert.That((delivered.IsEncrypted, delivered.IsVerified), Is.EqualTo((true, false)), $"{what}: {failure}");
        Assert.That(host.Sessions.Single().SentInClear("MAIL"), Is.False);
    }

    /// <summary>TLS-10, TLS-19. RFC 8461 §4.2.</summary>
    [Test]
    public async Task An_intermediate_that_is_sent_and_a_certificate_without_extended_key_usage_are_good()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).Certificate(c => c.WithIntermediate().NoExtendedKeyUsage().Rsa());
        Assert.That((await internet.SendAsync()).Delivered().IsVerified, Is.True);
    }

    /// <summary>TLS-11. RFC 8461 §4.2.</summary>
    [Test]
    public async Task A_common_name_alone_names_nobody()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Certificate(c => c.CommonNameOnly());
        Assert.That((await internet.SendAsync()).Deferred().Failure, Is.EqualTo(FailureCode.CertificateHostMismatch));
        host.WasToldNothing();
    }

    /// <summary>TLS-11. RFC 8461 §4.2.</summary>
    [TestCase("mx1.example.test")]
    [TestCase("*.example.test")]
    public async Task A_common_name_beside_an_IP_address_names_nobody(string commonName)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1);
        host.Certificate(c => c.CommonName(commonName).IpAddress(host.Addresses[0]));
        Assert.That((await internet.SendAsync()).Deferred().Failure, Is.EqualTo(FailureCode.CertificateHostMismatch));
        host.WasToldNothing();
    }

    /// <summary>TLS-12. RFC 8461 §4.2.</summary>
    [TestCase("mx2.example.test", TestName = "The_certificate_must_name_the_host_not(another_host_of_the_policy)")]
    [TestCase("example.test", TestName = "The_certificate_must_name_the_host_not(the_recipient_domain)")]
    [TestCase("mta-sts.example.test", TestName = "The_certificate_must_name_the_host_not(the_policy_host)")]
    public async Task The_certificate_must_name_the_host_not(string named)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1).Policy(PolicyMode.Enforce, Mx1, "mx2.example.test", "example.test");
        FakeMxHost host = internet.MxHost(Mx1).Certificate(c => c.Names(named));
        Assert.That((await internet.SendAsync()).Deferred().Failure, Is.EqualTo(FailureCode.CertificateHostMismatch));
        host.WasToldNothing();
    }

    /// <summary>TLS-13, TLS-14. RFC 9525 §6.3.</summary>
    [TestCase("mx1.example.test", "*.example.test", true)]
    [TestCase("mx1.example.test", "MX1.EXAMPLE.TEST", true)]
    [TestCase("MX1.Example.Test", "mx1.example.test", true)]
    [TestCase("mx1.example.test", "*.EXAMPLE.test", true)]
    [TestCase("a.b.example.test", "*.example.test", false)]
    [TestCase("example.test", "*.example.test", false)]
    [TestCase("example.test", "*.test", false)]
    [TestCase("mx1.example.test", "*", false)]
    [TestCase("mx1.example.test", "mx*.example.test", false)]
    [TestCase("mx1.example.test", "*1.example.test", false)]
    [TestCase("mx1.example.test", "mx1.*.test", false)]
    [TestCase("mx1.example.test", "*.*.test", false)]
    [TestCase("a.mx1.example.test", "*.*.example.test", false)]
    [TestCase("mx1.example.test", "**.example.test", false)]
    [TestCase("mx1.example.test", ".example.test", false)]
    [TestCase("xn--mil-qla.example.test", "XN--MIL-QLA.example.test", true)]
    [TestCase("xn--mil-qla.example.test", "*.example.test", true)]
    public async Task A_name_in_the_certificate_names_the_host_or_not(string mx, string dnsId, bool names)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(mx).Policy(PolicyMode.Enforce, mx.ToLowerInvariant());
        internet.MxHost(mx).Certificate(c => c.CommonName("nobody").Names(dnsId));
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.AllDelivered, Is.EqualTo(names), result.For(One).Explanation);
        Assert.That(internet.Messages, Has.Count.EqualTo(names ? 1 : 0));
    }

    /// <summary>TLS-15. RFC 9525 §6.3: an underscore is a character of a label like any other.</summary>
    [Test]
    public async Task An_MX_host_with_an_underscore_is_matched_by_a_wildcard()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts("mx_1.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        internet.MxHost("mx_1.example.test").Certificate(c => c.CommonName("nobody").Names("*.example.test"));
        Assert.That((await internet.SendAsync()).Delivered().IsVerified, Is.True);
    }

    /// <summary>TLS-16. RFC 8461 §7.1.</summary>
    [TestCase("mx1.example.test", "mx1.example.test")]
    [TestCase("MX1.Example.test.", "mx1.example.test")]
    public async Task SNI_is_the_MX_host_without_a_dot_at_the_end(string exchange, string sni)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(exchange).Policy(PolicyMode.Enforce, Mx1);
        (await internet.SendAsync()).Delivered();
        Assert.That(internet.MxHost(Mx1).Sessions.Single().Sni, Is.EqualTo(sni));
    }

    /// <summary>TLS-12, TLS-16, MX-11. RFC 8461 §4.1, §7.1.</summary>
    [TestCase("mx1.example.test", true)]
    [TestCase("real.provider.test", false)]
    public async Task An_MX_host_that_is_an_alias_counts_by_the_name_in_the_MX_record(string certified, bool delivered)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Cname(Mx1, "real.provider.test");
        internet.Enforced(Mx1);
        FakeMxHost real = internet.MxHost("real.provider.test").Certificate(c => c.Names(certified));
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.AllDelivered, Is.EqualTo(delivered));
        Assert.That(real.Sessions.Single().Sni, Is.EqualTo(Mx1));
    }

    /// <summary>TLS-16. RFC 6066 §3.</summary>
    [Test]
    public async Task There_is_no_SNI_for_an_address_literal()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeMxHost host = internet.MxHost(Mx1).Address(IPAddress.Parse("192.0.2.200"));
        Assert.That((await internet.SendAsync(["b@[192.0.2.200]"])).Delivered("b@[192.0.2.200]").IsEncrypted, Is.True);
        Assert.That(host.Sessions.Single().Sni, Is.Null);
    }

    /// <summary>TLS-18, TLS-20. RFC 8461 §4.2: nothing is fetched that a certificate points to.</summary>
    [Test]
    public async Task No_URL_in_a_certificate_is_followed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/x";
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, "mx2.example.test");
        internet.MxHost(Mx1).Certificate(c => c.WithoutIntermediate().AuthorityInformationAccess(url));
        internet.MxHost("mx2.example.test").Certificate(c => c.CrlDistributionPoint(url).AuthorityInformationAccess(url));
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo("mx2.example.test"));
        Assert.That(result.Attempts()[0].Failure, Is.EqualTo(FailureCode.CertificateNotTrusted));
        Assert.That(listener.Pending(), Is.False);
    }

    /// <summary>TLS-22, TLS-24. Validity is judged by the clock at each handshake, resumed or not.</summary>
    [Test]
    public async Task A_certificate_that_ends_between_two_deliveries_stops_the_second()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).Certificate(c => c.ValidTo(internet.Clock.GetUtcNow().AddHours(1)));
        await using MailDeliverer deliverer = internet.Deliverer();
        var envelope = new Envelope(Sender, One);
        (await deliverer.DeliverAsync(Octets(Message), envelope)).Delivered();
        (await deliverer.DeliverAsync(Octets(Message), envelope)).Delivered();
        internet.Clock.Advance(TimeSpan.FromHours(2));
        Assert.That((await deliverer.DeliverAsync(Octets(Message), envelope)).Deferred().Failure, Is.EqualTo(FailureCode.CertificateExpired));
    }

    /// <summary>TLS-24. The trust anchors are the sender's choice.</summary>
    [Test]
    public async Task Whoever_trusts_no_root_trusts_no_host()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        DeliveryResult result = await internet.SendAsync(configure: o =>
        {
            o.Certificates.TrustAnchors = [];
            o.Overrides.Add(new DeliveryOverride.RequireTls(Names.DomainName.Parse("example.test"), Tls.TlsDemand.Verified, "a test"));
        });
        Assert.That(result.Deferred().Failure, Is.EqualTo(FailureCode.CertificateNotTrusted));
    }
}
