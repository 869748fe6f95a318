using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;
using SmtpPhase = MtaSts.Delivery.Testing.SmtpPhase;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Sessions that are kept, lent by judgement and given up in time; hosts that are left alone. RFC 5321 §4.5.4.1, RFC 8461 §4.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SessionPoolTests
{
    private const string Mx1 = "mx1.example.test";
    private const string Mx2 = "mx2.example.test";
    private const string Shared = "mx.shared.test";

    /// <summary>SMTP-11.</summary>
    [Test]
    public async Task Messages_one_after_another_share_a_session()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        await using MailDeliverer deliverer = Pooled(internet);
        for (int i = 0; i < 3; i++)
        {
            DeliveryResult result = await SendAsync(deliverer);
            result.Delivered();
            Assert.That(result.Attempts().Single().IsSessionReused, Is.EqualTo(i > 0));
        }

        await deliverer.DisposeAsync();
        Assert.That(internet.Sessions.Single().Commands, Is.EqualTo(["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "BDAT", "RSET", "MAIL", "RCPT", "BDAT", "RSET", "QUIT"]));
        Assert.That(internet.Messages.Select(message => message.Text()), Has.Exactly(3).Items.And.All.EqualTo(Message));
    }

    /// <summary>STS-128, STS-130. RFC 8461 §4: one session serves domains whose requirements it meets, each judged anew.</summary>
    [Test]
    public async Task Domains_behind_one_host_share_its_session()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("a.test").Mx(10, Shared).Policy(PolicyMode.Enforce, Shared);
        internet.Domain("b.test").Mx(10, Shared).Policy(PolicyMode.Testing, Shared);
        internet.Domain("c.test").Mx(10, Shared);
        internet.Domain("d.test").Mx(10, Shared).Policy(PolicyMode.Enforce, "other.test");
        await using MailDeliverer deliverer = Pooled(internet);
        foreach (string domain in new[] { "a.test", "b.test", "c.test", "a.test" })
        {
            Assert.That((await SendAsync(deliverer, "x@" + domain)).Delivered("x@" + domain).IsVerified, Is.True);
        }

        Assert.That((await SendAsync(deliverer, "x@d.test")).Deferred("x@d.test").Failure, Is.EqualTo(FailureCode.HostNotPermitted));
        Assert.That(internet.Sessions, Has.Count.EqualTo(1));
        Assert.That(internet.Messages.Select(message => message.Recipients.Single()), Is.EqualTo(["x@a.test", "x@b.test", "x@c.test", "x@a.test"]));
    }

    /// <summary>STS-128. RFC 8461 §4.2: a session that a domain without policy opened does not serve one that enforces, and the other way round it does.</summary>
    [TestCase("certificate")]
    [TestCase("no STARTTLS")]
    public async Task An_unverified_session_is_not_lent_to_a_domain_that_enforces(string flaw)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("weak.test").Mx(10, Shared);
        internet.Domain("strict.test").Mx(10, Shared).Policy(PolicyMode.Enforce, Shared);
        FakeMxHost host = flaw == "certificate" ? internet.MxHost(Shared).Certificate(c => c.UntrustedAuthority()) : internet.MxHost(Shared).NoStartTls();
        await using MailDeliverer deliverer = Pooled(internet);
        (await SendAsync(deliverer, "x@weak.test")).Delivered("x@weak.test");
        (await SendAsync(deliverer, "x@strict.test")).Deferred("x@strict.test");
        Assert.That(internet.Messages.Select(message => message.Recipients.Single()), Is.EqualTo(["x@weak.test"]));

        // The host is mended, but its old session is still there for the weaker domain only.
        host.Healthy();
        (await SendAsync(deliverer, "x@strict.test")).Delivered("x@strict.test");
        DeliveryResult again = await SendAsync(deliverer, "x@weak.test");
        Assert.That(again.Delivered("x@weak.test"), Is.Not.Null);
        Assert.That(internet.Messages.Where(message => message.Recipients.Contains("x@strict.test")).Select(message => message.IsTls), Is.EqualTo([true]));
    }

    /// <summary>STS-127, TLS-10. RFC 8461 §4.2: a certificate may run out while its session is kept.</summary>
    [Test]
    public async Task A_session_whose_certificate_has_run_out_is_not_lent_to_a_domain_that_enforces()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        DateTimeOffset end = internet.Clock.GetUtcNow() + TimeSpan.FromMinutes(2);
        internet.MxHost(Mx1).Certificate(c => c.ValidTo(end));
        await using MailDeliverer deliverer = Pooled(internet, o => o.Pool.IdleTimeout = TimeSpan.FromMinutes(4));
        (await SendAsync(deliverer)).Delivered();
        internet.Clock.Advance(TimeSpan.FromMinutes(3));
        Assert.That((await SendAsync(deliverer)).Deferred().Failure, Is.EqualTo(FailureCode.CertificateExpired));
    }

    /// <summary>STS-132: clear text after a failed handshake is for one message only.</summary>
    [Test]
    public async Task A_session_in_clear_after_TLS_failed_is_not_kept()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.StartTls, SmtpFault.Reply("454 not now").Times(1));
        await using MailDeliverer deliverer = Pooled(internet);
        Assert.That((await SendAsync(deliverer)).Delivered().IsEncrypted, Is.False);
        Assert.That((await SendAsync(deliverer)).Delivered().IsEncrypted, Is.True);
    }

    /// <summary>SMTP-04. RFC 5321 §3.8: a kept session that is gone costs nothing; the message takes a fresh one, once.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_message_that_meets_a_dead_session_takes_a_fresh_one(bool closes)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1);
        await using MailDeliverer deliverer = Pooled(internet);
        (await SendAsync(deliverer)).Delivered();
        host.On(SmtpPhase.Mail, (closes ? SmtpFault.Reply("421 4.4.2 idle too long").ThenDrop() : SmtpFault.Reset).Times(1));
        DeliveryResult second = await SendAsync(deliverer);
        second.Delivered();
        Assert.That(second.Attempts().Single().IsSessionReused, Is.False);
        Assert.That(internet.Messages, Has.Count.EqualTo(2));
        Assert.That(host.Sessions, Has.Count.EqualTo(2));
    }

    /// <summary>SMTP-04: what the server may have taken is not sent again, on whatever session it went.</summary>
    [Test]
    public async Task A_final_reply_that_is_lost_on_a_kept_session_is_not_tried_again()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        await using MailDeliverer deliverer = Pooled(internet);
        (await SendAsync(deliverer)).Delivered();
        internet.MxHost(Mx1).On(SmtpPhase.FinalDot, SmtpFault.Reset.Times(1));
        Assert.That((await SendAsync(deliverer)).Deferred().MayHaveBeenDelivered, Is.True);
        Assert.That(internet.MxHost(Mx2).Sessions, Is.Empty);
        Assert.That(internet.MxHost(Mx1).Sessions, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_session_is_given_up_when_it_has_waited_long_enough()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        await using MailDeliverer deliverer = Pooled(internet);
        (await SendAsync(deliverer)).Delivered();
        internet.Clock.Advance(TimeSpan.FromSeconds(11));
        await internet.Sessions.Single().WaitForEndAsync();
        Assert.That(internet.Sessions.Single().Commands[^1], Is.EqualTo("QUIT"));
        (await SendAsync(deliverer)).Delivered();
        Assert.That(internet.Sessions, Has.Count.EqualTo(2));
    }

    [TestCase(2, null, 2)]
    [TestCase(500, "LIMITS MAILMAX=2 RCPTMAX=7", 2)]
    [TestCase(500, "LIMITS MAILMAX=0 MAILMAX=x", 5)]
    public async Task A_session_carries_no_more_messages_than_it_may(int most, string? limits, int each)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        if (limits is not null)
        {
            internet.MxHost(Mx1).CapabilitiesAfterTls("PIPELINING", limits);
        }

        await using MailDeliverer deliverer = Pooled(internet, o => o.Pool.MaxMessagesPerSession = most);
        for (int i = 0; i < 5; i++)
        {
            (await SendAsync(deliverer)).Delivered();
        }

        Assert.That(internet.Sessions.Select(session => session.Commands.Count(command => command == "MAIL")).Max(), Is.EqualTo(each));
        Assert.That(internet.Messages, Has.Count.EqualTo(5));
    }

    /// <summary>SMTP-12. RFC 9422 §3: a limit that the server tells is kept from the start.</summary>
    [Test]
    public async Task Recipients_are_split_by_the_servers_own_limit()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).CapabilitiesAfterTls("PIPELINING", "LIMITS RCPTMAX=2").AcceptsRecipients(2);
        string[] five = [.. Enumerable.Range(0, 5).Select(i => $"r{i}@example.test")];
        await using MailDeliverer deliverer = Pooled(internet);
        DeliveryResult result = await deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, five));
        Assert.That(result.AllDelivered, Is.True);
        Assert.That(internet.Messages.Select(message => message.Recipients.Count), Is.EqualTo([2, 2, 1]));
        Assert.That(internet.Sessions.Single().Commands.Count(command => command == "RCPT"), Is.EqualTo(5));
    }

    [Test]
    public async Task No_more_sessions_than_allowed_and_every_message_gets_its_turn()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        await using MailDeliverer deliverer = Pooled(internet, o => o.Pool.MaxSessionsPerHost = 3);
        DeliveryResult[] results = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => SendAsync(deliverer)));
        Assert.That(results, Has.All.Property(nameof(DeliveryResult.AllDelivered)).True);
        Assert.That(internet.Sessions, Has.Count.LessThanOrEqualTo(3));
        Assert.That(internet.Messages, Has.Count.EqualTo(60));
    }

    /// <summary>A host that limits connections sees no more of them because some are only saying farewell.</summary>
    [Test]
    public async Task A_place_is_free_when_the_farewell_is_over()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Quit, SmtpFault.Stall);
        await using MailDeliverer deliverer = Pooled(internet, o => (o.Pool.MaxSessionsPerHost, o.Pool.MaxMessagesPerSession) = (1, 1));
        (await SendAsync(deliverer)).Delivered();
        Task<DeliveryResult> second = SendAsync(deliverer);
        await Patience.UntilAsync(() => internet.Sessions.Single().Commands.Contains("QUIT"));
        Assert.That(second.IsCompleted, Is.False);
        Assert.That(internet.Sessions, Has.Count.EqualTo(1));
        internet.PumpsClock = true;
        (await second).Delivered();
        Assert.That(internet.Sessions, Has.Count.EqualTo(2));
        Assert.That(internet.Sessions[1].Started - internet.Sessions[0].Started, Is.GreaterThanOrEqualTo(new SessionOptions().QuitTimeout));
    }

    /// <summary>SMTP-06, SMTP-20. RFC 5321 §4.1.1.5: a server that knows no RSET costs one message five seconds, and no result.</summary>
    [TestCase("stalls")]
    [TestCase("refuses")]
    public async Task The_sessions_of_a_server_without_RSET_are_not_kept(string how)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Reset, how == "stalls" ? SmtpFault.Stall : SmtpFault.Reply("502 5.5.1 what?"));
        await using MailDeliverer deliverer = Pooled(internet);
        for (int i = 0; i < 3; i++)
        {
            (await SendAsync(deliverer)).Delivered();
        }

        await deliverer.DisposeAsync();
        Assert.That(internet.Messages, Has.Count.EqualTo(3));
        Assert.That(internet.Sessions.Select(session => session.Commands.Contains("RSET")), Is.EqualTo([true, false, false]));
    }

    /// <summary>A host whose sessions were not kept, as it did not do as RSET asks, may have had a bad moment.</summary>
    [Test]
    public async Task A_server_that_did_without_RSET_once_is_tried_again_after_an_hour()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Reset, SmtpFault.Reply("502 5.5.1 what?").Times(1));
        await using MailDeliverer deliverer = Pooled(internet);
        foreach (int minutes in (int[])[0, 59, 2, 0])
        {
            internet.Clock.Advance(TimeSpan.FromMinutes(minutes));
            (await SendAsync(deliverer)).Delivered();
        }

        Assert.That(internet.Sessions.Select(session => session.Commands.Count(command => command == "RSET")), Is.EqualTo([1, 0, 2]));
    }

    /// <summary>SMTP-12: a server that ends its sessions behind each message gets the other recipients in further sessions of the same call.</summary>
    [TestCase("closes")]
    [TestCase("refuses RSET")]
    public async Task A_server_of_one_message_a_session_gets_the_others_in_further_sessions(string how)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).CapabilitiesAfterTls("PIPELINING", "LIMITS RCPTMAX=2").On(SmtpPhase.Reset, how == "closes" ? SmtpFault.Drop : SmtpFault.Reply("502 5.5.1 what?"));
        string[] five = [.. Enumerable.Range(0, 5).Select(i => $"r{i}@example.test")];
        await using MailDeliverer deliverer = Pooled(internet);
        Assert.That((await deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, five))).AllDelivered, Is.True);
        Assert.That(internet.Messages.SelectMany(message => message.Recipients), Is.EquivalentTo(five));
        Assert.That(internet.Sessions, Has.Count.EqualTo(3));
    }

    /// <summary>A host that stalls holds its own places and nobody else's.</summary>
    [Test]
    public async Task A_slow_host_does_not_starve_the_others()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        internet.Domain("slow.test").Mx(10, "mx.slow.test");
        internet.MxHost("mx.slow.test").On(SmtpPhase.Rcpt, SmtpFault.Stall);
        internet.Enforced(Mx1);
        await using MailDeliverer deliverer = Pooled(internet, o => (o.Pool.MaxSessionsPerHost, o.Pool.MaxSessions) = (2, 3));
        using var leave = new CancellationTokenSource();
        Task<DeliveryResult>[] stuck = [.. Enumerable.Range(0, 10).Select(_ => deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, "x@slow.test"), leave.Token))];
        for (int i = 0; i < 10; i++)
        {
            (await SendAsync(deliverer)).Delivered();
        }

        await leave.CancelAsync();
        foreach (Task<DeliveryResult> one in stuck)
        {
            DeliveryCanceledException cancelled = (await Assert.ThrowsAsync<DeliveryCanceledException>(async () => await one))!;
            Assert.That(cancelled.Result.Deferred("x@slow.test").MayHaveBeenDelivered, Is.False);
        }

        // Cancelling gave every place back.
        internet.MxHost("mx.slow.test").Healthy();
        DeliveryResult[] after = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SendAsync(deliverer, "x@slow.test")));
        Assert.That(after, Has.All.Property(nameof(DeliveryResult.AllDelivered)).True);
    }

    /// <summary>Where all places are taken, kept sessions of other hosts make room.</summary>
    [Test]
    public async Task Kept_sessions_make_room_for_other_hosts()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        for (int i = 0; i < 8; i++)
        {
            internet.Domain($"d{i}.test").Mx(10, $"mx.d{i}.test").Policy(PolicyMode.Enforce, $"mx.d{i}.test");
        }

        await using MailDeliverer deliverer = Pooled(internet, o => o.Pool.MaxSessions = 2);
        for (int i = 0; i < 24; i++)
        {
            string to = $"x@d{i % 8}.test";
            (await SendAsync(deliverer, to)).Delivered(to);
        }

        DeliveryResult[] together = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => SendAsync(deliverer, $"x@d{i % 8}.test")));
        Assert.That(together, Has.All.Property(nameof(DeliveryResult.AllDelivered)).True);
    }

    /// <summary>MX-14. RFC 5321 §4.5.4.1: fifty messages to a host that is down are not fifty time-outs.</summary>
    [Test]
    public async Task A_host_that_does_not_answer_is_left_alone_for_a_while()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Down();
        await using MailDeliverer deliverer = Pooled(internet);
        Assert.That((await SendAsync(deliverer)).Deferred().Failure, Is.EqualTo(FailureCode.ConnectFailed));
        for (int i = 0; i < 50; i++)
        {
            RecipientOutcome.Deferred held = (await SendAsync(deliverer)).Deferred();
            Assert.That((held.Failure, held.Status.ToString()), Is.EqualTo((FailureCode.HostHeldBack, "4.4.1")));
            Assert.That(held.Explanation, Does.Contain("not tried until 12:00:10 UTC").And.Contain("no connection"));
        }

        int connections = internet.Connections.Count;
        HostSessions seen = (await deliverer.PlanAsync(One)).Hosts.Single().Sessions!;
        Assert.That(seen.HeldBack.Single().Until, Is.EqualTo(internet.Clock.GetUtcNow() + TimeSpan.FromSeconds(10)));
        internet.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.That((await SendAsync(deliverer)).Deferred().Failure, Is.EqualTo(FailureCode.ConnectFailed));
        internet.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.That((await SendAsync(deliverer)).Deferred().Failure, Is.EqualTo(FailureCode.HostHeldBack), "twice as long the second time");
        Assert.That(internet.Connections, Has.Count.EqualTo(connections + 1));
        host.Healthy();
        internet.Clock.Advance(TimeSpan.FromSeconds(10));
        (await SendAsync(deliverer)).Delivered();
        Assert.That((await deliverer.PlanAsync(One)).Hosts.Single().Sessions!.HeldBack, Is.Empty);
    }

    /// <summary>MX-14. A host that asks for time is given it, and mail goes to the next one meanwhile.</summary>
    [TestCase(SmtpPhase.Greeting, "421 4.7.0 too many connections")]
    [TestCase(SmtpPhase.Mail, "421 4.7.0 slow down")]
    [TestCase(SmtpPhase.Mail, "451 4.7.1 try later")]
    public async Task A_host_that_asks_for_time_is_given_it(SmtpPhase phase, string reply)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(phase, SmtpFault.Reply(reply));
        await using MailDeliverer deliverer = Pooled(internet);
        await SendAsync(deliverer);
        for (int i = 0; i < 5; i++)
        {
            Assert.That((await SendAsync(deliverer)).Delivered().MxHost, Is.EqualTo(Mx2));
        }

        Assert.That(internet.MxHost(Mx1).Sessions, Has.Count.EqualTo(1));
    }

    /// <summary>A refusal of one recipient (greylisting, for example) says nothing about the host.</summary>
    [Test]
    public async Task A_451_to_a_recipient_holds_nobody_else_back()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).OnRecipient(One, SmtpFault.Reply("451 4.7.1 greylisted"));
        await using MailDeliverer deliverer = Pooled(internet);
        (await SendAsync(deliverer)).Deferred();
        (await SendAsync(deliverer, "c@example.test")).Delivered("c@example.test");
    }

    /// <summary>RPT-12, RPT-16. RFC 8460 §4.2: reports count sessions, and each policy domain that used one counts it once.</summary>
    [Test]
    public async Task A_shared_session_counts_once_for_each_domain()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("a.test").Mx(10, Shared).Policy(PolicyMode.Enforce, Shared);
        internet.Domain("b.test").Mx(10, Shared).Policy(PolicyMode.Enforce, Shared);
        var counted = new List<DomainName>();
        await using MailDeliverer deliverer = internet.Deliverer(o => o.Pool.KeepsSessions = true, results: new Sink(counted));
        foreach (string domain in new[] { "a.test", "b.test", "a.test", "a.test", "b.test" })
        {
            await SendAsync(deliverer, "x@" + domain);
        }

        Assert.That(counted.Select(domain => domain.Value), Is.EqualTo(["a.test", "b.test"]));
        Assert.That(internet.Sessions, Has.Count.EqualTo(1));
    }

    /// <summary>SMTP-04: what one host has accepted stays accepted, whatever goes wrong at the next.</summary>
    [Test]
    public async Task A_fault_of_the_program_at_a_later_host_loses_no_acceptance()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).CapabilitiesAfterTls("PIPELINING");
        IPAddress second = internet.MxHost(Mx2).Addresses[0];
        await using MailDeliverer deliverer = Pooled(internet, o => o.Network.EndPointMap = endPoint =>
            endPoint.Address.Equals(second) ? throw new InvalidOperationException("a callback is broken") : internet.Map(endPoint));
        DeliveryResult result = await deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, One, "zwöi@example.test"));
        result.Delivered();
        Assert.That(result.Deferred("zwöi@example.test").Failure, Is.EqualTo(FailureCode.InternalError));
        Assert.That(internet.Messages.Single().Recipients, Is.EqualTo([One]));
    }

    /// <summary>RFC 9422 §4.1: a message with more recipients than one session may bring takes another in the same call.</summary>
    [Test]
    public async Task A_server_that_takes_few_messages_a_session_gets_the_others_in_further_sessions([Values] bool keeps)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).CapabilitiesAfterTls("PIPELINING", "LIMITS MAILMAX=2 RCPTMAX=2");
        string[] nine = [.. Enumerable.Range(0, 9).Select(i => $"r{i}@example.test")];
        await using MailDeliverer deliverer = Pooled(internet, o => o.Pool.KeepsSessions = keeps);
        DeliveryResult result = await deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, nine));
        Assert.That(result.AllDelivered, Is.True);
        Assert.That(internet.Messages.SelectMany(message => message.Recipients), Is.EquivalentTo(nine));
        Assert.That(internet.Sessions.Select(session => session.Commands.Count(command => command == "MAIL")), Is.EqualTo([2, 2, 1]));
        Assert.That(result.Attempts(), Has.Exactly(3).Items);
    }

    /// <summary>SMTP-21. Disposal takes leave of kept sessions, and what is lent ends with its message.</summary>
    [Test]
    public async Task Disposal_says_farewell()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        MailDeliverer deliverer = Pooled(internet);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => SendAsync(deliverer)));
        await deliverer.DisposeAsync();
        Assert.That(internet.Sessions.Select(session => session.Commands[^1]), Has.All.EqualTo("QUIT"));
        Assert.That(async () => await SendAsync(deliverer), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task A_domain_gets_no_more_messages_at_once_than_allowed()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        await using MailDeliverer deliverer = Pooled(internet, o => o.Pacing.MaxConcurrentPerDomain = 2);
        DeliveryResult[] results = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => SendAsync(deliverer)));
        Assert.That(results, Has.All.Property(nameof(DeliveryResult.AllDelivered)).True);
        Assert.That(internet.Sessions, Has.Count.LessThanOrEqualTo(2));
    }

    /// <summary>DSN-01, DSN-02, DSN-03. RFC 3461 §4, §5.2.1: wishes go to a server that knows DSN, as they were given, and to no other.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Wishes_for_notices_are_passed_on_to_a_server_that_takes_them(bool knows)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).CapabilitiesAfterTls(knows ? ["PIPELINING", "DSN"] : ["PIPELINING"]).CapabilitiesBeforeTls("DSN");
        EnvelopeAddress jane = EnvelopeAddress.Parse("jane@example.test"), joe = EnvelopeAddress.Parse("joe@example.test"), ann = EnvelopeAddress.Parse("ann@example.test");
        var envelope = new Envelope(EnvelopeAddress.Parse(Sender), [jane, joe, ann])
        {
            EnvelopeId = "a+b=c d",
            Return = DsnReturn.Headers,
            Notifications = new Dictionary<EnvelopeAddress, RecipientDsn>
            {
                [jane] = new(DsnNotify.Success | DsnNotify.Failure, "rfc822;Jane+x@Example.TEST"),
                [joe] = new(DsnNotify.Never, "utf-8;jö@example.test"),
            },
        };
        await using MailDeliverer deliverer = Pooled(internet);
        DeliveryResult result = await deliverer.DeliverAsync(Octets(Message), envelope);
        Assert.That(result.Delivered("jane@example.test").NoticesPassedOn, Is.EqualTo(knows));
        ReceivedMessage received = internet.Messages.Single();
        Assert.That(received.MailParameters, Is.EqualTo(knows ? new[] { "RET=HDRS", "ENVID=a+2Bb+3Dc+20d" } : []));
        Assert.That(received.RecipientParameters.Select(parameters => string.Join(' ', parameters)), Is.EqualTo(knows
            ? new[] { "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Jane+2Bx@Example.TEST", "NOTIFY=NEVER ORCPT=utf-8;j\\x{F6}@example.test", "" }
            : ["", "", ""]));
    }

    private static MailDeliverer Pooled(FakeInternet internet, Action<MailDelivererOptions>? configure = null) => internet.Deliverer(options =>
    {
        options.Pool.KeepsSessions = true;
        configure?.Invoke(options);
    });

    private static Task<DeliveryResult> SendAsync(MailDeliverer deliverer, string to = One) => deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, to));

    private sealed class Sink(List<DomainName> counted) : ITlsResultSink
    {
        public void Record(in TlsSessionResult result) => counted.Add(result.Policy.Domain);
    }
}
