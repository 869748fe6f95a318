using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Testing;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

public sealed class EnforceTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private static readonly TestCaseData[] Flaws = [.. MxFlaw.All.Select(flaw => new TestCaseData(flaw).SetArgDisplayNames(flaw.Name))];

    /// <summary>STS-120, STS-123, STS-133. RFC 8461 §5, §6.</summary>
    [TestCaseSource(nameof(Flaws))]
    public async Task A_host_with_one_flaw_gets_no_mail_and_the_mail_waits(MxFlaw flaw)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Policy(PolicyMode.Enforce, flaw.Pattern).PolicyId("strict1");
        FakeMxHost host = internet.MxHost("mx1.example.test");
        flaw.Apply(host);
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        var deferred = sent.Outcome as RecipientOutcome.Deferred;
        Assert.That(deferred, Is.Not.Null, sent.Outcome.Explanation);
        Assert.That(deferred!.Failure, Is.EqualTo(FailureTable.CodeOf(flaw.Failure)));
        Assert.That(deferred.Stage, Is.EqualTo(flaw.Failure == TlsFailure.HostNotPermitted ? DeliveryStage.Policy : DeliveryStage.Tls));
        Assert.That(deferred.Status.ToString(), Does.StartWith("4.7."));
        Assert.That(deferred.MayHaveBeenDelivered, Is.False);
        Assert.That(deferred.Explanation, Does.Contain("MTA-STS policy").And.Contain("enforce").And.Contain("strict1").And.Contain("mx1.example.test"));
        Assert.That(FailureTable.For(deferred.Failure).ReportAs, Is.EqualTo(flaw.ReportAs));
        Assert.That(sent.Line.Attempts, Has.Count.EqualTo(1), "no second try in clear");
        Assert.That(host.WasOfferedMail(), Is.False, string.Join("\n\n", host.Sessions));
        Assert.That(host.Sessions, flaw.Failure == TlsFailure.HostNotPermitted ? Is.Empty : Has.Count.EqualTo(1));
        Assert.That(internet.Messages, Is.Empty);
    }

    /// <summary>STS-121, STS-133. RFC 8461 §5.1.</summary>
    [TestCaseSource(nameof(Flaws))]
    public async Task After_a_host_with_a_flaw_the_next_one_is_tried(MxFlaw flaw)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Mx(20, "mx3.example.test").Policy(PolicyMode.Enforce, flaw.Pattern, "mx3.example.test");
        FakeMxHost bad = internet.MxHost("mx1.example.test");
        flaw.Apply(bad);
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Delivered, Is.Not.Null.And.Property("IsVerified").True);
        Assert.That(sent.Delivered!.MxHost, Is.EqualTo("mx3.example.test"));
        Assert.That(sent.Line.Attempts.Select(attempt => attempt.Failure), Is.EqualTo(new FailureCode?[] { FailureTable.CodeOf(flaw.Failure), null }));
        Assert.That(bad.WasOfferedMail(), Is.False);
        ReceivedMessage message = internet.Messages.Single();
        Assert.That((message.Host, message.IsTls, message.Sni), Is.EqualTo(("mx3.example.test", true, "mx3.example.test")));
        message.AssertTextArrived();
    }

    /// <summary>STS-122. RFC 8461 §8.4: the rule against loops goes by the whole list, not by what the policy leaves of it.</summary>
    [Test]
    public async Task A_host_that_the_policy_does_not_list_still_counts_for_the_rule_against_loops()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Mx(20, "us.example.test").Mx(30, "mx3.example.test").Policy(PolicyMode.Enforce, "us.example.test", "mx3.example.test");
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Routing.LocalNames.Add(DomainName.Parse("us.example.test")));

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Deferred, Is.EqualTo(FailureCode.HostNotPermitted));
        Assert.That(sent.Line.Attempts.Select(attempt => attempt.Candidate.Name), Is.EqualTo(new[] { "mx1.example.test" }));
        Assert.That(internet.MxHost("us.example.test").Sessions.Concat(internet.MxHost("mx3.example.test").Sessions), Is.Empty);
    }

    /// <summary>STS-122. Preference goes before policy.</summary>
    [Test]
    public async Task Hosts_are_tried_in_the_order_of_preference()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(40, "good4.example.test").Mx(30, "good3.example.test").Mx(20, "bad2.example.test").Mx(10, "bad1.example.test").Policy(PolicyMode.Enforce, "bad2.example.test", "good3.example.test", "good4.example.test");
        internet.MxHost("bad2.example.test").NoStartTls();
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Line.Attempts.Select(attempt => attempt.Candidate.Name), Is.EqualTo(new[] { "bad1.example.test", "bad2.example.test", "good3.example.test" }));
        Assert.That(internet.MxHost("good4.example.test").Sessions, Is.Empty);
    }

    /// <summary>STS-123. RFC 8461 §5: a refusal by policy is never for good, whatever other hosts say.</summary>
    [Test]
    public async Task When_one_host_does_not_exist_and_another_fails_the_policy_the_mail_waits()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(20, "mx2.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        internet.Dns.AddMx("example.test", 10, "gone.example.test");
        internet.MxHost("mx2.example.test").Certificate(c => c.SelfSigned());
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Deferred, Is.EqualTo(FailureCode.CertificateNotTrusted));
        Assert.That(sent.Outcome.Status.ToString(), Does.StartWith("4.7."));
    }

    /// <summary>STS-127. RFC 8461 §4: each address is measured by itself.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task One_address_with_a_bad_certificate_is_refused_and_the_other_one_used(bool isIPv6Bad)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        FakeMxHost host = internet.MxHost("mx1.example.test");
        IPAddress v4 = host.Addresses[0];
        var v6 = IPAddress.Parse("2001:db8::25");
        IPAddress bad = isIPv6Bad ? v6 : v4;
        if (isIPv6Bad)
        {
            host.AddAddress(v6, there => there.Certificate(c => c.Names("other.test")));
        }
        else
        {
            host.AddAddress(v6, there => there.Certificate(c => c));
            host.Certificate(c => c.Names("other.test"));
        }

        await using MailDeliverer deliverer = internet.Deliverer();

        for (int i = 0; i < 3; i++)
        {
            Sent sent = await deliverer.SendAsync();

            Assert.That(sent.Delivered, Is.Not.Null.And.Property("IsVerified").True);
            Assert.That(sent.Line.Attempts.Where(attempt => attempt.Remote!.Address.Equals(bad)).Select(attempt => attempt.Failure), Is.All.EqualTo(FailureCode.CertificateHostMismatch));
        }

        Assert.That(internet.Messages.Select(message => message.Address), Is.All.EqualTo(isIPv6Bad ? v4 : v6));
        Assert.That(host.Sessions.Where(session => session.Address.Equals(bad)).SelectMany(session => session.Commands), Has.None.EqualTo("MAIL"));
        Assert.That(host.Sessions.Count(session => session.Address.Equals(v6)), Is.EqualTo(isIPv6Bad || !Pooling.IsOn ? 3 : 1), "IPv6 comes first");
    }

    /// <summary>STS-127. A host that was good once is measured again each time.</summary>
    [Test]
    public async Task Each_connection_is_measured_anew()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        FakeMxHost host = internet.MxHost("mx1.example.test");
        await using MailDeliverer deliverer = internet.Deliverer(o => o.Pool.KeepsSessions = false);

        Sent good = await deliverer.SendAsync();
        host.Certificate(c => c.UntrustedAuthority());
        Sent bad = await deliverer.SendAsync();
        host.Healthy().NoStartTls();
        Sent stripped = await deliverer.SendAsync();
        host.Healthy();
        Sent goodAgain = await deliverer.SendAsync();

        Assert.That((good.Deferred, bad.Deferred, stripped.Deferred, goodAgain.Deferred), Is.EqualTo(((FailureCode?)null, (FailureCode?)FailureCode.CertificateNotTrusted, (FailureCode?)FailureCode.StartTlsNotOffered, (FailureCode?)null)));
        Assert.That(internet.Messages, Has.Count.EqualTo(2));
    }

    /// <summary>STS-128. No session that one domain's mail opened serves another that asks for more.</summary>
    [TestCase("*.shared.test", FailureCode.CertificateNotTrusted)]
    [TestCase("mx.other.test", FailureCode.HostNotPermitted)]
    public async Task A_session_of_a_domain_without_policy_does_not_serve_one_that_enforces(string pattern, FailureCode failure)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("a.test").Mx(10, "mx.shared.test");
        internet.Domain("b.test").Mx(10, "mx.shared.test").Policy(PolicyMode.Enforce, pattern);
        internet.MxHost("mx.shared.test").Certificate(c => c.SelfSigned());
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent a = await deliverer.SendAsync("x@a.test");
        Sent b = await deliverer.SendAsync("x@b.test");

        Assert.That(a.Delivered, Is.Not.Null.And.Property("IsVerified").False);
        Assert.That(b.Deferred, Is.EqualTo(failure));
        Assert.That(internet.Messages.Single().Recipients, Is.EqualTo(new[] { "x@a.test" }));
    }

    /// <summary>STS-129. Each domain has its own line.</summary>
    [Test]
    public async Task A_message_is_split_by_domain_and_no_server_sees_anothers_recipients()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing("a.test");
        internet.MxHost("mx1.a.test").NoStartTls();
        internet.Domain("b.test").Mx(10, "mx1.b.test").Policy(PolicyMode.None);
        await using MailDeliverer deliverer = internet.Deliverer();

        DeliveryResult result = await deliverer.DeliverAsync(PolicyDeliveries.Message, new Envelope(PolicyDeliveries.Sender, "x@a.test", "y@b.test", "z@a.test"));

        Assert.That(result.Outcomes.Select(outcome => outcome.GetType()), Is.EqualTo(new[] { typeof(RecipientOutcome.Deferred), typeof(RecipientOutcome.Delivered), typeof(RecipientOutcome.Deferred) }));
        Assert.That(internet.Messages.Single().Recipients, Is.EqualTo(new[] { "y@b.test" }));
        Assert.That(internet.MxHost("mx1.b.test").Sessions.Select(session => session.ToString()), Has.None.Contains("a.test>"));
        Assert.That(internet.MxHost("mx1.a.test").WasOfferedMail(), Is.False);
        internet.Messages.Single().AssertTextArrived();
    }

    /// <summary>STS-130, STS-129. Nobody's policy weakens or strengthens another's.</summary>
    [Test]
    public async Task Domains_that_share_an_MX_host_keep_their_own_policies()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("a.test").Mx(10, "mx.shared.test").Policy(PolicyMode.Enforce, "mx.shared.test");
        internet.Domain("b.test").Mx(10, "mx.shared.test").Policy(PolicyMode.Testing, "mx.shared.test");
        internet.Domain("c.test").Mx(10, "mx.shared.test");
        internet.MxHost("mx.shared.test").Certificate(c => c.Expired());
        await using MailDeliverer deliverer = internet.Deliverer();

        for (int i = 0; i < 3; i++)
        {
            DeliveryResult result = await deliverer.DeliverAsync(PolicyDeliveries.Message, new Envelope(PolicyDeliveries.Sender, "x@c.test", "x@b.test", "x@a.test"));

            Assert.That(result.For("x@a.test"), Is.InstanceOf<RecipientOutcome.Deferred>().And.Property("Failure").EqualTo(FailureCode.CertificateExpired));
            Assert.That(result.For("x@b.test"), Is.InstanceOf<RecipientOutcome.Delivered>());
            Assert.That(result.For("x@c.test"), Is.InstanceOf<RecipientOutcome.Delivered>());
        }

        Assert.That(internet.Messages.SelectMany(message => message.Recipients).Distinct(), Is.EquivalentTo(new[] { "x@b.test", "x@c.test" }));
    }

    /// <summary>STS-131. The session ends before MAIL, politely.</summary>
    [TestCase("certificate", new[] { "EHLO", "STARTTLS", "QUIT" })]
    [TestCase("no STARTTLS", new[] { "EHLO", "QUIT" })]
    public async Task A_refused_session_holds_nothing_but_the_way_to_TLS(string flaw, string[] commands)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        FakeMxHost host = internet.MxHost("mx1.example.test");
        _ = flaw == "certificate" ? host.Certificate(c => c.Names("other.test")) : host.NoStartTls();
        await using MailDeliverer deliverer = internet.Deliverer();

        await deliverer.SendAsync();
        SmtpTranscript session = host.Sessions.Single();
        await session.WaitForEndAsync();

        // EHLO may be said again under TLS, but need not.
        Assert.That(session.Commands.Where((command, i) => command != "EHLO" || i == 0), Is.EqualTo(commands));
    }

    /// <summary>STS-132. RFC 8461 §5: whatever fails in whatever phase, and however often, mail never goes in clear.</summary>
    [Test]
    public async Task No_fault_in_any_phase_opens_a_back_door(
        [Values(SmtpPhase.Greeting, SmtpPhase.Ehlo, SmtpPhase.StartTls, SmtpPhase.EhloAfterTls, SmtpPhase.Mail, SmtpPhase.Rcpt, SmtpPhase.Data, SmtpPhase.FinalDot)] SmtpPhase phase,
        [Values("4yz", "5yz", "421", "drop", "reset", "garbage", "stall")] string fault)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        FakeMxHost host = internet.MxHost("mx1.example.test").IPv6().On(phase, fault switch
        {
            "4yz" => SmtpFault.Reply("451 4.7.0 not now"),
            "5yz" => SmtpFault.Reply("502 5.5.1 what?"),
            "421" => SmtpFault.Reply("421 4.3.2 closing").ThenDrop(),
            "drop" => SmtpFault.Drop,
            "reset" => SmtpFault.Reset,
            "garbage" => SmtpFault.Garbage,
            _ => SmtpFault.Stall,
        });
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent first = await deliverer.SendAsync();
        Sent second = await deliverer.SendAsync();

        // Under verified TLS a server that knows no EHLO may be greeted by HELO. RFC 5321 §3.2.
        bool mayGreetByHelo = phase == SmtpPhase.EhloAfterTls && fault is ("4yz" or "5yz");
        Assert.That(new[] { first.Delivered, second.Delivered }, mayGreetByHelo ? Is.All.Null.Or.All.Property("IsVerified").True : Is.All.Null);
        Assert.That(host.SawMailInClear(), Is.False, string.Join("\n\n", host.Sessions));
        if (phase is SmtpPhase.Greeting or SmtpPhase.Ehlo or SmtpPhase.StartTls)
        {
            Assert.That(host.WasOfferedMail(), Is.False);
        }
    }

    /// <summary>STS-132. A failure of TLS is not remembered as a reason to go in clear.</summary>
    [TestCaseSource(nameof(Flaws))]
    public async Task What_went_in_clear_for_one_domain_does_not_for_another(MxFlaw flaw)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Policy(PolicyMode.Enforce, flaw.Pattern);
        internet.Domain("lax.test").Mx(10, "mx1.example.test");
        flaw.Apply(internet.MxHost("mx1.example.test"));
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent lax = await deliverer.SendAsync("x@lax.test");
        Sent strict = await deliverer.SendAsync();
        Sent laxAgain = await deliverer.SendAsync("x@lax.test");

        Assert.That((lax.Delivered is null, strict.Delivered is null, laxAgain.Delivered is null), Is.EqualTo((false, true, false)));
        Assert.That(internet.Messages.SelectMany(message => message.Recipients), Is.All.EqualTo("x@lax.test"));
    }

    /// <summary>STS-132, STS-135. No demand of the sender's own weakens a policy.</summary>
    [TestCaseSource(nameof(Flaws))]
    public async Task A_demand_for_any_TLS_does_not_weaken_a_policy(MxFlaw flaw)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Policy(PolicyMode.Enforce, flaw.Pattern);
        flaw.Apply(internet.MxHost("mx1.example.test"));
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Overrides.Add(new DeliveryOverride.RequireTls(DomainName.Parse("example.test"), TlsDemand.Encrypted, "a test")));

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Deferred, Is.EqualTo(FailureTable.CodeOf(flaw.Failure)));
        Assert.That(internet.Messages, Is.Empty);
    }

    /// <summary>STS-135. A demand of the sender's own is explicit, for one domain, and off unless set.</summary>
    [TestCase(null, true)]
    [TestCase(TlsDemand.Encrypted, true)]
    [TestCase(TlsDemand.Verified, false)]
    public async Task A_demand_adds_to_a_domain_without_policy(TlsDemand? demand, bool isDelivered)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("partner.test").Mx(10, "mx.shared.test");
        internet.Domain("other.test").Mx(10, "mx.shared.test");
        internet.MxHost("mx.shared.test").Certificate(c => c.SelfSigned());
        await using MailDeliverer deliverer = internet.Deliverer(options =>
        {
            Assert.That(options.Overrides, Is.Empty);
            if (demand is { } wanted)
            {
                options.Overrides.Add(new DeliveryOverride.RequireTls(DomainName.Parse("partner.test"), wanted, "a contract"));
            }
        });

        Sent partner = await deliverer.SendAsync("x@partner.test");
        Sent other = await deliverer.SendAsync("x@other.test");

        Assert.That(partner.Deferred, Is.EqualTo(isDelivered ? null : FailureCode.CertificateNotTrusted));
        Assert.That(other.Delivered, Is.Not.Null);
    }
}
