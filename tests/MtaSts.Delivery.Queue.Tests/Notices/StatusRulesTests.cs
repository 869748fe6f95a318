using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests.Notices;

public sealed class StatusRulesTests
{
    private static IEnumerable<TestCaseData> Statuses()
    {
        yield return Case(Notes.Refused(Notes.NoSuchUser()), NoticeAction.Failed, "5.1.1", "the server's own");
        yield return Case(Notes.Refused(Notes.NoSuchUser(Notes.Reply(550, "no"), new EnhancedStatus(5, 0, 0))), NoticeAction.Failed, "5.0.0", "a 5yz reply without a status");
        yield return Case(Notes.Refused(Notes.NoSuchUser(status: new EnhancedStatus(4, 1, 1))), NoticeAction.Failed, "5.0.0", "a refusal never has a status that says otherwise");
        yield return Case(Notes.Refused(Notes.Failed(FailureCode.NullMx)), NoticeAction.Failed, "5.1.10", "what this sender found");
        yield return Case(Notes.Expired(Notes.Deferred(FailureCode.CertificateHostMismatch)), NoticeAction.Failed, "5.7.5", "a refusal by policy, in the end");
        yield return Case(Notes.Expired(Notes.Deferred(FailureCode.StartTlsNotOffered)), NoticeAction.Failed, "5.7.4", "the same without STARTTLS");
        yield return Case(Notes.Expired(Notes.Deferred(FailureCode.HostNotPermitted)), NoticeAction.Failed, "5.7.5", "the same when no host is permitted");
        yield return Case(Notes.Expired(Notes.Deferred(FailureCode.ConnectFailed)), NoticeAction.Failed, "5.4.7", "no host was reached");
        yield return Case(Notes.Expired(Notes.Deferred(FailureCode.RefusedForNow, Notes.Reply(450, "4.2.2 mailbox full"))), NoticeAction.Failed, "4.2.2", "what the server said stays as it said it, RFC 3463 §2");
        yield return Case(Notes.Expired(Notes.Deferred(FailureCode.RefusedForNow, Notes.Reply(450, "try later"))), NoticeAction.Failed, "5.4.7", "a 4yz reply without a status");
        yield return Case(Notes.Expired(Notes.Deferred(FailureCode.RefusedBeforeTls, Notes.Reply(554, "5.7.1 go away"))), NoticeAction.Failed, "5.7.0", "a reply that anybody could have said");
        yield return Case(Notes.Expired(null), NoticeAction.Failed, "5.4.7", "never tried");
        yield return Case(Notes.Dropped(null), NoticeAction.Failed, "5.0.0", "the operator's decision");
        yield return Case(Notes.Dropped(Notes.Deferred(FailureCode.ConnectFailed)), NoticeAction.Failed, "5.0.0", "the operator's decision, whatever was in the way");
        yield return Case(Notes.Dropped(Notes.Deferred(FailureCode.CertificateExpired)), NoticeAction.Failed, "5.7.5", "the operator's decision about a refusal by policy");
        yield return Case(Notes.Delayed(Notes.Deferred(FailureCode.CertificateExpired)), NoticeAction.Delayed, "4.7.5", "still waiting");
        yield return Case(Notes.Delayed(Notes.Deferred(FailureCode.RefusedForNow, Notes.Reply(451, "4.3.2 soon"))), NoticeAction.Delayed, "4.3.2", "still waiting for the server");
        yield return Case(Notes.Delayed(null), NoticeAction.Delayed, "4.0.0", "waiting, and not tried yet");
        yield return Case(Notes.Relayed(Notes.Delivered(Notes.Reply(250, "2.1.5 ok"))), NoticeAction.Relayed, "2.1.5", "handed on");
        yield return Case(Notes.Relayed(Notes.Delivered(Notes.Reply(250, "ok"))), NoticeAction.Relayed, "2.0.0", "handed on without a status");

        static TestCaseData Case(NoticeRecipient recipient, NoticeAction action, string status, string why) => new TestCaseData(recipient, action, status).SetArgDisplayNames(why);
    }

    /// <summary>DSN-04, DSN-10. RFC 3461 §6.3(g), RFC 3463 §2, §3, RFC 3464 §2.3.3, §2.3.4.</summary>
    [TestCaseSource(nameof(Statuses))]
    public void Each_end_has_its_action_and_its_status(NoticeRecipient recipient, NoticeAction action, string status)
    {
        Assert.That(recipient.Action, Is.EqualTo(action));
        Assert.That(StatusRules.StatusOf(recipient).ToString(), Is.EqualTo(status));
    }

    /// <summary>DSN-10. A 4.y.z stands beside "failed" only where the server itself said it.</summary>
    [Test]
    public void No_failure_of_this_senders_own_is_called_temporary()
    {
        foreach (FailureRow row in FailureTable.Rows.Where(row => row.Class == FailureClass.Temporary))
        {
            Assert.That(StatusRules.StatusOf(Notes.Expired(Notes.Deferred(row.Code))).Class, Is.EqualTo(5), row.Code.ToString());
            Assert.That(StatusRules.StatusOf(Notes.Delayed(Notes.Deferred(row.Code))).Class, Is.EqualTo(4), row.Code.ToString());
        }
    }

    /// <summary>DSN-09. RFC 3461 §4.3.</summary>
    [TestCase(true, NoticeAction.Failed, 1000, true)]
    [TestCase(true, NoticeAction.Failed, 10, false)]
    [TestCase(true, NoticeAction.Delayed, 1000, false)]
    [TestCase(true, NoticeAction.Relayed, 1000, false)]
    [TestCase(false, NoticeAction.Failed, 1000, false)]
    public void The_whole_message_comes_back_with_a_failure_when_it_was_asked_for_and_is_not_too_long(bool asked, NoticeAction action, int limit, bool full) =>
        Assert.That(StatusRules.ReturnsFull(Notes.Message(full: asked) with { Recipients = [Notes.Delayed(null) with { Action = action }] }, limit), Is.EqualTo(full));

    [Test]
    public void Refusals_by_policy_are_those_of_policy_and_TLS()
    {
        FailureCode[] byPolicy = [.. FailureTable.Rows.Where(row => row.Class == FailureClass.Temporary).Select(row => row.Code).Where(code => StatusRules.IsByPolicy(Notes.Expired(Notes.Deferred(code)).LastAttempt))];
        Assert.That(byPolicy, Is.EqualTo([
            FailureCode.PolicyRequired, FailureCode.HostNotPermitted, FailureCode.StartTlsNotOffered, FailureCode.StartTlsRefused, FailureCode.StartTlsInjected, FailureCode.HandshakeFailed,
            FailureCode.CertificateHostMismatch, FailureCode.CertificateExpired, FailureCode.CertificateNotYetValid, FailureCode.CertificateNotTrusted,
            FailureCode.TlsaMismatch, FailureCode.TlsaUnavailable, FailureCode.TlsaMissing]));
    }
}
