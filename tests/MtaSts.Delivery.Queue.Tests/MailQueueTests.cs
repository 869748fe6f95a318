using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Queue.Working;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using SmtpPhase = MtaSts.Delivery.Testing.SmtpPhase;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>The queue in a fake internet. RFC 5321 §4.5.4.1, RFC 8461 §5.</summary>
public sealed class MailQueueTests
{
    [Test]
    public async Task Mail_is_delivered_and_leaves_the_queue()
    {
        await using Rig rig = await Rig.StartAsync();
        QueueId id = await rig.EnqueueAsync();
        await rig.SettleAsync();

        Assert.That(rig.Internet.Messages.Single().Recipients, Is.EqualTo(["jane@example.test"]));
        Assert.That(await rig.Queue.FindAsync(id), Is.Null);
        Assert.That((await rig.Queue.CountAsync()).Messages, Is.Zero);
    }

    [Test]
    public async Task Each_domain_of_a_message_goes_its_own_way()
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Internet.Domain("other.test").Mx(10, "mx.other.test");
        rig.Internet.MxHost("mx.other.test").OnRecipient("bad@other.test", SmtpFault.Reply("550 5.1.1 No such user")).OnRecipient("busy@other.test", SmtpFault.Reply("450 4.2.1 Busy").Times(1));
        QueueId id = await rig.Queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test", "bad@other.test", "good@other.test", "busy@other.test"));
        await rig.SettleAsync();

        QueuedMessage waiting = (await rig.Queue.FindAsync(id))!;
        Assert.That(waiting.Recipients.Select(one => one.State), Is.EqualTo([RecipientState.Delivered, RecipientState.Failed, RecipientState.Delivered, RecipientState.Waiting]));
        Assert.That(waiting.Recipients.Select(one => one.Attempts), Is.All.EqualTo(1));
        Assert.That(waiting.Recipients[3].LastAttempt!.Reply!.Code, Is.EqualTo(450));
        Assert.That(rig.Notices.Requests.Single().Recipients.Single().Address, Is.EqualTo(EnvelopeAddress.Parse("bad@other.test")));

