using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Deadlines, and the caller's cancellation. RFC 5321 §4.5.3.2.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DeadlineTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Mx1 = "mx1.example.test";
    private const string Mx2 = "mx2.example.test";

    /// <summary>SMTP-06. RFC 5321 §4.5.3.2.</summary>
    [TestCase(SmtpPhase.Connect, 60)]
    [TestCase(SmtpPhase.Greeting, 60)]
    [TestCase(SmtpPhase.Ehlo, 120)]
    [TestCase(SmtpPhase.Helo, 120)]
    [TestCase(SmtpPhase.StartTls, 120)]
    [TestCase(SmtpPhase.EhloAfterTls, 120)]
    [TestCase(SmtpPhase.Mail, 180)]
    [TestCase(SmtpPhase.Rcpt, 240)]
    [TestCase(SmtpPhase.Data, 300)]
    [TestCase(SmtpPhase.FinalDot, 360)]
    public async Task Each_phase_has_a_deadline_of_its_own(SmtpPhase phase, int seconds)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).On(phase, SmtpFault.Stall);
        if (phase == SmtpPhase.Helo)
        {
            host.HeloOnly();
        }

        DeliveryResult result = await internet.SendAsync(configure: Distinct);
        RecipientOutcome.Deferred deferred = result.Deferred();
        Assert.That(deferred.MayHaveBeenDelivered, Is.EqualTo(phase == SmtpPhase.FinalDot));
        Assert.That(deferred.Failure, Is.EqualTo(phase == SmtpPhase.FinalDot ? FailureCode.FinalReplyLost : FailureCode.SessionTimeout));
        Assert.That(result.Attempts().Single().Elapsed, Is.InRange(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds + 30)));
    }

    /// <summary>SMTP-06, SMTP-19. RFC 5321 §4.5.3.2: a deadline holds for the whole reply, however slowly it drips in.</summary>
    [TestCase(SmtpPhase.Greeting, 300)]
    [TestCase(SmtpPhase.Ehlo, 300)]
    [TestCase(SmtpPhase.StartTls, 300)]
    [TestCase(SmtpPhase.EhloAfterTls, 300)]
    [TestCase(SmtpPhase.Mail, 300)]
    [TestCase(SmtpPhase.Rcpt, 300)]
    [TestCase(SmtpPhase.Data, 120)]
    [TestCase(SmtpPhase.FinalDot, 600)]
    public async Task An_octet_every_thirty_seconds_does_not_keep_a_session_open(SmtpPhase phase, int seconds)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.MxHost(Mx1).On(phase, SmtpFault.Drip(1000, TimeSpan.FromSeconds(30)));
        DeliveryResult result = await internet.SendAsync();
        result.Deferred();
        // The next octet may come before the client whose time is up has been given its turn.
        Assert.That(result.Attempts().Single().Elapsed, Is.InRange(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds + 61)));
    }

    /// <summary>SMTP-07. RFC 5321 §4.5.3.2.1 to §4.5.3.2.6.</summary>
    [TestCase(SmtpPhase.Greeting, 295)]
    [TestCase(SmtpPhase.Mail, 295)]
    [TestCase(SmtpPhase.Rcpt, 295)]
    [TestCase(SmtpPhase.Data, 115)]
    [TestCase(SmtpPhase.FinalDot, 595)]
    public async Task A_server_may_take_as_long_as_the_standard_says(SmtpPhase phase, int seconds)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1, Mx2);
        internet.MxHost(Mx1).On(phase, SmtpFault.Delay(TimeSpan.FromSeconds(seconds)));
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx1));
        Assert.That(internet.Messages, Has.Count.EqualTo(1));
        Assert.That(result.Elapsed, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(seconds)));
    }

    /// <summary>SMTP-06. A deadline leads to the next host.</summary>
    [Test]
    public async Task A_silent_host_leads_to_the_next()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Stall);
        Assert.That((await internet.SendAsync()).Delivered().MxHost, Is.EqualTo(Mx2));
    }

    /// <summary>SMTP-21. The caller's cancellation, told apart from everything else.</summary>
    [TestCase(SmtpPhase.Connect, false)]
    [TestCase(SmtpPhase.Greeting, false)]
    [TestCase(SmtpPhase.Ehlo, false)]
    [TestCase(SmtpPhase.StartTls, false)]
    [TestCase(SmtpPhase.EhloAfterTls, false)]
    [TestCase(SmtpPhase.Mail, false)]
    [TestCase(SmtpPhase.Rcpt, false)]
    [TestCase(SmtpPhase.Data, false)]
    [TestCase(SmtpPhase.FinalDot, true)]
    public async Task Cancellation_says_whether_the_message_may_have_been_delivered(SmtpPhase phase, bool mayHaveBeen)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(phase, SmtpFault.Stall);
        DeliveryResult result = await CancelledAsync(internet, [One]);
        RecipientOutcome.Deferred deferred = result.Deferred();
        Assert.That((deferred.Failure, deferred.MayHaveBeenDelivered), Is.EqualTo((mayHaveBeen ? FailureCode.FinalReplyLost : FailureCode.Cancelled, mayHaveBeen)));
        Assert.That(internet.MxHost(Mx2).Sessions, Is.Empty);
        Assert.That(internet.Messages, Is.Empty);
    }

    /// <summary>SMTP-21. The caller's cancellation in the TLS handshake is no failure of TLS.</summary>
    [Test]
    public async Task Cancellation_during_the_handshake_is_told_as_such()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).Handshake(HandshakeFault.Stall);
        Assert.That((await CancelledAsync(internet, [One])).Deferred().Failure, Is.EqualTo(FailureCode.Cancelled));
        Assert.That(internet.MxHost(Mx2).Sessions, Is.Empty);
    }

    /// <summary>SMTP-21. The caller's cancellation while names are looked up.</summary>
    [Test]
    public async Task Cancellation_during_the_look_ups_is_told_as_such()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.Dns.Silent("example.test");
        Assert.That((await CancelledAsync(internet, [One], 3)).Deferred().Failure, Is.EqualTo(FailureCode.Cancelled));
        Assert.That(internet.Connections, Is.Empty);
    }

    /// <summary>SMTP-21. The caller's cancellation at the second host names that host.</summary>
    [Test]
    public async Task Cancellation_names_the_host_that_was_being_tried()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).Down();
        internet.MxHost(Mx2).On(SmtpPhase.Greeting, SmtpFault.Stall);
        DeliveryResult result = await CancelledAsync(internet, [One]);
        Assert.That(result.Attempts().Select(attempt => (attempt.Candidate.Name, attempt.Failure)), Is.EqualTo(
            new[] { (Mx1, (FailureCode?)FailureCode.ConnectFailed), (Mx2, FailureCode.Cancelled) }));
    }

    /// <summary>SMTP-21. What was delivered before the cancellation stays delivered.</summary>
    [Test]
    public async Task Cancellation_keeps_what_was_delivered_before()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.Domain("slow.test").Mx(10, "mx1.slow.test");
        internet.Domain("late.test").Mx(10, "mx1.late.test");
        internet.MxHost("mx1.slow.test").On(SmtpPhase.FinalDot, SmtpFault.Stall);
        internet.MxHost("mx1.late.test").On(SmtpPhase.Rcpt, SmtpFault.Stall);
        DeliveryResult result = await CancelledAsync(internet, [One, "c@slow.test", "d@late.test"]);
        result.Delivered();
        Assert.That(result.Deferred("c@slow.test").MayHaveBeenDelivered, Is.True);
        Assert.That(result.Deferred("d@late.test").MayHaveBeenDelivered, Is.False);
    }

    /// <summary>SMTP-21. A caller who cancels beforehand sends nothing.</summary>
    [Test]
    public async Task Cancellation_beforehand_sends_nothing()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        DeliveryCanceledException? cancelled = await Assert.ThrowsAsync<DeliveryCanceledException>(() => internet.SendAsync(cancellationToken: new CancellationToken(true)));
        Assert.That(cancelled!.Result.Deferred().Failure, Is.EqualTo(FailureCode.Cancelled));
        Assert.That(internet.MxHost(Mx1).Sessions, Is.Empty);
    }

    /// <summary>SMTP-20, SMTP-21. A cancellation at QUIT comes too late to matter.</summary>
    [Test]
    public async Task Cancellation_at_QUIT_changes_nothing()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Quit, SmtpFault.Stall);
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2), internet.Clock);
        (await internet.SendAsync(cancellationToken: soon.Token)).Delivered();
    }

    private static async Task<DeliveryResult> CancelledAsync(FakeInternet internet, string[] recipients, int seconds = 10)
    {
        // Simulated time passes only while a server keeps its client waiting: the token fires in the phase that stalls.
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), internet.Clock);
        DeliveryCanceledException cancelled = (await Assert.ThrowsAsync<DeliveryCanceledException>(() => internet.SendAsync(recipients, cancellationToken: soon.Token)))!;
        Assert.That(cancelled.CancellationToken, Is.EqualTo(soon.Token));
        await Task.WhenAll(internet.MxHost(Mx1).Sessions.Select(session => session.WaitForEndAsync()));
        return cancelled.Result;
    }

    /// <summary>Time limits far enough apart to be told from each other though time goes in steps of half a minute.</summary>
    private static void Distinct(MailDelivererOptions options)
    {
        options.Sessions.GreetingTimeout = TimeSpan.FromSeconds(60);
        options.Sessions.CommandTimeout = TimeSpan.FromSeconds(120);
        options.Sessions.MailTimeout = TimeSpan.FromSeconds(180);
        options.Sessions.RcptTimeout = TimeSpan.FromSeconds(240);
        options.Sessions.DataTimeout = TimeSpan.FromSeconds(300);
        options.Sessions.FinalDotTimeout = TimeSpan.FromSeconds(360);
        options.Sessions.ContentBlockTimeout = TimeSpan.FromSeconds(420);
    }
}
