using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Envelopes and recipients. RFC 5321 §3.3, §4.5.3.1.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RecipientTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Mx1 = "mx1.example.test";
    private const string Mx2 = "mx2.example.test";
    private static readonly string[] Three = [One, "c@example.test", "d@example.test"];

    /// <summary>SMTP-10. RFC 5321 §4.5.4.1.</summary>
    [TestCase(SmtpPhase.Mail)]
    [TestCase(SmtpPhase.Rcpt)]
    public async Task A_refusal_of_one_message_is_not_held_against_the_next(SmtpPhase phase)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(phase, SmtpFault.Reply("550 no").Times(1));
        await using MailDeliverer deliverer = internet.Deliverer();
        (await deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, One))).Failed();
        (await deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, One))).Delivered();
    }

    /// <summary>SMTP-11. RFC 5321 §4.5.4.1.</summary>
    [Test]
    public async Task Recipients_of_one_host_share_one_transaction()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        DeliveryResult result = await internet.SendAsync(Three);
        Assert.That(result.AllDelivered, Is.True);
        Assert.That(internet.Messages.Single().Recipients, Is.EqualTo(Three));
        Assert.That(internet.Messages.Single().Session.Commands, Is.EqualTo(["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "RCPT", "RCPT", "DATA", .. Pooling.Farewell]));
    }

    /// <summary>SMTP-12. RFC 5321 §4.5.3.1.8, §4.5.3.1.10.</summary>
    [TestCase(1000, 100, 2)]
    [TestCase(1000, 40, 4)]
    [TestCase(60, 1000, 3)]
    public async Task Recipients_that_are_too_many_follow_in_a_further_transaction(int perTransaction, int serverLimit, int transactions)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).AcceptsRecipients(serverLimit);
        string[] many = Many(150);
        DeliveryResult result = await internet.SendAsync(many, configure: o => o.Sessions.MaxRecipientsPerTransaction = perTransaction);
        Assert.That(result.AllDelivered, Is.True);
        Assert.That(host.Messages.SelectMany(message => message.Recipients), Is.EquivalentTo(many));
        Assert.That((host.Messages.Count, host.Sessions.Count), Is.EqualTo((transactions, 1)));
    }

    /// <summary>SMTP-12. RFC 5321 §4.5.3.1.10: whoever hangs up because of those beyond his limit has shown it; with the same many he would hang up again for ever.</summary>
    [TestCase("421 4.7.0 too many errors", 2, "2 2")]
    [TestCase(null, 2, "2 2")]
    [TestCase(null, 0, "4")]
    public async Task A_server_that_hangs_up_at_recipients_too_many_gets_as_many_as_it_has_shown_to_take(string? reply, int taken, string expected)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1);
        if (taken > 0)
        {
            host.On(SmtpPhase.Rcpt, SmtpFault.Reply("250 ok").Times(taken));
        }

        host.On(SmtpPhase.Rcpt, SmtpFault.Reply("452 4.5.3 too many").Times(1));
        host.On(SmtpPhase.Rcpt, (reply is null ? SmtpFault.Drop : SmtpFault.Reply(reply).ThenDrop()).Times(1));
        string[] four = Many(4);
        DeliveryResult result = await internet.SendAsync(four);
        Assert.That(result.AllDelivered, Is.EqualTo(taken > 0));
        if (taken == 0)
        {
            // It has shown nothing: the next try is another one.
            Assert.That(result.Outcomes, Is.All.InstanceOf<RecipientOutcome.Deferred>());
            await internet.SendAsync(four);
        }

        Assert.That(string.Join(' ', host.Messages.Select(message => message.Recipients.Count)), Is.EqualTo(expected));
        Assert.That(host.Messages.SelectMany(message => message.Recipients), Is.EqualTo(four));
        Assert.That(host.Sessions, Has.Count.EqualTo(2));
    }

    /// <summary>SMTP-12, EXT-10. RFC 5321 §4.5.3.1.10: 552 at RCPT has meant too many recipients, too.</summary>
    [TestCase("552 too many recipients", true)]
    [TestCase("552 5.5.3 too many recipients", true)]
    [TestCase("552 5.2.2 mailbox full", false)]
    public async Task A_552_to_a_recipient_beside_accepted_ones_may_mean_too_many(string reply, bool delivered)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).OnRecipient("c@example.test", SmtpFault.Reply(reply).Times(1));
        DeliveryResult result = await internet.SendAsync(Three);
        Assert.That(result.For("c@example.test") is RecipientOutcome.Delivered, Is.EqualTo(delivered));
        result.Delivered(One);
        result.Delivered("d@example.test");
    }

    /// <summary>SMTP-12. RFC 5321 §4.5.3.1.10: no further transaction where none gets anywhere.</summary>
    [Test]
    public async Task A_server_that_takes_no_recipient_at_all_is_asked_once()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).AcceptsRecipients(0);
        DeliveryResult result = await internet.SendAsync(Three);
        Assert.That(result.Outcomes.Select(outcome => outcome.Status.ToString()), Is.EqualTo(["4.5.3", "4.5.3", "4.5.3"]));
        Assert.That(result.Outcomes, Has.All.InstanceOf<RecipientOutcome.Deferred>());
        Assert.That(host.Sessions.Single().Commands.Count(verb => verb == "MAIL"), Is.EqualTo(1));
    }

    /// <summary>SMTP-13. RFC 5321 §3.3.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_refused_recipient_does_not_sink_the_accepted_ones(bool pipelining)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Capabilities(pipelining ? ["PIPELINING"] : [])
            .OnRecipient(One, SmtpFault.Reply("550 5.1.1 nobody")).OnRecipient("d@example.test", SmtpFault.Reply("450 4.2.0 busy"));
        DeliveryResult result = await internet.SendAsync(Three);
        Assert.That((result.Failed().Status.ToString(), result.Failed().Reply!.Code), Is.EqualTo(("5.1.1", 550)));
        result.Delivered("c@example.test");
        Assert.That(result.Deferred("d@example.test").Status.ToString(), Is.EqualTo("4.2.0"));
        Assert.That(host.Messages.Single().Recipients, Is.EqualTo(["c@example.test"]));
    }

    /// <summary>SMTP-13. RFC 5321 §2.4: the case of a local part belongs to its host.</summary>
    [Test]
    public async Task Recipients_that_differ_in_case_only_are_two()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).OnRecipient("B@example.test", SmtpFault.Reply("550 5.1.1 nobody"));
        DeliveryResult result = await internet.SendAsync([One, "B@example.test", "b@EXAMPLE.test"]);
        Assert.That(result.Outcomes, Has.Count.EqualTo(2));
        result.Delivered();
        result.Failed("B@example.test");
        Assert.That(host.Messages.Single().Recipients, Is.EqualTo([One]));
    }

    /// <summary>SMTP-17. RFC 5321 §2.3.8.</summary>
    [TestCase("a@b>\r\nRCPT TO:<c@d")]
    [TestCase("a@b.test>\nRCPT TO:<c@d.test")]
    [TestCase("a\r\n@b.test")]
    [TestCase("\"a\r\nRCPT TO:<c@d.test>\"@b.test")]
    [TestCase("\"a\\\r\n\"@b.test")]
    [TestCase("a b@c.test")]
    [TestCase("a>@c.test")]
    [TestCase("a\0@c.test")]
    [TestCase("a@b.test SIZE=1")]
    [TestCase("a\u0085b@c.test")]
    public void An_address_that_carries_a_command_never_becomes_one(string address)
    {
        Assert.That(() => new Envelope(Sender, address), Throws.InstanceOf<FormatException>());
        Assert.That(() => new Envelope(address, One), Throws.InstanceOf<FormatException>());
    }

    /// <summary>SMTP-17. RFC 5321 §2.3.8.</summary>
    [TestCase("mail.sender.example\r\nMAIL FROM:<x@x>")]
    [TestCase("mail.sender.example SIZE")]
    [TestCase("[192.0.2.1]\r\nNOOP")]
    [TestCase("[192.0.2.1\r\n]")]
    public async Task An_EHLO_name_that_carries_a_command_is_refused(string name)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        Assert.That(() => internet.Deliverer(o => o.EhloName = name), Throws.ArgumentException);
    }

    /// <summary>SMTP-17. RFC 5321 §4.1.2: odd but legal local parts arrive to the letter.</summary>
    [TestCase("\"b > c\"@example.test")]
    [TestCase("\"b@c\"@example.test")]
    [TestCase("\"b\\\"c\"@example.test")]
    [TestCase("b+c/d=e@example.test")]
    [TestCase("\"<>\"@example.test")]
    public async Task A_quoted_local_part_arrives_to_the_letter(string recipient)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        (await internet.SendAsync([recipient], sender: recipient)).Delivered(recipient);
        Assert.That((internet.Messages.Single().Recipients[0], internet.Messages.Single().ReversePath), Is.EqualTo((recipient, recipient)));
    }

    /// <summary>SMTP-09, SMTP-18. RFC 5321 §4.5.4, §4.5.5: a null reverse-path stays one, and its failure makes no mail.</summary>
    [Test]
    public async Task A_null_reverse_path_stays_null_on_every_host()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Drop);
        internet.MxHost(Mx2).OnRecipient(One, SmtpFault.Reply("550 no"));
        DeliveryResult result = await internet.SendAsync([One, "c@example.test"], sender: "");
        result.Failed();
        result.Delivered("c@example.test");
        Assert.That(internet.Messages.Select(message => message.ReversePath), Is.EqualTo([""]));
        Assert.That(internet.MxHost(Mx1).Sessions.Single().Lines.Select(line => line.Text), Has.Some.StartsWith("MAIL FROM:<>"));
    }

    /// <summary>SMTP-08. RFC 5321 §4.5.4.1: who keeps the queue learns class and advice for each recipient.</summary>
    [Test]
    public async Task Every_recipient_that_was_not_delivered_to_says_whether_to_try_again()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).OnRecipient(One, SmtpFault.Reply("450 later")).OnRecipient("c@example.test", SmtpFault.Reply("550 never"));
        DeliveryResult result = await internet.SendAsync([One, "c@example.test"]);
        Assert.That((result.Deferred().Failure, result.Deferred().Advice), Is.EqualTo((FailureCode.RefusedForNow, FailureTable.For(FailureCode.RefusedForNow).Advice)));
        Assert.That(result.Failed("c@example.test").Failure, Is.EqualTo(FailureCode.RefusedForGood));
    }

    /// <summary>EXT-03. RFC 2920 §3.1.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task When_every_recipient_is_refused_no_message_goes_out_and_all_are_told_so(bool pipelining)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Capabilities(pipelining ? ["PIPELINING"] : []).On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 nobody"));
        DeliveryResult result = await internet.SendAsync(Three);
        Assert.That(result.Outcomes.Select(outcome => (outcome is RecipientOutcome.Failed, outcome.Reply!.Code)), Is.EqualTo(Enumerable.Repeat((true, 550), 3)));
        Assert.That(host.Messages, Is.Empty);
        Assert.That(host.Sessions.Single().Commands, Has.No.Member("DATA"));
    }

    /// <summary>SMTP-13. A sender that is refused concerns every recipient, whatever was said to them in the same group.</summary>
    [Test]
    public async Task A_refused_sender_decides_for_all_recipients()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Mail, SmtpFault.Reply("451 4.7.1 later"));
        DeliveryResult result = await internet.SendAsync(Three);
        Assert.That(result.Outcomes.Select(outcome => (outcome is RecipientOutcome.Deferred, outcome.Status.ToString())), Is.EqualTo(Enumerable.Repeat((true, "4.7.1"), 3)));
    }

    /// <summary>EXT-05. RFC 2920 §3.1.</summary>
    [TestCase(100)]
    [TestCase(10_000)]
    public async Task Five_thousand_recipients_with_long_replies_do_not_deadlock(int perTransaction)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        string filler = new('x', 400);
        FakeMxHost host = internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Reply($"250-{filler}", $"250-{filler}", "250 ok"));
        string[] many = Many(5000);
        DeliveryResult result = await internet.SendAsync(many, configure: o => o.Sessions.MaxRecipientsPerTransaction = perTransaction);
        Assert.That(result.AllDelivered, Is.True);
        Assert.That(host.Messages, Has.Count.EqualTo(perTransaction == 100 ? 50 : 1));
        Assert.That(host.Messages.SelectMany(message => message.Recipients), Is.EqualTo(many));
        Assert.That(result.Outcomes.Select(outcome => outcome.Recipient.ToString()), Is.EqualTo(many));
    }

    private static string[] Many(int count) => [.. Enumerable.Range(0, count).Select(i => $"r{i}@example.test")];
}