        await rig.PassAsync(TimeSpan.FromMinutes(10));
        Assert.That(await rig.Queue.FindAsync(id), Is.Null);
        Assert.That(rig.Internet.Messages.Where(message => message.Host == "mx.other.test").SelectMany(message => message.Recipients), Is.EqualTo(["good@other.test", "busy@other.test"]));
    }

    /// <summary>SMTP-08. RFC 5321 §4.5.4.1.</summary>
    [Test]
    public async Task Deferred_mail_is_tried_at_growing_intervals_and_bounced_when_its_lifetime_ends()
    {
        await using Rig rig = await Rig.StartAsync();
        FakeMxHost mx = rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.3.0 Later"));
        DateTimeOffset start = rig.Clock.GetUtcNow();
        await rig.EnqueueAsync();
        await rig.PassAsync(TimeSpan.FromDays(5) - TimeSpan.FromMinutes(10));

        Assert.That(rig.Notices.Requests.Where(request => request.Action == NoticeAction.Failed), Is.Empty);
        TimeSpan[] tries = [.. mx.Sessions.Select(session => session.Started - start)];
        TimeSpan[] pauses = [.. tries.Zip(tries.Skip(1), (one, next) => next - one)];
        Assert.That(pauses[0], Is.GreaterThanOrEqualTo(TimeSpan.FromMinutes(5)));
        Assert.That(pauses.Skip(2), Is.All.GreaterThanOrEqualTo(TimeSpan.FromMinutes(30)));
        Assert.That(pauses, Is.All.LessThan(TimeSpan.FromMinutes(310)));
        Assert.That(tries, Has.Length.InRange(25, 40));

        await rig.PassAsync(TimeSpan.FromMinutes(20));
        NoticeRequest bounce = rig.Notices.Requests.Single(request => request.Action == NoticeAction.Failed);
        Assert.That(bounce.Recipients.Single().State, Is.EqualTo(RecipientState.Expired));
        Assert.That(bounce.Recipients.Single().LastAttempt!.Reply!.Code, Is.EqualTo(451));
        Assert.That(mx.Sessions[^1].Started - start, Is.GreaterThanOrEqualTo(TimeSpan.FromDays(5)), "the last try is made at the end");
        ReceivedMessage notice = rig.Internet.MxHost("mx.sender.example").Messages[^1];
        Assert.That(notice.ReversePath, Is.Empty);
        Assert.That(notice.Recipients, Is.EqualTo(["a@sender.example"]));
        Assert.That((await rig.Queue.CountAsync()).Messages, Is.Zero);
    }

    [Test]
    public async Task A_policy_that_is_mended_on_day_two_lets_the_mail_go_with_the_next_try()
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Internet.Domain("example.test").Policy(PolicyMode.Enforce, "old.example.test");
        QueueId id = await rig.EnqueueAsync();
        await rig.PassAsync(TimeSpan.FromHours(30), TimeSpan.FromMinutes(30));
        Assert.That((await rig.Queue.FindAsync(id))!.Recipients.Single().LastAttempt!.Failure, Is.EqualTo(FailureCode.HostNotPermitted));
        Assert.That(rig.Internet.Messages.Where(message => message.Host == "mx1.example.test"), Is.Empty);
        DateTimeOffset next = (await rig.Queue.FindAsync(id))!.Recipients.Single().NextTry!.Value;

        rig.Internet.Domain("example.test").Policy(PolicyMode.Enforce, "mx1.example.test");
        await rig.PassAsync(next - rig.Clock.GetUtcNow() + TimeSpan.FromMinutes(1));
        Assert.That(rig.Internet.MxHost("mx1.example.test").Messages, Has.Count.EqualTo(1));
        Assert.That(rig.Notices.Requests.Select(request => request.Action), Is.EqualTo([NoticeAction.Delayed]));
    }

    /// <summary>STS-123, STS-124. RFC 8461 §5.</summary>
    [Test]
    public async Task A_policy_that_stays_broken_bounces_the_mail_after_its_lifetime_with_host_and_reason()
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Internet.Domain("example.test").Policy(PolicyMode.Enforce, "old.example.test");
        await rig.EnqueueAsync();
        await rig.PassAsync(TimeSpan.FromDays(5) - TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(30));
        Assert.That(rig.Notices.Requests.Any(request => request.Action == NoticeAction.Failed), Is.False);
        await rig.PassAsync(TimeSpan.FromHours(1));

        QueueAttempt last = rig.Notices.Requests.Single(request => request.Action == NoticeAction.Failed).Recipients.Single().LastAttempt!;
        Assert.That(last.Explanation, Does.Contain("mx1.example.test").And.Contain("policy"));
        Assert.That(last.Status.ToString(), Is.EqualTo("4.7.5"));
        Assert.That(last.Advice, Is.Not.Empty);
        Assert.That(rig.Internet.Messages.Select(message => message.Host), Is.All.EqualTo("mx.sender.example"));
    }

    /// <summary>STS-124. RFC 8461 §5: the policy is mended after the last try but one, and while its record's TTL still hides that.</summary>
    [Test]
    public async Task Before_mail_is_given_up_DNS_is_asked_afresh_and_a_new_policy_is_worth_one_more_try()
    {
        await using Rig rig = await Rig.StartAsync(options => options.Lifetime = TimeSpan.FromMinutes(45));
        rig.Internet.Domain("example.test").Policy(PolicyMode.Enforce, "old.example.test");
        await rig.EnqueueAsync();
        await rig.PassAsync(TimeSpan.FromMinutes(40));
        int before = rig.Internet.Dns.Queries.Count(query => query.Name == "_mta-sts.example.test");
        rig.Internet.Domain("example.test").Policy(PolicyMode.Enforce, "mx1.example.test");
        await rig.PassAsync(TimeSpan.FromMinutes(10));

        Assert.That(rig.Internet.Dns.Queries.Count(query => query.Name == "_mta-sts.example.test"), Is.GreaterThan(before));
        Assert.That(rig.Internet.MxHost("mx1.example.test").Messages, Has.Count.EqualTo(1));
        Assert.That(rig.Notices.Requests, Is.Empty);
    }

    /// <summary>SMTP-09. RFC 5321 §4.5.4, §6.1.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task There_is_no_notice_about_a_notice_or_to_the_null_reverse_path(bool isNotice)
    {
        await using Rig rig = await Rig.StartAsync();
        if (isNotice)
        {
            rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 No"));
            rig.Internet.MxHost("mx.sender.example").On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 No"));
            await rig.EnqueueAsync();
        }
        else
        {
            rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 No"));
            await rig.Queue.EnqueueAsync(Rig.Message(), new Envelope("", "jane@example.test"));
        }

        await rig.PassAsync(TimeSpan.FromMinutes(30));
        Assert.That(rig.Notices.Requests, Has.Count.EqualTo(isNotice ? 1 : 0));
        Assert.That((await rig.Queue.CountAsync()).Messages, Is.Zero);
        Assert.That(rig.Internet.Messages, Is.Empty);
    }

    /// <summary>SMTP-18. RFC 5321 §4.5.5.</summary>
    [Test]
    public async Task The_null_reverse_path_stays_null_through_every_try()
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.3.0 Later").Times(2));
        await rig.Queue.EnqueueAsync(Rig.Message(), new Envelope("", "jane@example.test"));
        await rig.PassAsync(TimeSpan.FromHours(1));

        Assert.That(rig.Internet.MxHost("mx1.example.test").Sessions.SelectMany(session => session.Lines).Where(line => line.Text.StartsWith("MAIL", StringComparison.Ordinal)).Select(line => line.Text),
            Has.Exactly(3).Items.And.All.StartsWith("MAIL FROM:<>"));
        Assert.That(rig.Internet.Messages.Single().ReversePath, Is.Empty);
    }

    /// <summary>SMTP-10. RFC 5321 §4.5.4.1.</summary>
    [Test]
    public async Task A_refusal_for_good_of_one_message_is_not_held_against_the_next()
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Mail, SmtpFault.Reply("550 5.7.1 Not this one").Times(1));
        await rig.EnqueueAsync();
        await rig.SettleAsync();
        await rig.EnqueueAsync();
        await rig.SettleAsync();

        Assert.That(rig.Notices.Requests.Single().Recipients.Single().State, Is.EqualTo(RecipientState.Failed));
        Assert.That(rig.Internet.MxHost("mx1.example.test").Messages, Has.Count.EqualTo(1));
    }

    /// <summary>MX-14. RFC 5321 §4.5.4.1.</summary>
    [Test]
    public async Task A_dead_host_is_not_tried_for_every_message_and_all_go_when_it_is_back()
    {
        await using Rig rig = await Rig.StartAsync();
        FakeMxHost mx = rig.Internet.MxHost("mx1.example.test").Down();
        for (int i = 0; i < 200; i++)
        {
            await rig.EnqueueAsync(subject: $"{i}");
        }

        await rig.PassAsync(TimeSpan.FromHours(2));
        int attempts = rig.Internet.Connections.Count(attempt => mx.Addresses.Contains(attempt.EndPoint.Address));
        Assert.That(attempts, Is.InRange(4, 30), "200 messages, two hours");

        mx.Healthy();
        await rig.PassAsync(TimeSpan.FromMinutes(45));
        Assert.That(mx.Messages, Has.Count.EqualTo(200));
        Assert.That((await rig.Queue.CountAsync()).Messages, Is.Zero);
    }

    [Test]
    public async Task A_message_whose_final_reply_was_lost_is_tried_again_and_that_is_on_record()
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.FinalDot, SmtpFault.Drop.Times(1));
        QueueId id = await rig.EnqueueAsync();
        await rig.SettleAsync();
        Assert.That((await rig.Queue.FindAsync(id))!.Recipients.Single().LastAttempt!.MayHaveBeenDelivered, Is.True);
        await rig.PassAsync(TimeSpan.FromMinutes(45));
        Assert.That(rig.Internet.Messages, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Not_before_its_moment_and_urgent_before_bulk()
    {
        await using Rig rig = await Rig.StartAsync(options => options.MaxConcurrentDeliveries = 1, runs: false);
        await rig.EnqueueAsync(subject: "bulk", options: new EnqueueOptions { Priority = QueuePriority.Bulk });
        await rig.EnqueueAsync(subject: "later", options: new EnqueueOptions { NotBefore = rig.Clock.GetUtcNow() + TimeSpan.FromHours(1) });
        await rig.EnqueueAsync(subject: "normal");
        await rig.EnqueueAsync(subject: "urgent", options: new EnqueueOptions { Priority = QueuePriority.Urgent });
        rig.Run();
        await rig.PassAsync(TimeSpan.FromMinutes(50));
        Assert.That(Subjects(rig), Is.EqualTo(["urgent", "normal", "bulk"]));
        await rig.PassAsync(TimeSpan.FromMinutes(15));
        Assert.That(Subjects(rig), Is.EqualTo(["urgent", "normal", "bulk", "later"]));
    }

    /// <summary>DSN-05, DSN-07. RFC 3461 §5.2.5, §5.2.6.</summary>
    [TestCase(DsnNotify.None, "Delayed Failed")]
    [TestCase(DsnNotify.Never, "")]
    [TestCase(DsnNotify.Success, "")]
    [TestCase(DsnNotify.Failure, "Failed")]
    [TestCase(DsnNotify.Delay, "Delayed")]
    [TestCase(DsnNotify.Failure | DsnNotify.Delay, "Delayed Failed")]
    public async Task The_sender_is_told_what_it_wished_to_be_told(DsnNotify wish, string expected)
    {
        await using Rig rig = await Rig.StartAsync(options => options.Lifetime = TimeSpan.FromHours(12));
        rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.3.0 Later"));
        EnvelopeAddress jane = EnvelopeAddress.Parse("jane@example.test");
        await rig.Queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test")
        {
            EnvelopeId = "QQ314159",
            Return = DsnReturn.Headers,
            Notifications = new Dictionary<EnvelopeAddress, RecipientDsn> { [jane] = new(wish, "rfc822;Jane@Example.TEST") },
        });
        await rig.PassAsync(TimeSpan.FromHours(13), TimeSpan.FromMinutes(15));

        Assert.That(string.Join(' ', rig.Notices.Requests.Select(request => request.Action)), Is.EqualTo(expected));
        Assert.That(rig.Notices.Requests.Select(request => request.Envelope.EnvelopeId), Is.All.EqualTo("QQ314159"));
        Assert.That(rig.Notices.Requests.Select(request => request.Recipients.Single().Dsn!.OriginalRecipient), Is.All.EqualTo("rfc822;Jane@Example.TEST"));
    }

    /// <summary>DSN-05. The warning comes when it is due, and not with the try after that.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task The_warning_of_a_delay_comes_when_it_is_due_whatever_the_plan_of_tries(bool isLeftAlone)
    {
        await using Rig rig = await Rig.StartAsync(options =>
        {
            options.FirstDelay = options.MaxDelay = options.MaxDestinationBackOff = TimeSpan.FromDays(1);
            options.DestinationBackOff = TimeSpan.FromHours(1);
        });
        FakeMxHost mx = rig.Internet.MxHost("mx1.example.test");
        _ = isLeftAlone ? mx.Down() : mx.On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.3.0 Later"));
        QueueId id = await rig.EnqueueAsync();
        await rig.SettleAsync();
        QueuedRecipient before = (await rig.Queue.FindAsync(id))!.Recipients.Single();
        await rig.PassAsync(TimeSpan.FromHours(4) - TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        Assert.That(rig.Notices.Requests, Is.Empty);
        for (int i = 0; i < 5000 && rig.Notices.Requests.IsEmpty; i++)
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(1);
        }

        await rig.SettleAsync();
        Assert.That(rig.Notices.Requests.Single().Action, Is.EqualTo(NoticeAction.Delayed));
        Assert.That(rig.Notices.Requests.Single().Recipients.Single().LastAttempt!.ToJson(), Is.EqualTo(before.LastAttempt!.ToJson()));
        QueuedRecipient after = (await rig.Queue.FindAsync(id))!.Recipients.Single();
        Assert.That((after.NextTry, after.Attempts), Is.EqualTo((before.NextTry, 1)), "it was no try");
        await rig.PassAsync(TimeSpan.FromHours(4), TimeSpan.FromMinutes(10));
        Assert.That(rig.Notices.Requests, Has.Count.EqualTo(1), "told once");
    }

    /// <summary>STS-124: what a delivery came to is not forgotten because the look for a newer policy, or the try after it, failed by a fault.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task The_first_result_of_a_last_try_stands_when_the_look_for_a_newer_policy_fails(bool lookFails)
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        FakeDomain domain = rig.Internet.Domain("example.test").Policy(PolicyMode.Enforce, "old.example.test");
        await rig.EnqueueAsync();
        await rig.Store.BeatAsync(Guid.Empty, rig.Clock.GetUtcNow());
        QueueLease lease = (await rig.Store.LeaseAsync(new LeaseRequest(Guid.Empty, rig.Clock.GetUtcNow(), 1, 1))).Single();
        int deliveries = 0;
        var last = new DeliveryTry(
            (content, envelope, token) => deliveries++ == 0 ? rig.Deliverer.DeliverAsync(content, envelope, token) : throw new InvalidOperationException("a fault"),
            async (name, token) =>
            {
                domain.Policy(PolicyMode.Enforce, "mx1.example.test");
                rig.Clock.Advance(TimeSpan.FromMinutes(10));
                return lookFails ? throw new InvalidOperationException("a fault") : await rig.Deliverer.Policies.RecheckAsync(name, token);
            },
            rig.Logs);

        TryResult result = await last.RunAsync(lease, Rig.Message(), lease.Expires, CancellationToken.None);
        Assert.That(deliveries, Is.EqualTo(lookFails ? 1 : 2));
        Assert.That(result.Outcomes.Single(), Is.InstanceOf<RecipientOutcome.Deferred>().With.Property("Failure").EqualTo(FailureCode.HostNotPermitted));
        Assert.That(rig.Logs.Lines.Select(line => line.Id), Does.Contain(213));
    }

    /// <summary>DSN-04. RFC 3461 §5.2.2.</summary>
    [Test]
    public async Task Success_that_nobody_else_will_tell_of_is_told_as_relayed([Values] bool hostTells)
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Internet.MxHost("mx1.example.test").CapabilitiesAfterTls(hostTells ? ["DSN"] : []);
        EnvelopeAddress jane = EnvelopeAddress.Parse("jane@example.test");
        await rig.Queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test")
        {
            Notifications = new Dictionary<EnvelopeAddress, RecipientDsn> { [jane] = new(DsnNotify.Success) },
        });
        await rig.SettleAsync();
        Assert.That(rig.Notices.Requests.Select(request => request.Action), Is.EqualTo(hostTells ? [] : new[] { NoticeAction.Relayed }));
    }

    [Test]
    public async Task A_writer_of_notices_that_fails_does_not_keep_the_sender_from_being_told()
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Notices.Fails = true;
        rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 No such user"));
        await rig.EnqueueAsync();
        await rig.SettleAsync();
        string notice = System.Text.Encoding.UTF8.GetString(rig.Internet.MxHost("mx.sender.example").Messages.Single().Content.Span);
        Assert.That(notice, Does.Contain("could not be delivered").And.Contain("No such user").And.Contain("jane@example.test"));
    }

    private static string[] Subjects(Rig rig) =>
        [.. rig.Internet.Messages.Select(message => System.Text.Encoding.ASCII.GetString(message.Content.Span).Split("\r\n").Single(line => line.StartsWith("Subject: ", StringComparison.Ordinal))[9..])];
}
