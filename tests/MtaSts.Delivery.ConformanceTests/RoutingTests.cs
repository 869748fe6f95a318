using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Finding and ordering hosts. RFC 5321 §5.1, RFC 7505.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RoutingTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Domain = "example.test";
    private const string Mx1 = "mx1.example.test";
    private const string Mx2 = "mx2.example.test";

    /// <summary>MX-01. RFC 5321 §5.1.</summary>
    [Test]
    public async Task The_addresses_of_the_domain_are_not_used_when_its_MX_hosts_are_down()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1, Mx2).Host();
        internet.MxHost(Mx1).Down();
        internet.MxHost(Mx2).Down();
        Assert.That((await internet.SendAsync()).Deferred().Failure, Is.EqualTo(FailureCode.ConnectFailed));
        Assert.That(internet.Connections.Select(one => one.EndPoint.Address), Has.No.Member(internet.MxHost(Domain).Addresses[0]));
    }

    /// <summary>MX-02. RFC 5321 §5.1.</summary>
    [TestCase("192.0.2.201")]
    [TestCase("2001:db8::201")]
    public async Task Without_MX_records_the_domain_itself_is_the_host(string address)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.MxHost(Domain).Address(IPAddress.Parse(address));
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Domain));
        Assert.That(result.Domains[0].Route, Is.InstanceOf<Route.ToHosts>().With.Property("Origin").EqualTo(RouteOrigin.ImplicitMx));
        Assert.That(result.Attempts()[0].Candidate.Preference, Is.Zero);
        Assert.That(result.Attempts()[0].Remote!.Address, Is.EqualTo(IPAddress.Parse(address)));
    }

    /// <summary>MX-02. RFC 5321 §5.1.</summary>
    [Test]
    public async Task A_domain_with_neither_MX_nor_address_records_fails()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Txt(Domain, "v=spf1 -all");
        RecipientOutcome.Failed failed = (await internet.SendAsync()).Failed();
        Assert.That((failed.Failure, failed.Stage), Is.EqualTo((FailureCode.NoMailHost, DeliveryStage.Routing)));
    }

    /// <summary>MX-03. RFC 5321 §5.1.</summary>
    [Test]
    public async Task A_domain_that_is_an_alias_has_the_MX_hosts_of_its_target()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.Dns.Cname("alias.test", "other.test").Cname("other.test", Domain);
        DeliveryResult result = await internet.SendAsync(["b@alias.test"]);
        Assert.That(result.Delivered("b@alias.test").MxHost, Is.EqualTo(Mx1));
        Assert.That(internet.Messages.Single().Recipients, Is.EqualTo(["b@alias.test"]));
    }

    /// <summary>MX-03. RFC 5321 §5.1.</summary>
    [Test]
    public async Task Aliases_that_go_round_in_a_circle_defer()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Cname(Domain, "b.test").Cname("b.test", Domain);
        Assert.That((await internet.SendAsync()).Deferred().Failure, Is.EqualTo(FailureCode.RouteUnavailable));
        Assert.That(internet.Dns.Queries, Has.Count.LessThan(100));
    }

    /// <summary>MX-04. RFC 5321 §5.1.</summary>
    [Test]
    public async Task A_domain_that_does_not_exist_fails_at_once()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        RecipientOutcome.Failed failed = (await internet.SendAsync()).Failed();
        Assert.That((failed.Failure, failed.Stage, failed.Status.ToString()), Is.EqualTo((FailureCode.DomainNotFound, DeliveryStage.Routing, "5.1.2")));
        Assert.That(internet.Connections, Is.Empty);
    }

    /// <summary>MX-04. RFC 5321 §5.1: a failed look-up is no leave to take the address of the domain.</summary>
    [TestCase("SERVFAIL")]
    [TestCase("REFUSED")]
    [TestCase("silence")]
    [TestCase("garbage")]
    [TestCase("truncation")]
    public async Task When_the_MX_look_up_fails_mail_is_deferred_and_nobody_is_connected_to(string fault)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1).Host();
        _ = fault switch
        {
            "SERVFAIL" => internet.Dns.ServFail(Domain, DnsRecordType.Mx),
            "REFUSED" => internet.Dns.Refused(Domain, DnsRecordType.Mx),
            "silence" => internet.Dns.Silent(Domain, DnsRecordType.Mx),
            "garbage" => internet.Dns.Garbage(Domain, DnsRecordType.Mx),
            _ => internet.Dns.TruncateWithoutTcp(Domain, DnsRecordType.Mx),
        };
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.Stage, deferred.Status.ToString()), Is.EqualTo((FailureCode.RouteUnavailable, DeliveryStage.Routing, "4.4.3")));
        Assert.That(internet.Connections, Is.Empty);
    }

    /// <summary>MX-04. RFC 5321 §5.1: nor is it one when the look-up of the addresses behind it fails.</summary>
    [Test]
    public async Task When_no_MX_is_there_and_the_address_look_up_fails_mail_is_deferred()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Txt(Domain, "v=spf1 -all").ServFail(Domain, DnsRecordType.A).ServFail(Domain, DnsRecordType.Aaaa);
        Assert.That((await internet.SendAsync()).Deferred().Failure, Is.EqualTo(FailureCode.RouteUnavailable));
    }

    /// <summary>MX-05. RFC 5321 §5.1.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task MX_records_of_which_none_leads_anywhere_are_an_error_and_the_domain_is_not_used(bool temporary)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain(Domain).Host();
        internet.Dns.Mx(Domain, (10, "gone.test"), (20, "noaddress.test")).Txt("noaddress.test", "x");
        if (temporary)
        {
            internet.Dns.ServFail("gone.test");
        }

        DeliveryResult result = await internet.SendAsync();
        if (temporary)
        {
            Assert.That(result.Deferred().Failure, Is.EqualTo(FailureCode.HostAddressUnavailable));
        }
        else
        {
            Assert.That((result.Failed().Failure, result.Failed().Status.ToString()), Is.EqualTo((FailureCode.HostWithoutAddress, "5.4.4")));
        }

        Assert.That(internet.Connections, Is.Empty);
    }

    /// <summary>MX-06. RFC 5321 §5.1.</summary>
    [Test]
    public async Task Hosts_are_tried_by_ascending_preference()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain(Domain).Mx(10, "ten.test").Mx(20, "twenty.test").Mx(5, "five.test");
        foreach (string name in new[] { "five.test", "ten.test", "twenty.test" })
        {
            internet.MxHost(name).Down();
        }

        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Attempts().Select(attempt => attempt.Candidate.Name), Is.EqualTo(["five.test", "ten.test", "twenty.test"]));
    }

    /// <summary>MX-06. RFC 5321 §5.1.</summary>
    [Test]
    public async Task Hosts_of_equal_preference_share_the_load()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain(Domain).Mx(10, Mx1).Mx(10, Mx2);
        var options = new MailDelivererOptions();
        internet.Configure(options);
        await using var deliverer = new MailDeliverer(options, internet.Clock, random: new Random(7));
        for (int i = 0; i < 60; i++)
        {
            (await deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, One))).Delivered();
        }

        Assert.That(internet.MxHost(Mx1).Messages, Has.Count.InRange(18, 42));
        Assert.That(internet.MxHost(Mx1).Messages.Count + internet.MxHost(Mx2).Messages.Count, Is.EqualTo(60));
    }

    /// <summary>MX-07. RFC 5321 §5.1.</summary>
    [Test]
    public async Task The_addresses_of_a_host_are_tried_in_order_until_one_works()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1, Mx2);
        FakeMxHost host = internet.MxHost(Mx1).Down().AddAddress(null, there => there.Healthy());
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx1));
        Assert.That(result.Attempts().Select(attempt => attempt.Remote!.Address), Is.EqualTo(host.Addresses));
        Assert.That(internet.MxHost(Mx2).Sessions, Is.Empty);
    }

    /// <summary>MX-07. RFC 5321 §5.1.</summary>
    [Test]
    public async Task No_more_addresses_of_a_host_are_tried_than_the_options_say()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1, Mx2);
        FakeMxHost host = internet.MxHost(Mx1).Down().AddAddress().AddAddress().AddAddress();
        DeliveryResult result = await internet.SendAsync(configure: o => o.Routing.MaxAddressesPerHost = 2);
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(internet.Connections.Count(one => host.Addresses.Contains(one.EndPoint.Address)), Is.EqualTo(2));
    }

    /// <summary>MX-07. RFC 5321 §5.1.</summary>
    [Test]
    public async Task A_domain_with_five_hundred_MX_records_costs_ten_attempts()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Mx(Domain, [.. Enumerable.Range(0, 500).Select(i => ((ushort)(i + 1), $"mx{i}.many.test"))]);
        foreach (int i in Enumerable.Range(0, 500))
        {
            internet.Dns.Address($"mx{i}.many.test", IPAddress.Parse("203.0.113.250"));
        }

        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Deferred().Failure, Is.EqualTo(FailureCode.ConnectFailed));
        Assert.That(result.Attempts().Select(attempt => attempt.Candidate.Preference), Is.EqualTo(Enumerable.Range(1, 10)));
    }

    /// <summary>MX-08. RFC 5321 §5.1.</summary>
    [TestCase(10, false)]
    [TestCase(20, true)]
    public async Task Hosts_that_are_no_better_than_this_sender_itself_are_not_used(int own, bool delivered)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain(Domain).Mx(10, Mx1).Mx((ushort)own, "self.test").Mx(20, Mx2);
        internet.MxHost(Mx1).Down();
        DeliveryResult result = await internet.SendAsync(configure: o => o.Routing.LocalNames.Add(DomainName.Parse("Self.test")));
        if (delivered)
        {
            Assert.That(result.Attempts().Select(attempt => attempt.Candidate.Name), Is.EqualTo([Mx1]));
        }
        else
        {
            Assert.That((result.Failed().Failure, result.Failed().Status.ToString()), Is.EqualTo((FailureCode.MailLoop, "5.4.6")));
        }

        Assert.That(internet.MxHost(Mx2).Sessions.Concat(internet.MxHost("self.test").Sessions), Is.Empty);
    }

    /// <summary>MX-09. RFC 7505 §3, §4.</summary>
    [TestCase(0)]
    [TestCase(5)]
    public async Task A_null_MX_fails_at_once(int preference)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain(Domain).Host();
        internet.Dns.Mx(Domain, ((ushort)preference, "."));
        RecipientOutcome.Failed failed = (await internet.SendAsync()).Failed();
        Assert.That((failed.Failure, failed.Stage, failed.Status.ToString()), Is.EqualTo((FailureCode.NullMx, DeliveryStage.Routing, "5.1.10")));
        Assert.That(internet.Connections, Is.Empty);
    }

    /// <summary>MX-09. RFC 7505 §3.</summary>
    [Test]
    public async Task A_null_MX_beside_a_real_one_is_ignored()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.Dns.AddMx(Domain, 0, ".");
        Assert.That((await internet.SendAsync()).Delivered().MxHost, Is.EqualTo(Mx1));
    }

    /// <summary>MX-10. RFC 5321 §5.1.</summary>
    [TestCase("192.0.2.1")]
    [TestCase("1")]
    [TestCase("127.1")]
    [TestCase("2130706433")]
    [TestCase("a b.test")]
    [TestCase("mx\r\n.test")]
    [TestCase("\u00fcber.test")]
    [TestCase("-.test")]
    public async Task An_exchange_that_is_no_host_name_is_passed_over(string exchange)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Mx(Domain, (5, exchange));
        DeliveryResult alone = await internet.SendAsync();
        Assert.That(alone.Outcomes.Single(), Is.InstanceOf<RecipientOutcome.Failed>());
        Assert.That(internet.Connections, Is.Empty);
        internet.Hosts(Mx1);
        DeliveryResult beside = await internet.SendAsync();
        Assert.That(beside.Delivered().MxHost, Is.EqualTo(Mx1));
        Assert.That(beside.ToJson(), Does.Not.Contain("\\r\\n.test"));
    }

    /// <summary>MX-10. A stranger's MX record must not lead behind our firewall.</summary>
    [TestCase("127.0.0.1")]
    [TestCase("10.0.0.1")]
    [TestCase("169.254.169.254")]
    [TestCase("0.0.0.0")]
    [TestCase("::1")]
    [TestCase("::ffff:10.0.0.1")]
    [TestCase("::ffff:127.0.0.1")]
    [TestCase("fd00::1")]
    [TestCase("64:ff9b::a00:1")]
    public async Task An_MX_host_with_a_private_address_is_not_connected_to(string address)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Mx(Domain, (10, "inside.test")).Address("inside.test", IPAddress.Parse(address));
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That(deferred.Failure, Is.EqualTo(FailureCode.AddressForbidden));
        Assert.That(internet.Connections, Is.Empty);
        await internet.SendAsync(configure: o => o.Network.AllowPrivateAddresses = true);
        Assert.That(internet.Connections, Has.Count.EqualTo(1));
    }

    /// <summary>MX-10, MX-12. Nor must a stranger's address literal.</summary>
    [TestCase("[127.0.0.1]")]
    [TestCase("[10.0.0.1]")]
    [TestCase("[IPv6:::1]")]
    [TestCase("[IPv6:::ffff:10.0.0.1]")]
    public async Task A_private_address_literal_is_not_connected_to(string literal)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        RecipientOutcome.Deferred deferred = (await internet.SendAsync(["b@" + literal])).Deferred("b@" + literal);
        Assert.That(deferred.Failure, Is.EqualTo(FailureCode.AddressForbidden));
        Assert.That(internet.Connections, Is.Empty);
        await internet.SendAsync(["b@" + literal], configure: o => o.Network.AllowPrivateAddresses = true);
        Assert.That(internet.Connections, Has.Count.EqualTo(1));
    }

    /// <summary>MX-10. A private address beside a public one is passed over.</summary>
    [Test]
    public async Task The_public_address_of_a_host_with_a_private_one_too_is_used()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        IPAddress good = internet.MxHost(Mx1).Addresses[0];
        internet.Dns.Address(Mx1, IPAddress.Parse("10.0.0.1"), good);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx1));
        Assert.That(result.Attempts()[0].Failure, Is.EqualTo(FailureCode.AddressForbidden));
    }

    /// <summary>MX-12. RFC 5321 §4.1.3.</summary>
    [TestCase("192.0.2.202", "[192.0.2.202]")]
    [TestCase("2001:db8::202", "[IPv6:2001:db8::202]")]
    public async Task An_address_literal_is_connected_to_without_DNS(string address, string literal)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.MxHost("literal.test").Address(IPAddress.Parse(address));
        (await internet.SendAsync(["b@" + literal])).Delivered("b@" + literal);
        Assert.That(internet.Dns.Queries, Is.Empty);
        Assert.That(internet.Messages.Single().Recipients, Is.EqualTo(["b@" + literal]));
    }

    /// <summary>MX-12. RFC 5321 §4.1.3.</summary>
    [TestCase("b@[2001:db8::1]")]
    [TestCase("b@[192.0.2]")]
    [TestCase("b@[192.0.2.1.]")]
    [TestCase("b@[192.0.2.256]")]
    [TestCase("b@[IPv6:192.0.2.1]")]
    [TestCase("b@[]")]
    public void A_malformed_address_literal_is_no_address(string recipient) =>
        Assert.That(() => new Envelope(Sender, recipient), Throws.InstanceOf<FormatException>());

    /// <summary>MX-13. RFC 5321 §5.2.</summary>
    [Test]
    public async Task A_dead_IPv6_address_does_not_keep_mail_from_the_IPv4_address()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.MxHost(Mx1).AddAddress(IPAddress.Parse("2001:db8::203"), there => there.On(SmtpPhase.Connect, SmtpFault.BlackHole));
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx1));
        Assert.That(result.Attempts()[0].Remote!.Address, Is.EqualTo(IPAddress.Parse("2001:db8::203")));
        Assert.That(result.Attempts()[0].Elapsed, Is.InRange(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(90)));
    }

    /// <summary>MX-15. DNS answers are checked.</summary>
    [Test]
    public async Task Records_of_another_owner_in_the_answer_are_ignored()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        FakeMxHost evil = internet.MxHost("evil.test");
        internet.Dns
            .Custom(Domain, DnsRecordType.Mx, _ => DnsReply.Of(DnsRecord.Mx("other.test", 1, "evil.test"), DnsRecord.Mx(Domain, 10, Mx1)))
            .Custom(Mx1, DnsRecordType.A, _ => DnsReply.Of(DnsRecord.Address("evil.test", evil.Addresses[0]), DnsRecord.Address(Mx1, internet.MxHost(Mx1).Addresses[0])));
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx1));
        Assert.That(result.Attempts(), Has.Count.EqualTo(1));
        Assert.That(evil.Sessions, Is.Empty);
    }

    /// <summary>MX-15. DNS answers are checked.</summary>
    [TestCase("question")]
    [TestCase("owner")]
    [TestCase("query")]
    public async Task An_answer_that_belongs_to_something_else_routes_no_mail(string fault)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        _ = fault switch
        {
            "question" => internet.Dns.WrongQuestion(Domain, DnsRecordType.Mx),
            "owner" => internet.Dns.ForeignOwner(Domain, DnsRecordType.Mx),
            _ => internet.Dns.NotAResponse(Domain, DnsRecordType.Mx),
        };
        Assert.That((await internet.SendAsync()).AllDelivered, Is.False);
        Assert.That(internet.Messages, Is.Empty);
    }
}
