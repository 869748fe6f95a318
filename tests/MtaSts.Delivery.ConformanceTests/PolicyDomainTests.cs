using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

public sealed class PolicyDomainTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    /// <summary>STS-001. RFC 8461 §1.1, §3.1.</summary>
    [Test]
    public async Task The_policy_domain_is_the_recipients_domain()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync("a@example.test");

        Assert.That(internet.RecordsAskedFor(), Is.EqualTo(new[] { "_mta-sts.example.test" }));
        Assert.That(sent.Policy.PolicyDomain, Is.EqualTo(DomainName.Parse("example.test")));
        Assert.That(sent.Delivered, Is.Not.Null.And.Property("IsVerified").True);
        internet.Messages.Single().AssertTextArrived();
    }

    /// <summary>STS-002. RFC 8461 §3.4.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_smart_hosts_domain_is_the_policy_domain_and_the_recipients_policy_plays_no_part(bool useMx)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.MxHost("relay.test").NoStartTls();
        internet.Dns.Mx("relay.test", (10, "relay.test"));
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Routing.SmartHost = _ => new SmartHost(DomainName.Parse("relay.test"), UseMx: useMx));

        Sent without = await deliverer.SendAsync("a@example.test");
        internet.Domain("relay.test").Policy(PolicyMode.Enforce, "relay.test");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent enforced = await deliverer.SendAsync("a@example.test");

        Assert.That(without.Delivered, Is.Not.Null.And.Property("MxHost").EqualTo("relay.test"));
        Assert.That(enforced.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(enforced.Policy.PolicyDomain, Is.EqualTo(DomainName.Parse("relay.test")));
        Assert.That(internet.RecordsAskedFor(), Is.All.EqualTo("_mta-sts.relay.test"));
        Assert.That(internet.MxHost("mx1.example.test").Sessions, Is.Empty);
    }

    /// <summary>STS-003. RFC 8461 §3.4.</summary>
    [Test]
    public async Task A_subdomain_does_not_inherit_its_parents_policy()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.Domain("mail.example.test").Mx(10, "mx.elsewhere.test");
        internet.MxHost("mx.elsewhere.test").NoStartTls();
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync("a@mail.example.test");

        Assert.That(sent.Delivered, Is.Not.Null);
        Assert.That(sent.Policy.InForce, Is.Null);
        Assert.That(internet.RecordsAskedFor(), Is.EqualTo(new[] { "_mta-sts.mail.example.test" }));
        Assert.That(internet.Domain("example.test").PolicyHost.Requests, Is.Empty);
    }

    /// <summary>STS-004. RFC 8461 §3.4.</summary>
    [TestCase("a@[192.0.2.200]", "192.0.2.200")]
    [TestCase("a@[IPv6:2001:db8::99]", "2001:db8::99")]
    public async Task An_address_literal_has_no_policy(string recipient, string address)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.MxHost("mx.test").Address(IPAddress.Parse(address)).NoStartTls();
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync(recipient);

        Assert.That(sent.Delivered, Is.Not.Null);
        Assert.That(sent.Policy.PolicyDomain, Is.Null);
        Assert.That(sent.Policy.Record, Is.InstanceOf<RecordLookup.NotApplicable>());
        Assert.That(internet.Dns.Queries, Is.Empty);
        Assert.That(internet.Connections.Select(connection => connection.EndPoint), Is.EqualTo(new[] { new IPEndPoint(IPAddress.Parse(address), 25) }));
    }

    /// <summary>STS-005. The name as it is addressed, not where its alias leads.</summary>
    [Test]
    public async Task The_policy_of_an_aliass_target_is_not_used()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.MxHost("mx1.example.test").NoStartTls();
        internet.Dns.Cname("alias.test", "example.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync("a@alias.test");

        Assert.That(sent.Delivered, Is.Not.Null.And.Property("MxHost").EqualTo("mx1.example.test"));
        Assert.That(internet.RecordsAskedFor(), Is.EqualTo(new[] { "_mta-sts.alias.test" }));
    }

    /// <summary>STS-005. One forged alias must not swap the policy.</summary>
    [Test]
    public async Task An_alias_keeps_its_own_policy()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("alias.test").Policy(PolicyMode.Enforce, "mx1.alias.test");
        internet.Domain("evil.test").Mx(10, "mx.evil.test").Policy(PolicyMode.None);
        internet.Dns.Cname("alias.test", "evil.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync("a@alias.test");

        Assert.That(sent.Deferred, Is.EqualTo(FailureCode.HostNotPermitted));
        Assert.That(internet.MxHost("mx.evil.test").Sessions, Is.Empty);
    }

    /// <summary>STS-006. RFC 8461 §3.2, RFC 6531 §3.2.</summary>
    [Test]
    public async Task All_spellings_of_a_domain_share_one_lookup_and_one_policy()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing("xn--bcher-kva.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        var envelope = new Envelope(PolicyDeliveries.Sender, "u@Bücher.Test", "v@xn--bcher-kva.test", "w@BÜCHER.test.", "x@XN--Bcher-KVA.test");
        DeliveryResult together = await deliverer.DeliverAsync(PolicyDeliveries.Message, envelope);
        Sent alone = await deliverer.SendAsync("y@bÜcher.test");

        Assert.That(together.AllDelivered, together.ToJson());
        Assert.That(together.Domains.Select(line => line.Domain), Is.EqualTo(new[] { "xn--bcher-kva.test" }));
        Assert.That(alone.Policy.Source, Is.EqualTo(PolicySource.Cache));
        Assert.That(internet.RecordsAskedFor(), Is.EqualTo(new[] { "_mta-sts.xn--bcher-kva.test" }));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>STS-007. Names do not depend on the culture of the process.</summary>
    [TestCase("tr-TR")]
    [TestCase("az-Latn-AZ")]
    [TestCase("ar-SA")]
    [TestCase("th-TH")]
    public async Task Names_mean_the_same_under_every_culture(string culture)
    {
        System.Globalization.CultureInfo.CurrentCulture = new System.Globalization.CultureInfo(culture);
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("INFO.TEST").Mx(10, "MXI.INFO.TEST").Policy(PolicyMode.Enforce, "mxi.info.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync("b@INFO.TEST");

        Assert.That(sent.Delivered, Is.Not.Null.And.Property("IsVerified").True);
        Assert.That(sent.Line.Domain, Is.EqualTo("info.test"));
        Assert.That(internet.RecordsAskedFor(), Is.EqualTo(new[] { "_mta-sts.info.test" }));
        Assert.That(internet.Messages.Single().Sni, Is.EqualTo("mxi.info.test"));
    }

    /// <summary>STS-007. Where the platform's mapping depends on its settings, the name is refused.</summary>
    [TestCase("b@ＥＸＡＭＰＬＥ.test")]
    [TestCase("b@ex\u00adample.test")]
    [TestCase("b@ﬁne.test")]
    public void A_name_that_needs_mapping_is_no_address(string recipient) =>
        Assert.That(EnvelopeAddress.TryParse(recipient, out _), Is.False);

    /// <summary>STS-008. Names that cannot be built.</summary>
    [TestCase("b@ex..test")]
    [TestCase("b@.test")]
    [TestCase("b@xn--.test")]
    [TestCase("b@-a.test")]
    [TestCase("b@1234567890123456789012345678901234567890123456789012345678901234.test")]
    public void A_domain_that_is_no_name_is_no_address(string recipient) =>
        Assert.That(EnvelopeAddress.TryParse(recipient, out _), Is.False);

    /// <summary>STS-008. A domain may be a name, and its policy host too long for one.</summary>
    [TestCase(244, true)]
    [TestCase(245, false)]
    [TestCase(246, false)]
    [TestCase(250, false)]
    public async Task A_domain_too_long_for_the_records_name_has_no_policy(int length, bool hasPolicy)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        string label = new('x', 62);
        string full = string.Join('.', label, label, label, label);
        string name = full[^length..].TrimStart('.');
        Assert.That(name, Has.Length.EqualTo(length));
        internet.Domain(name).Mx(10, "mx.test");
        internet.MxHost("mx.test").NoStartTls();
        if (hasPolicy)
        {
            internet.Domain(name).Policy(PolicyMode.Enforce, "mx.test");
        }

        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync($"b@{name}");

        Assert.That(sent.Deferred, Is.EqualTo(hasPolicy ? FailureCode.StartTlsNotOffered : null));
        Assert.That(sent.Policy.Record, hasPolicy ? Is.InstanceOf<RecordLookup.Found>() : Is.InstanceOf<RecordLookup.NotApplicable>());
        Assert.That(internet.RecordsAskedFor(), Has.Length.EqualTo(hasPolicy ? 1 : 0));
    }

    /// <summary>STS-009. Each recipient's route decides its policy domain.</summary>
    [Test]
    public async Task A_smart_host_for_one_recipient_leaves_the_others_policy_alone()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing("direct.test");
        internet.Enforcing("relayed.test");
        internet.Domain("relay.test").Host().Policy(PolicyMode.Enforce, "relay.test");
        internet.MxHost("mx1.direct.test").NoStartTls();
        await using MailDeliverer deliverer = internet.Deliverer(options =>
            options.Routing.SmartHost = domain => domain == DomainName.Parse("relayed.test") ? new SmartHost(DomainName.Parse("relay.test")) : null);

        DeliveryResult result = await deliverer.DeliverAsync(PolicyDeliveries.Message, new Envelope(PolicyDeliveries.Sender, "b@relayed.test", "b@direct.test"));

        Assert.That(result.Domains.Select(line => line.Policy.PolicyDomain!.Value), Is.EqualTo(new[] { "relay.test", "direct.test" }));
        Assert.That(internet.RecordsAskedFor(), Is.EquivalentTo(new[] { "_mta-sts.relay.test", "_mta-sts.direct.test" }));
        Assert.That(result.For("b@relayed.test"), Is.InstanceOf<RecipientOutcome.Delivered>());
        Assert.That(result.For("b@direct.test"), Is.InstanceOf<RecipientOutcome.Deferred>());
    }
}
