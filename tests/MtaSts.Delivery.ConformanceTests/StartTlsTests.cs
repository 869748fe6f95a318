using System.Security.Authentication;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using MtaSts.Delivery.Tls;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>The way from clear text to TLS. RFC 3207.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class StartTlsTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Mx1 = "mx1.example.test";
    private const string Mx2 = "mx2.example.test";

    /// <summary>TLS-01. RFC 3207 §6.</summary>
    [TestCase(TlsDemand.Encrypted)]
    [TestCase(TlsDemand.Verified)]
    public async Task A_domain_for_which_TLS_is_demanded_gets_no_clear_text(TlsDemand demand)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).NoStartTls();
        DeliveryResult result = await internet.SendAsync(configure: o => o.Overrides.Add(new DeliveryOverride.RequireTls(DomainName.Parse("example.test"), demand, "a test")));
        Assert.That(result.Deferred().Failure, Is.EqualTo(FailureCode.StartTlsNotOffered));
        host.WasToldNothing();
    }

    /// <summary>TLS-01. RFC 3207 §6.</summary>
    [TestCase(TlsDemand.Encrypted, true)]
    [TestCase(TlsDemand.Verified, false)]
    public async Task A_demand_says_whether_any_certificate_will_do(TlsDemand demand, bool delivered)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.MxHost(Mx1).Certificate(c => c.SelfSigned());
        DeliveryResult result = await internet.SendAsync(configure: o => o.Overrides.Add(new DeliveryOverride.RequireTls(DomainName.Parse("example.test"), demand, "a test")));
        Assert.That(result.AllDelivered, Is.EqualTo(delivered));
        Assert.That(internet.Messages.Select(message => message.IsTls), Is.EqualTo(delivered ? [true] : Array.Empty<bool>()));
    }

    /// <summary>TLS-01. RFC 3207 §6.</summary>
    [Test]
    public async Task Without_a_demand_or_policy_TLS_is_used_if_it_is_offered_and_clear_text_if_not()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.Domain("plain.test").Mx(10, "mx1.plain.test");
        internet.MxHost("mx1.plain.test").NoStartTls();
        DeliveryResult result = await internet.SendAsync([One, "c@plain.test"]);
        Assert.That(result.Delivered().IsEncrypted, Is.True);
        Assert.That(result.Delivered("c@plain.test").IsEncrypted, Is.False);
    }

    /// <summary>TLS-02. RFC 8461 §4, §5.</summary>
    [TestCase]
    [TestCase("XXXXXXXX")]
    [TestCase("STARTTLSX")]
    [TestCase("X-STARTTLS", "AUTH STARTTLS")]
    public async Task A_host_that_does_not_offer_STARTTLS_is_passed_over_in_enforce(params string[] capabilities)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        FakeMxHost stripped = internet.MxHost(Mx1).NoStartTls().CapabilitiesBeforeTls(capabilities);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(result.Attempts()[0].Failure, Is.EqualTo(FailureCode.StartTlsNotOffered));
        stripped.WasToldNothing();
        Assert.That(stripped.Sessions.Single().Commands, Is.EqualTo(["EHLO", "QUIT"]));
    }

    /// <summary>TLS-02. RFC 8461 §5.</summary>
    [Test]
    public async Task Mail_is_deferred_when_no_host_offers_STARTTLS_in_enforce()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).NoStartTls();
        internet.MxHost(Mx2).NoStartTls();
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.Stage, deferred.Status.ToString()), Is.EqualTo((FailureCode.StartTlsNotOffered, DeliveryStage.Tls, "4.7.4")));
        Assert.That(deferred.MayHaveBeenDelivered, Is.False);
        internet.MxHost(Mx1).WasToldNothing();
        internet.MxHost(Mx2).WasToldNothing();
    }

    /// <summary>TLS-03. RFC 8461 §5.</summary>
    [Test]
    public async Task A_host_that_knows_only_HELO_gets_nothing_in_enforce()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        FakeMxHost old = internet.MxHost(Mx1).HeloOnly();
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(result.Attempts()[0].Failure, Is.EqualTo(FailureCode.StartTlsNotOffered));
        old.WasToldNothing();
    }

    /// <summary>TLS-04. RFC 3207 §4, §6.</summary>
    [TestCase("454 4.7.0 TLS not available")]
    [TestCase("451 later")]
    [TestCase("501 syntax")]
    [TestCase("502 not implemented")]
    [TestCase("554 5.7.3 no security")]
    [TestCase("250 go on")]
    [TestCase("221 bye")]
    [TestCase("354 go")]
    public async Task A_host_that_refuses_STARTTLS_is_left_with_QUIT_in_enforce(string reply)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        FakeMxHost refusing = internet.MxHost(Mx1).StartTlsReply(reply);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(result.Attempts()[0].Failure, Is.EqualTo(FailureCode.StartTlsRefused));
        Assert.That(refusing.Sessions.Single().Commands, Is.EqualTo(["EHLO", "STARTTLS", "QUIT"]));
    }

    /// <summary>TLS-04. RFC 3207 §4: without a policy the mail goes on in clear text, on a new connection.</summary>
    [TestCase("454 4.7.0 TLS not available")]
    [TestCase("502 not implemented")]
    [TestCase("250 go on")]
    public async Task A_host_that_refuses_STARTTLS_gets_clear_text_without_a_policy(string reply)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).StartTlsReply(reply);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().IsEncrypted, Is.False);
        Assert.That(host.Sessions, Has.Count.EqualTo(2));
        Assert.That(host.Sessions[0].Commands, Is.EqualTo(["EHLO", "STARTTLS", "QUIT"]));
        Assert.That(host.Sessions[1].Commands, Has.No.Member("STARTTLS"));
    }

    /// <summary>TLS-05, TLS-06. RFC 3207 §4.</summary>
    [TestCase(HandshakeFault.Alert)]
    [TestCase(HandshakeFault.Close)]
    [TestCase(HandshakeFault.Garbage)]
    [TestCase(HandshakeFault.OldTls)]
    [TestCase(HandshakeFault.Reset)]
    [TestCase(HandshakeFault.Stall)]
    public async Task After_a_failed_handshake_nothing_more_is_said_on_that_connection_and_enforce_goes_to_the_next_host(HandshakeFault fault)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        FakeMxHost broken = internet.MxHost(Mx1).Handshake(fault);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(result.Attempts()[0].Failure, Is.EqualTo(FailureCode.HandshakeFailed));
        SmtpTranscript only = broken.Sessions.Single();
        await only.WaitForEndAsync();
        Assert.That(only.Commands, Is.EqualTo(["EHLO", "STARTTLS"]), only.ToString());
    }

    /// <summary>TLS-06. RFC 7435 §4.</summary>
    [TestCase(HandshakeFault.Alert, null)]
    [TestCase(HandshakeFault.Close, null)]
    [TestCase(HandshakeFault.Garbage, null)]
    [TestCase(HandshakeFault.OldTls, null)]
    [TestCase(HandshakeFault.Reset, null)]
    [TestCase(HandshakeFault.Stall, null)]
    [TestCase(HandshakeFault.OldTls, PolicyMode.None)]
    [TestCase(HandshakeFault.OldTls, PolicyMode.Testing)]
    public async Task Without_enforcement_a_failed_handshake_is_followed_by_exactly_one_try_in_clear_text(HandshakeFault fault, PolicyMode? mode)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        if (mode is { } published)
        {
            internet.Domain("example.test").Policy(published, Mx1);
        }

        FakeMxHost host = internet.MxHost(Mx1).Handshake(fault);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().IsEncrypted, Is.False);
        Assert.That(host.Sessions, Has.Count.EqualTo(2));
        Assert.That(host.Messages.Single().IsTls, Is.False);
        Assert.That(host.Sessions[0].Commands, Is.EqualTo(["EHLO", "STARTTLS"]));
        Assert.That(result.Attempts()[0].Verdict!.Failures, Is.EqualTo([TlsFailure.HandshakeFailed]));
    }

    /// <summary>TLS-06. RFC 7435 §4.</summary>
    [Test]
    public async Task The_clear_text_try_is_not_repeated()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Handshake(HandshakeFault.Close).On(SmtpPhase.Greeting, SmtpFault.Drop.After(1));
        (await internet.SendAsync()).Deferred();
        Assert.That(host.Sessions, Has.Count.EqualTo(2));
    }

    /// <summary>TLS-07. RFC 3207 §4.2.</summary>
    [Test]
    public async Task What_was_offered_before_TLS_is_forgotten()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1)
            .CapabilitiesBeforeTls("PIPELINING", "SIZE 1", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "AUTH PLAIN").CapabilitiesAfterTls();
        (await internet.SendAsync(message: "Subject: x\r\n\r\nwörld\r\n")).Delivered();
        Assert.That(host.Messages.Single().MailParameters, Is.Empty);
        Assert.That(host.Messages.Single().Content.ToArray(), Has.All.LessThan((byte)128));
        Assert.That(host.Sessions.Single().Commands, Is.EqualTo(["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", .. Pooling.Farewell]));
    }

    /// <summary>TLS-07. RFC 3207 §4.2.</summary>
    [TestCase("502 5.5.1 no EHLO")]
    [TestCase("550 no")]
    public async Task Nothing_from_before_TLS_comes_back_when_the_server_knows_only_HELO_under_TLS(string reply)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).CapabilitiesBeforeTls("PIPELINING", "SIZE 1", "8BITMIME", "SMTPUTF8", "CHUNKING")
            .On(SmtpPhase.EhloAfterTls, SmtpFault.Reply(reply));
        DeliveryResult result = await internet.SendAsync([One, "ü@example.test"], "Subject: x\r\n\r\nwörld\r\n");
        result.Delivered();
        Assert.That(result.Failed("ü@example.test").Failure, Is.EqualTo(FailureCode.SmtpUtf8Missing));
        Assert.That(host.Messages.Single().MailParameters, Is.Empty);
        Assert.That(host.Messages.Single().Content.ToArray(), Has.All.LessThan((byte)128));
        Assert.That(host.Sessions.Single().Commands, Is.EqualTo(["EHLO", "STARTTLS", "EHLO", "HELO", "MAIL", "RCPT", "DATA", .. Pooling.Farewell]));
    }

    /// <summary>TLS-08. RFC 3207 §6.</summary>
    [TestCase("250-x\r\n250 CHUNKING\r\n")]
    [TestCase("220 again\r\n")]
    [TestCase("x")]
    public async Task Clear_text_behind_the_go_ahead_ends_the_session_in_enforce(string injected)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        FakeMxHost attacked = internet.MxHost(Mx1).InjectAfterStartTls(injected);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(result.Attempts()[0].Failure, Is.EqualTo(FailureCode.StartTlsInjected));
        SmtpTranscript only = attacked.Sessions.Single();
        await only.WaitForEndAsync();
        Assert.That(only.Commands, Is.EqualTo(["EHLO", "STARTTLS"]));
    }

    /// <summary>TLS-08. RFC 3207 §6.</summary>
    [TestCase(null)]
    [TestCase(PolicyMode.Testing)]
    public async Task Clear_text_behind_the_go_ahead_is_never_acted_upon(PolicyMode? mode)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        if (mode is { } published)
        {
            internet.Domain("example.test").Policy(published, Mx1);
        }

        FakeMxHost host = internet.MxHost(Mx1).Capabilities().InjectAfterStartTls("250-x\r\n250-8BITMIME\r\n250 SIZE 7\r\n");
        DeliveryResult result = await internet.SendAsync();
        result.Delivered();
        Assert.That(result.Attempts()[0].Verdict!.Failures, Is.EqualTo([TlsFailure.StartTlsInjected]));
        Assert.That(host.Sessions[0].Commands, Is.EqualTo(["EHLO", "STARTTLS"]));
        Assert.That(host.Messages.Single().MailParameters, Is.Empty);
    }

    /// <summary>TLS-09. RFC 3207 §4.2.</summary>
    [Test]
    public async Task STARTTLS_is_not_said_again_under_TLS()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).CapabilitiesAfterTls("STARTTLS", "PIPELINING");
        (await internet.SendAsync()).Delivered();
        Assert.That(host.Sessions.Single().Commands.Count(verb => verb == "STARTTLS"), Is.EqualTo(1));
    }

    /// <summary>TLS-17. RFC 8461 §7.2.</summary>
    [TestCase(SslProtocols.Tls12)]
    [TestCase(SslProtocols.Tls13)]
    public async Task TLS_1_2_and_1_3_are_both_spoken(SslProtocols version)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).TlsVersions(version);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().IsVerified, Is.True);
        Assert.That(host.Sessions.Single().TlsProtocol, Is.EqualTo(version));
        Assert.That(result.Attempts()[0].Observation!.Protocol, Is.EqualTo(version.ToString()));
    }

    /// <summary>TLS-17. RFC 8461 §7.2, RFC 8996.</summary>
    [Test]
    public async Task A_host_that_knows_no_newer_TLS_than_1_1_gets_nothing_in_enforce()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Handshake(HandshakeFault.OldTls);
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.Status.ToString()), Is.EqualTo((FailureCode.HandshakeFailed, "4.7.5")));
        Assert.That(host.Sessions, Has.Count.EqualTo(1));
        host.WasToldNothing();
    }

    /// <summary>TLS-23. RFC 3207 §4.1.</summary>
    [Test]
    public async Task When_the_certificate_will_not_do_QUIT_follows_the_handshake_at_once()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Certificate(c => c.Expired());
        (await internet.SendAsync()).Deferred();
        SmtpTranscript only = host.Sessions.Single();
        Assert.That(only.Commands, Is.EqualTo(["EHLO", "STARTTLS", "QUIT"]));
        Assert.That(only.SentInClear("QUIT"), Is.False);
    }

    /// <summary>TLS-25. The handshake has a deadline of its own.</summary>
    [Test]
    public async Task A_handshake_that_does_not_end_is_given_up_after_the_configured_time()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Handshake(HandshakeFault.Stall);
        DeliveryResult result = await internet.SendAsync(configure: o => o.Tls.HandshakeTimeout = TimeSpan.FromSeconds(17));
        Assert.That(result.Deferred().Failure, Is.EqualTo(FailureCode.HandshakeFailed));
        Assert.That(result.Attempts().Single().Elapsed, Is.InRange(TimeSpan.FromSeconds(17), TimeSpan.FromSeconds(47)));
        host.WasToldNothing();
    }

    /// <summary>TLS-26. No identity of ours is shown to a foreign MX host.</summary>
    [Test]
    public async Task AUTH_is_never_used()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Capabilities("AUTH PLAIN LOGIN XOAUTH2 EXTERNAL", "AUTH=PLAIN", "PIPELINING");
        (await internet.SendAsync()).Delivered();
        Assert.That(host.Sessions.Single().Commands, Has.No.Member("AUTH"));
    }

    /// <summary>TLS-26. No identity of ours is shown to a foreign MX host.</summary>
    [TestCase(SmtpPhase.Mail)]
    [TestCase(SmtpPhase.Data)]
    public async Task A_server_that_wants_authentication_is_told_nothing_and_its_reply_decides(SmtpPhase phase)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Capabilities("AUTH PLAIN").On(phase, SmtpFault.Reply("530 5.7.0 Authentication required"));
        RecipientOutcome.Failed failed = (await internet.SendAsync()).Failed();
        Assert.That((failed.Reply!.Code, failed.Status.ToString()), Is.EqualTo((530, "5.7.0")));
        Assert.That(host.Sessions.Single().Commands, Has.No.Member("AUTH"));
    }
}
