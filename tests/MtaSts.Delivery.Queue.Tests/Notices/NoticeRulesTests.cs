using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests.Notices;

public sealed class NoticeRulesTests
{
    /// <summary>DSN-05, DSN-07. RFC 3461 §4.1, §5.2.5, §5.2.6.</summary>
    [TestCase(NoticeAction.Failed, DsnNotify.None, true)]
    [TestCase(NoticeAction.Failed, DsnNotify.Failure, true)]
    [TestCase(NoticeAction.Failed, DsnNotify.Failure | DsnNotify.Success | DsnNotify.Delay, true)]
    [TestCase(NoticeAction.Failed, DsnNotify.Never, false)]
    [TestCase(NoticeAction.Failed, DsnNotify.Success, false)]
    [TestCase(NoticeAction.Failed, DsnNotify.Delay, false)]
    [TestCase(NoticeAction.Delayed, DsnNotify.None, true)]
    [TestCase(NoticeAction.Delayed, DsnNotify.Delay, true)]
    [TestCase(NoticeAction.Delayed, DsnNotify.Delay | DsnNotify.Failure, true)]
    [TestCase(NoticeAction.Delayed, DsnNotify.Failure, false)]
    [TestCase(NoticeAction.Delayed, DsnNotify.Success, false)]
    [TestCase(NoticeAction.Delayed, DsnNotify.Never, false)]
    [TestCase(NoticeAction.Relayed, DsnNotify.Success, true)]
    [TestCase(NoticeAction.Relayed, DsnNotify.Success | DsnNotify.Failure, true)]
    [TestCase(NoticeAction.Relayed, DsnNotify.None, false)]
    [TestCase(NoticeAction.Relayed, DsnNotify.Failure, false)]
    [TestCase(NoticeAction.Relayed, DsnNotify.Never, false)]
    public void The_sender_is_told_what_it_asked_for(NoticeAction action, DsnNotify notify, bool wanted)
    {
        var wishes = new RecipientDsn(notify);
        Assert.That(action switch
        {
            NoticeAction.Failed => NoticeRules.TellsFailure(wishes),
            NoticeAction.Delayed => NoticeRules.TellsDelay(wishes),
            _ => NoticeRules.TellsRelayed(wishes, Notes.Delivered(Notes.Reply(250, "ok"))),
        }, Is.EqualTo(wanted));
    }

    /// <summary>DSN-05, DSN-07. RFC 3461 §5.2.5, §5.2.6: without a word from the sender a failure and a delay are told.</summary>
    [Test]
    public void A_sender_that_wished_for_nothing_is_told_what_is_usual() => Assert.That(
        (NoticeRules.TellsFailure(null), NoticeRules.TellsDelay(null), NoticeRules.TellsRelayed(null, Notes.Delivered(Notes.Reply(250, "ok")))), Is.EqualTo((true, true, false)));

    /// <summary>DSN-04. RFC 3461 §5.2.1, §5.2.2: who was given the wish tells of success.</summary>
    [Test]
    public void A_server_that_was_given_the_wish_tells_of_success_itself()
    {
        var wishes = new RecipientDsn(DsnNotify.Success);
        Assert.That(NoticeRules.TellsRelayed(wishes, Notes.Delivered(Notes.Reply(250, "ok")) with { NoticesPassedOn = true }), Is.False);
        Assert.That(NoticeRules.TellsRelayed(wishes, Notes.NoSuchUser()), Is.False);
        Assert.That(NoticeRules.TellsRelayed(wishes, null), Is.False);
    }

    /// <summary>DSN-06. RFC 3461 §5.2, RFC 5321 §6.1.</summary>
    [Test]
    public void Nobody_is_told_about_a_notice_or_by_the_null_sender()
    {
        var sender = EnvelopeAddress.Parse("a@shop.example");
        Assert.That((NoticeRules.CanBeTold(sender, isNotice: false), NoticeRules.CanBeTold(sender, isNotice: true), NoticeRules.CanBeTold(null, isNotice: false)), Is.EqualTo((true, false, false)));
    }
}
