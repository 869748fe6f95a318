using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>What replies mean. RFC 5321 §4.2.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReplyTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Mx1 = "mx1.example.test";
    private const string Mx2 = "mx2.example.test";

    /// <summary>SMTP-01. RFC 5321 §4.1.1.1.</summary>
    [Test]
    public async Task EHLO_gives_the_configured_name_in_clear_and_under_TLS()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        (await internet.SendAsync(configure: o => o.EhloName = "Mail.Sender.Example")).Delivered();
        Assert.That(Said(internet, "EHLO"), Is.EqualTo(["EHLO mail.sender.example", "EHLO mail.sender.example"]));
    }

    /// <summary>SMTP-01. RFC 5321 §4.1.1.1, §4.1.4.</summary>
    [Test]
    public async Task Without_a_configured_name_EHLO_gives_a_qualified_name_or_an_address_literal()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        (await internet.SendAsync(configure: o => o.EhloName = null)).Delivered();
        Assert.That(Said(internet, "EHLO"), Has.All.Match(@"^EHLO (\[(IPv6:[0-9a-f:.]+|[0-9.]+)\]|[a-z0-9-]+(\.[a-z0-9-]+)+)$").And.None.Contain("localhost"));
    }

    /// <summary>SMTP-01. RFC 5321 §3.2.</summary>
    [TestCase("500 what?")]
    [TestCase("502 5.5.1 not implemented")]
    public async Task HELO_is_said_when_EHLO_is_not_known(string reply)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Ehlo, SmtpFault.Reply(reply));
        (await internet.SendAsync()).Delivered();
        Assert.That(Said(internet, "HELO"), Has.All.EqualTo("HELO sender.example").And.Not.Empty);
        Assert.That(internet.Messages.Single().MailParameters, Is.Empty);
    }

    /// <summary>SMTP-02. RFC 5321 §4.2, §4.3.2.</summary>
    [TestCase(SmtpPhase.Greeting, "220")]
    [TestCase(SmtpPhase.Greeting, "220-one", "220-", "220 three")]
    [TestCase(SmtpPhase.Greeting, "299 odd")]
    [TestCase(SmtpPhase.Mail, "250")]
    [TestCase(SmtpPhase.Mail, "250 ")]
    [TestCase(SmtpPhase.Mail, "251 odd")]
    [TestCase(SmtpPhase.Rcpt, "250-a", "250 b")]
    [TestCase(SmtpPhase.Rcpt, "299 x")]
    [TestCase(SmtpPhase.Rcpt, "252 cannot verify")]
    [TestCase(SmtpPhase.Data, "354")]
    [TestCase(SmtpPhase.Data, "354-a", "354 b")]
    [TestCase(SmtpPhase.Data, "399 odd")]
    [TestCase(SmtpPhase.FinalDot, "250")]
    [TestCase(SmtpPhase.FinalDot, "200 odd")]
    [TestCase(SmtpPhase.FinalDot, "250-a", "250-b", "250")]
    public async Task A_positive_reply_counts_by_its_first_digit(SmtpPhase phase, params string[] lines)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(phase, SmtpFault.Reply(lines));
        (await internet.SendAsync()).Delivered();
        Assert.That(internet.Messages, Has.Count.EqualTo(1));
    }

    /// <summary>SMTP-02, SMTP-03. RFC 5321 §4.2.1.</summary>
    [TestCase(SmtpPhase.Greeting, "450", false)]
    [TestCase(SmtpPhase.Mail, "451 later", false)]
    [TestCase(SmtpPhase.Mail, "499 odd", false)]
    [TestCase(SmtpPhase.Mail, "550 no", true)]
    [TestCase(SmtpPhase.Mail, "599 odd", true)]
    [TestCase(SmtpPhase.Mail, "354 what", false)]
    [TestCase(SmtpPhase.Rcpt, "450 busy", false)]
    [TestCase(SmtpPhase.Rcpt, "550 nobody", true)]
    [TestCase(SmtpPhase.Rcpt, "354 what", false)]
    [TestCase(SmtpPhase.Data, "452 full", false)]
    [TestCase(SmtpPhase.Data, "554 no", true)]
    [TestCase(SmtpPhase.FinalDot, "451 later", false)]
    [TestCase(SmtpPhase.FinalDot, "554 spam", true)]
    public async Task A_negative_reply_counts_by_its_first_digit(SmtpPhase phase, string reply, bool permanent)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(phase, SmtpFault.Reply(reply));
        DeliveryResult result = await internet.SendAsync();
        RecipientOutcome outcome = permanent ? result.Failed() : result.Deferred();
        Assert.That(outcome.Reply!.Code.ToString(System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(reply[..3]));
        Assert.That(outcome.Status.Class, Is.EqualTo(permanent ? 5 : 4));
        Assert.That((outcome as RecipientOutcome.Deferred)?.MayHaveBeenDelivered, Is.Not.True);
        Assert.That(internet.Messages, Is.Empty);
    }

    /// <summary>SMTP-03, STS-123. RFC 5321 §4.2.1, RFC 8461 §5: what comes in clear text may be anybody's word, and bounces nothing that must be protected.</summary>
    [TestCase(SmtpPhase.Greeting, "554 no")]
    [TestCase(SmtpPhase.Greeting, "521 5.3.2 never")]
    [TestCase(SmtpPhase.Helo, "550 go away")]
    public async Task A_refusal_in_clear_text_fails_for_good_only_where_TLS_is_not_required(SmtpPhase phase, string reply)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeMxHost host = internet.MxHost(Mx1).On(phase, SmtpFault.Reply(reply));
        if (phase == SmtpPhase.Helo)
        {
            host.HeloOnly();
        }

        FakeDomain domain = internet.Hosts(Mx1);
        (await internet.SendAsync()).Failed();
        domain.Policy(PolicyMode.Testing, Mx1);
        (await internet.SendAsync()).Failed();
        domain.Policy(PolicyMode.Enforce, Mx1);
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure.ToString(), deferred.Status.ToString(), deferred.Reply?.Code), Is.EqualTo(("RefusedBeforeTls", "4.7.0", (int?)int.Parse(reply[..3], System.Globalization.CultureInfo.InvariantCulture))));
        Assert.That(deferred.Explanation, Does.Contain(reply).And.Contain("clear text").And.Contain("TLS is required"));
    }

    /// <summary>SMTP-03. RFC 5321 §4.2.1: under TLS the same words are the server's own.</summary>
    [Test]
    public async Task A_refusal_of_EHLO_under_TLS_fails_for_good()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.EhloAfterTls, SmtpFault.Reply("550 go away")).On(SmtpPhase.Helo, SmtpFault.Reply("550 go away"));
        Assert.That((await internet.SendAsync()).Failed().Failure, Is.EqualTo(FailureCode.RefusedForGood));
    }

    /// <summary>SMTP-02, SMTP-04. RFC 5321 §4.1.1.4: a go-ahead is no answer to a message.</summary>
    [Test]
    public async Task After_a_go_ahead_in_place_of_an_answer_the_message_may_have_been_delivered()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(SmtpPhase.FinalDot, SmtpFault.Reply("354 what"));
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.MayHaveBeenDelivered), Is.EqualTo((FailureCode.FinalReplyLost, true)));
        Assert.That(deferred.Explanation, Does.Contain("354 what"));
        Assert.That(internet.MxHost(Mx2).Sessions, Is.Empty);
    }

    /// <summary>SMTP-02. RFC 5321 §4.2: a multi-line negative reply is one reply.</summary>
    [Test]
    public async Task The_lines_of_a_reply_belong_together()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).OnRecipient("b@example.test", SmtpFault.Reply("450-a", "450 b"));
        DeliveryResult result = await internet.SendAsync([One, "c@example.test"]);
        Assert.That(result.Deferred().Reply!.ToString(), Is.EqualTo("450 a b"));
        result.Delivered("c@example.test");
    }

    /// <summary>SMTP-02. RFC 5321 §4.2: codes begin with 2 to 5.</summary>
    [TestCase(SmtpPhase.Mail, "199 odd")]
    [TestCase(SmtpPhase.Mail, "600 odd")]
    [TestCase(SmtpPhase.Rcpt, "000")]
    [TestCase(SmtpPhase.Rcpt, "25")]
    [TestCase(SmtpPhase.Rcpt, "2500 odd")]
    [TestCase(SmtpPhase.Data, "999")]
    [TestCase(SmtpPhase.Greeting, "ready")]
    [TestCase(SmtpPhase.Greeting, "SSH-2.0-OpenSSH")]
    public async Task What_is_no_reply_defers(SmtpPhase phase, string line)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(phase, SmtpFault.Reply(line));
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.MayHaveBeenDelivered), Is.EqualTo((FailureCode.ProtocolViolation, false)));
        Assert.That(internet.Messages, Is.Empty);
    }

    /// <summary>SMTP-04. RFC 5321 §3.8.</summary>
    [TestCase(SmtpPhase.Connect)]
    [TestCase(SmtpPhase.Greeting)]
    [TestCase(SmtpPhase.Ehlo)]
    [TestCase(SmtpPhase.StartTls)]
    [TestCase(SmtpPhase.EhloAfterTls)]
    [TestCase(SmtpPhase.Mail)]
    [TestCase(SmtpPhase.Rcpt)]
    [TestCase(SmtpPhase.Data)]
    public async Task A_connection_lost_before_the_message_leads_to_the_next_host(SmtpPhase phase)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(phase, phase == SmtpPhase.Data ? SmtpFault.Drop : SmtpFault.Reset);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(internet.Messages, Has.Count.EqualTo(1));
    }

    /// <summary>SMTP-04. RFC 5321 §3.8.</summary>
    [Test]
    public async Task A_connection_lost_everywhere_defers()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Reset);
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.Stage, deferred.MayHaveBeenDelivered), Is.EqualTo((FailureCode.ConnectionLost, DeliveryStage.Session, false)));
    }

    /// <summary>SMTP-04. RFC 5321 §3.8, §4.5.3.2.6: another try would make a duplicate.</summary>
    [TestCase("reset")]
    [TestCase("drop")]
    [TestCase("silence")]
    [TestCase("garbage")]
    public async Task When_the_reply_to_the_whole_message_is_lost_no_other_host_is_tried(string how)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(SmtpPhase.FinalDot, how switch
        {
            "reset" => SmtpFault.Reset,
            "drop" => SmtpFault.Drop,
            "silence" => SmtpFault.Stall,
            _ => SmtpFault.Garbage,
        });
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.Stage, deferred.MayHaveBeenDelivered), Is.EqualTo((FailureCode.FinalReplyLost, DeliveryStage.Transaction, true)));
        Assert.That(internet.MxHost(Mx2).Sessions, Is.Empty);
    }

    /// <summary>SMTP-04. RFC 5321 §3.8.</summary>
    [Test]
    public async Task A_long_message_cut_off_in_the_middle_was_certainly_not_delivered_and_goes_to_the_next_host()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(SmtpPhase.Content, SmtpFault.Reset);
        string message = LongMessage;
        DeliveryResult result = await internet.SendAsync(message: message);
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(internet.Messages.Single().Content.Length, Is.EqualTo(message.Length));
    }

    /// <summary>SMTP-05. RFC 5321 §3.8.</summary>
    [TestCase(SmtpPhase.Greeting)]
    [TestCase(SmtpPhase.Ehlo)]
    [TestCase(SmtpPhase.Helo)]
    [TestCase(SmtpPhase.StartTls)]
    [TestCase(SmtpPhase.EhloAfterTls)]
    [TestCase(SmtpPhase.Mail)]
    [TestCase(SmtpPhase.Rcpt)]
    [TestCase(SmtpPhase.Data)]
    [TestCase(SmtpPhase.FinalDot)]
    public async Task A_421_ends_the_session_and_leads_to_the_next_host(SmtpPhase phase)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1, Mx2);
        FakeMxHost closing = internet.MxHost(Mx1).On(phase, SmtpFault.Reply("421 4.3.2 closing"));
        if (phase == SmtpPhase.Helo)
        {
            closing.HeloOnly();
        }

        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(internet.Messages, Has.Count.EqualTo(1));
        SmtpTranscript only = closing.Sessions.Single();
        await only.WaitForEndAsync();
        int after = only.Lines.ToList().FindIndex(line => line.Text.StartsWith("421", StringComparison.Ordinal));
        // RCPT goes out together with MAIL, and RSET with the message.
        string[] onTheirWay = phase == SmtpPhase.Mail ? ["RCPT TO:<b@example.test>"] : phase == SmtpPhase.FinalDot ? ["RSET", "QUIT"] : ["QUIT"];
        Assert.That(only.Lines.Skip(after + 1).Where(line => line.Direction == SmtpDirection.Client).Select(line => line.Text), Is.SubsetOf(onTheirWay));
    }

    /// <summary>SMTP-05. RFC 5321 §3.8.</summary>
    [TestCase(SmtpPhase.Greeting)]
    [TestCase(SmtpPhase.Mail)]
    [TestCase(SmtpPhase.Rcpt)]
    [TestCase(SmtpPhase.Data)]
    [TestCase(SmtpPhase.FinalDot)]
    public async Task A_421_from_the_only_host_defers_with_its_reply(SmtpPhase phase)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(phase, SmtpFault.Reply("421 4.3.2 closing").ThenDrop());
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.Reply?.Code, deferred.Status.ToString(), deferred.MayHaveBeenDelivered), Is.EqualTo((FailureCode.ServiceClosing, (int?)421, "4.3.2", false)));
    }

    /// <summary>SMTP-05. RFC 5321 §3.8: a 421 to one recipient is no answer about that recipient.</summary>
    [Test]
    public async Task A_421_to_the_second_recipient_sends_none_of_them_here()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        FakeMxHost closing = internet.MxHost(Mx1).OnRecipient("c@example.test", SmtpFault.Reply("421 4.7.0 too busy"));
        DeliveryResult result = await internet.SendAsync([One, "c@example.test", "d@example.test"]);
        Assert.That(result.Outcomes.Select(outcome => (outcome is RecipientOutcome.Delivered, outcome.MxHost)), Has.All.EqualTo((true, Mx2)));
        Assert.That(closing.Sessions.Single().Commands, Has.No.Member("DATA"));
    }

    /// <summary>SMTP-20. RFC 5321 §4.1.1.10.</summary>
    [TestCase("drop")]
    [TestCase("reset")]
    [TestCase("silence")]
    [TestCase("421 no")]
    [TestCase("554 no")]
    [TestCase("garbage")]
    [TestCase("flood")]
    public async Task What_happens_at_QUIT_changes_nothing(string how)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(SmtpPhase.Quit, how switch
        {
            "drop" => SmtpFault.Drop,
            "reset" => SmtpFault.Reset,
            "silence" => SmtpFault.Stall,
            "garbage" => SmtpFault.Garbage,
            "flood" => SmtpFault.Flood,
            _ => SmtpFault.Reply(how),
        });
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx1));
        Assert.That(result.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
    }

    /// <summary>SMTP-22. RFC 2034 §3, RFC 3463 §2.</summary>
    [TestCase("550", "5.1.1 no such user", "5.1.1")]
    [TestCase("550", "4.2.2 wrong class", "5.0.0")]
    [TestCase("550", "see 5.1.1", "5.0.0")]
    [TestCase("550", "5.1.1x", "5.0.0")]
    [TestCase("550", "5.1", "5.0.0")]
    [TestCase("550", "5.01.1 leading zero", "5.0.0")]
    [TestCase("550", "5.1000.1", "5.0.0")]
    [TestCase("550", "5.7.999", "5.7.999")]
    [TestCase("451", "4.7.1 greylisted", "4.7.1")]
    [TestCase("451", "5.7.1 wrong class", "4.0.0")]
    [TestCase("451", "2.0.0 wrong class", "4.0.0")]
    public async Task An_enhanced_status_counts_when_it_stands_first_and_agrees_with_the_code(string code, string text, string status)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Reply($"{code} {text}"));
        RecipientOutcome outcome = (await internet.SendAsync()).For(One);
        Assert.That(outcome, code[0] == '5' ? Is.InstanceOf<RecipientOutcome.Failed>() : Is.InstanceOf<RecipientOutcome.Deferred>());
        Assert.That(outcome.Status.ToString(), Is.EqualTo(status));
    }

    /// <summary>SMTP-22. RFC 2034 §4.</summary>
    [Test]
    public async Task The_status_of_a_reply_of_several_lines_is_told_once()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Reply("550-5.7.1 a", "550 5.7.1 b"));
        RecipientOutcome.Failed failed = (await internet.SendAsync()).Failed();
        Assert.That((failed.Status.ToString(), failed.Reply!.ToString()), Is.EqualTo(("5.7.1", "550 5.7.1 a b")));
    }

    /// <summary>EXT-10. RFC 1870 §6.2, §6.4.</summary>
    [TestCase(SmtpPhase.Mail, "452 4.3.1 no room", false)]
    [TestCase(SmtpPhase.Mail, "552 5.3.4 too big", true)]
    [TestCase(SmtpPhase.Rcpt, "452 4.2.2 mailbox full", false)]
    [TestCase(SmtpPhase.Rcpt, "552 5.2.2 mailbox full", true)]
    [TestCase(SmtpPhase.Data, "452 4.3.1 no room", false)]
    [TestCase(SmtpPhase.Data, "552 5.3.4 too big", true)]
    [TestCase(SmtpPhase.FinalDot, "452 4.3.1 no room", false)]
    [TestCase(SmtpPhase.FinalDot, "552 5.3.4 too big", true)]
    public async Task Out_of_room_is_temporary_and_too_big_is_permanent(SmtpPhase phase, string reply, bool permanent)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(phase, SmtpFault.Reply(reply));
        DeliveryResult result = await internet.SendAsync();
        RecipientOutcome outcome = permanent ? result.Failed() : result.Deferred();
        Assert.That(outcome.Status.ToString(), Is.EqualTo(reply.Split(' ')[1]));
        Assert.That(internet.Messages, Is.Empty);
    }

    /// <summary>EXT-10. RFC 1870 §6.2: one mailbox that is full is one recipient's trouble.</summary>
    [Test]
    public async Task A_full_mailbox_concerns_its_own_recipient_only()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).OnRecipient(One, SmtpFault.Reply("552 5.2.2 mailbox full"));
        DeliveryResult result = await internet.SendAsync([One, "c@example.test"]);
        Assert.That(result.Failed().Status.ToString(), Is.EqualTo("5.2.2"));
        result.Delivered("c@example.test");
        Assert.That(internet.Messages, Has.Count.EqualTo(1));
    }

    private static string[] Said(FakeInternet internet, string verb) =>
        [.. internet.MxHost(Mx1).Sessions.SelectMany(session => session.Lines).Where(line => line.Direction == SmtpDirection.Client && line.Text.StartsWith(verb, StringComparison.Ordinal)).Select(line => line.Text)];
}
