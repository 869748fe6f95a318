using System.Text;
using MimeKit;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue.Notices;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests.Notices;

/// <summary>Notices, read again field by field.</summary>
public sealed class NoticeTests
{
    private static readonly NoticeRecipient PolicyExpired = Notes.Expired(Notes.Deferred(FailureCode.CertificateHostMismatch));

    /// <summary>DSN-06. RFC 3461 §5.2, RFC 5321 §6.1.</summary>
    [Test]
    public void There_is_no_notice_about_a_message_with_the_null_sender() =>
        Assert.That(() => Notes.One(Notes.Message(sender: ""), PolicyExpired), Throws.ArgumentException.With.Message.Contains("null sender"));

    /// <summary>DSN-09. RFC 3461 §6.2, RFC 3464 §2, RFC 3834 §5, RFC 6522.</summary>
    [Test]
    public void The_header_of_a_notice_says_what_it_is()
    {
        Notes.Read notice = Notes.One(Notes.Message("From: a@b.example\r\nSubject: Hi\r\nMessage-ID: <1@shop.example>\r\nReferences: <0@shop.example>\r\n\r\n"), Notes.Refused(Notes.NoSuchUser()));
        MimeMessage message = notice.Message;
        Assert.That(message.From.ToString(), Is.EqualTo("\"Mail Delivery System\" <MAILER-DAEMON@mail.shop.example>"));
        Assert.That(message.To.ToString(), Is.EqualTo("noreply@shop.example"));
        Assert.That(message.Subject, Is.EqualTo("Not delivered: Hi"));
        Assert.That(message.Date, Is.EqualTo(Notes.Now));
        Assert.That(message.MessageId, Does.Match("^4711\\.[0-9a-f]{16}@mail\\.shop\\.example$"));
        Assert.That(message.InReplyTo, Is.EqualTo("1@shop.example"));
        Assert.That(message.References, Is.EqualTo((string[])["0@shop.example", "1@shop.example"]));
        Assert.That(message.Headers["Auto-Submitted"], Is.EqualTo("auto-replied"));
        Assert.That(message.Body!.ContentType.IsMimeType("multipart", "report"));
        Assert.That(message.Body!.ContentType.Parameters["report-type"], Is.EqualTo("delivery-status"));
        Assert.That(((Multipart)message.Body).Select(part => part.ContentType.MimeType), Is.EqualTo((string[])["text/plain", "message/delivery-status", "text/rfc822-headers"]));
    }

    /// <summary>DSN-09, DSN-10. RFC 3464 §2.2, §2.3.</summary>
    [Test]
    public void A_refusal_has_all_its_fields()
    {
        Notes.Read notice = Notes.One(Notes.Message(envelopeId: "order+4711=x"), Notes.Refused(Notes.NoSuchUser()).To("jane@example.test", "rfc822;Jane@Example.TEST"));
        Assert.That(notice.PerMessage.Select(field => (field.Field, field.Value)), Is.EqualTo(((string, string)[])[
            ("Original-Envelope-Id", "order+4711=x"),
            ("Reporting-MTA", "dns; mail.shop.example"),
            ("Arrival-Date", "Thu, 15 Jan 2026 12:00:00 +0000"),
            ("X-MtaSts-Delivery-Queue-Id", "4711"),
        ]));
        Assert.That(notice.PerRecipient.Single().Select(field => (field.Field, field.Value)), Is.EqualTo(((string, string)[])[
            ("Original-Recipient", "rfc822; Jane@Example.TEST"),
            ("Final-Recipient", "rfc822; jane@example.test"),
            ("Action", "failed"),
            ("Status", "5.1.1"),
            ("Remote-MTA", "dns; mx1.example.test"),
            ("Diagnostic-Code", "smtp; 550 5.1.1 no such user"),
            ("Last-Attempt-Date", "Mon, 19 Jan 2026 12:00:00 +0000"),
        ]));
    }

    /// <summary>DSN-09. RFC 3461 §6.3: what was not given is not made up.</summary>
    [Test]
    public void What_the_sender_did_not_give_is_not_there()
    {
        Notes.Read notice = Notes.One(Notes.Expired(null));
        Assert.That(notice.PerMessage.Contains("Original-Envelope-Id"), Is.False);
        Assert.That(notice.PerRecipient.Single().Select(field => field.Field), Is.EqualTo((string[])["Final-Recipient", "Action", "Status"]));
    }

    /// <summary>DSN-09. RFC 3464 §2.3.9: only what will be tried again has an end.</summary>
    [Test]
    public void A_warning_says_until_when_it_is_tried()
    {
        Notes.Read notice = Notes.One(Notes.Delayed(Notes.Deferred(FailureCode.CertificateHostMismatch)));
        Assert.That(notice.Field("Action"), Is.EqualTo("delayed"));
        Assert.That(notice.Field("Will-Retry-Until"), Is.EqualTo("Tue, 20 Jan 2026 12:00:00 +0000"));
        Assert.That(notice.Message.Subject, Is.EqualTo("Delayed: Your new password"));
        Assert.That(notice.Words, Does.StartWith("Your message has not yet been delivered to the recipient below. This is only a warning: you need not send the message again.")
            .And.Contain("tried again until 2026-01-20 12:00 UTC."));
    }

    /// <summary>DSN-04. RFC 3461 §5.2.2(b).</summary>
    [Test]
    public void A_message_that_was_handed_on_without_DSN_is_relayed()
    {
        Notes.Read notice = Notes.One(Notes.Relayed(Notes.Delivered(Notes.Reply(250, "2.0.0 queued as 7"))));
        Assert.That((notice.Field("Action"), notice.Field("Status"), notice.Field("Remote-MTA"), notice.Field("Diagnostic-Code")), Is.EqualTo(("relayed", "2.0.0", "dns; mx1.example.test", "smtp; 250 2.0.0 queued as 7")));
        Assert.That(notice.Words, Does.Contain("sends no notices of success"));
    }

    /// <summary>DSN-11, DSN-10. A refusal by policy names policy, id, mode, MX host and what failed, and says what can be done.</summary>
    [Test]
    public void A_refusal_by_policy_is_told_so_that_somebody_can_act()
    {
        Notes.Read notice = Notes.One(PolicyExpired);
        Assert.That(notice.Field("Status"), Is.EqualTo("5.7.5"));
        Assert.That(notice.Field("Diagnostic-Code"), Is.EqualTo("x-mtasts-delivery; " + Notes.PolicySentence));
        Assert.That(notice.Text.ReplaceLineEndings("\n"), Is.EqualTo("""
            Your message could not be delivered to the recipient below. It will not be
            tried again.

              jane@example.test
                The time in which this mail system tries to deliver the message is over.
                The last try: No MX host of example.test met its MTA-STS policy (mode
                enforce, id 20260115), so the message was not handed over.
                mx1.example.test [192.0.2.1]: the certificate does not name
                mx1.example.test: it names mail.elsewhere.test.
                Mail to this recipient is handed over only to the mail hosts that are
                named for it, and only by TLS with a valid certificate (MTA-STS, RFC
                8461). The hosts that were found did not meet that, and a host that does
                not may be anybody's, so none of them has got the message.
                What can be done: The recipient's administrator must install a
                certificate with the MX host's name among its subject alternative names.
                Tell the recipient by another way; this notice, forwarded to their
                administrator, says all that is needed. Then send the message again.

            The message:
              subject     Your new password
              from        noreply@shop.example
              accepted    2026-01-15 12:00 UTC
              Message-ID  <1@shop.example>
              queue id    4711

            Below are a report for programs (RFC 3464) and the header of the message. An
            answer to this notice reaches nobody who could help, and is not needed.

            """.ReplaceLineEndings("\n")));
    }

    /// <summary>DSN-11. The body, which may hold a secret, stays here unless the sender asked for it.</summary>
    [Test]
    public void Only_the_header_comes_back_unless_the_whole_was_asked_for()
    {
        Notes.Read notice = Notes.One(Notes.Message(), PolicyExpired);
        Assert.That(notice.ReturnedText, Is.EqualTo("From: noreply@shop.example\r\nTo: jane@example.test\r\nSubject: Your new password\r\nMessage-ID: <1@shop.example>\r\n"));
        Assert.That(notice.Raw, Does.Not.Contain("secret body"));
        Notes.Read whole = Notes.One(Notes.Message(full: true), PolicyExpired);
        Assert.That(whole.Returned.ContentType.MimeType, Is.EqualTo("message/rfc822"));
        Assert.That(whole.ReturnedText, Does.EndWith("\r\n\r\nsecret body\r\n"));
    }

    [TestCase(FailureCode.RefusedForGood, "There is no such mailbox.")]
    [TestCase(FailureCode.DomainNotFound, "There is no such domain.")]
    [TestCase(FailureCode.NullMx, "The recipient's domain takes no mail.")]
    [TestCase(FailureCode.TooLargeForServer, "Send a smaller one")]
    [TestCase(FailureCode.SmtpUtf8Missing, "no address with letters beyond ASCII")]
    [TestCase(FailureCode.NoMailHost, "must publish an MX record")]
    [TestCase(FailureCode.MessageUnsendable, "The sender must correct the message.")]
    public void What_can_be_done_is_said(FailureCode code, string words)
    {
        RecipientOutcome.Failed outcome = code == FailureCode.RefusedForGood ? Notes.NoSuchUser() : Notes.Failed(code);
        Assert.That(Notes.One(Notes.Refused(outcome)).Words, Does.Contain("What can be done: " + words).Or.Match("What can be done: [^:]*" + words));
    }

    [Test]
    public void A_message_that_may_have_arrived_is_said_to_be_so() =>
        Assert.That(Notes.One(Notes.Expired(Notes.Deferred(FailureCode.FinalReplyLost))).Words, Does.Contain("may have reached the recipient all the same"));

    [Test]
    public void What_the_operator_dropped_is_said_to_be_so() =>
        Assert.That(Notes.One(Notes.Message() with { Reason = "sent by\r\nmistake" }, Notes.Dropped(null)).Words, Does.Contain("The operator of this mail system has taken the message out of its queue: sent by mistake The message:"));

    [Test]
    public void Whom_one_can_ask_stands_there()
    {
        NoticeOptions options = Notes.Options();
        options.Contact = "help@shop.example";
        options.From = EnvelopeAddress.Parse("postmaster@shop.example");
        options.FromName = "The shop";
        Notes.Read notice = Notes.Read.From(Notes.Write(Notes.Message(), options, PolicyExpired));
        Assert.That(notice.Words, Does.Contain("Questions: help@shop.example."));
        Assert.That(notice.Message.From.ToString(), Is.EqualTo("\"The shop\" <postmaster@shop.example>"));
    }

    [Test]
    public void Recipients_with_the_same_fate_share_one_explanation()
    {
        Notes.Read notice = Notes.One(Notes.Message(), PolicyExpired.To("a@example.test"), Notes.Refused(Notes.NoSuchUser()), PolicyExpired.To("b@example.test"));
        Assert.That(notice.Text.ReplaceLineEndings("\n"), Does.Contain("  a@example.test\n  b@example.test\n    The time").And.Contain("the 3 recipients below"));
        Assert.That(notice.PerRecipient.Select(group => group["Final-Recipient"]), Is.EqualTo((string[])["rfc822; a@example.test", "rfc822; jane@example.test", "rfc822; b@example.test"]));
    }

    [Test]
    public void A_thousand_fates_are_told_in_part_to_people_and_in_full_to_programs()
    {
        Notes.Read notice = Notes.One(Notes.Message(), [.. Enumerable.Range(0, 1000).Select(i => Notes.Expired(Notes.Deferred(FailureCode.ConnectFailed, explanation: FormattableString.Invariant($"Host {i} is silent."))).To(FormattableString.Invariant($"user{i}@example.test")))]);
        Assert.That(notice.Words, Does.Contain("Host 49 is silent.").And.Not.Contain("Host 50 is silent.").And.Contain("The other 950 recipients stand in the report below."));
        Assert.That(notice.PerRecipient.Select(group => group["Final-Recipient"]), Is.Unique.And.Exactly(1000).Items);
    }

    [Test]
    public void The_same_news_has_the_same_id_and_other_news_another()
    {
        string first = Notes.One(PolicyExpired).Message.MessageId!;
        Assert.That(Notes.One(PolicyExpired).Message.MessageId, Is.EqualTo(first));
        Assert.That(Notes.One(PolicyExpired.To("joe@example.test")).Message.MessageId, Is.Not.EqualTo(first));
        Assert.That(Notes.One(Notes.Delayed(null)).Message.MessageId, Is.Not.EqualTo(first));
    }

    [Test]
    public void Whom_the_sender_meant_is_told_beside_whom_it_became() =>
        Assert.That(Notes.One(PolicyExpired.To("jane@example.test", "rfc822;sales@shop.example")).Text, Does.Contain("  jane@example.test (sent to sales@shop.example)\r\n"));

    [Test]
    public void A_long_reply_is_folded_and_cut()
    {
        RecipientOutcome.Failed refused = Notes.NoSuchUser(Notes.Reply(550, [.. Enumerable.Repeat("5.1.1 " + new string('x', 500), 10)]));
        Notes.Read notice = Notes.One(Notes.Refused(refused));
        Assert.That(notice.Field("Diagnostic-Code")!.Length, Is.LessThan(1100));
        Assert.That(notice.Field("Diagnostic-Code"), Does.EndWith("..."));
        Assert.That(notice.Raw.Split("\r\n").Max(line => line.Length), Is.LessThanOrEqualTo(998));
    }

    [Test]
    public void A_header_that_is_too_long_comes_back_as_far_as_its_fields_are_whole()
    {
        string fields = string.Concat(Enumerable.Range(0, 2000).Select(i => FormattableString.Invariant($"X-{i}: {new string('a', 60)}\r\n {new string('b', 60)}\r\n")));
        Notes.Read notice = Notes.One(Notes.Message("Subject: long\r\n" + fields + "\r\nbody\r\n"), PolicyExpired);
        Assert.That(notice.ReturnedText.Length, Is.InRange(60_000, 65_536));
        Assert.That(notice.ReturnedText, Does.EndWith("bbb\r\n"));
    }

    [TestCase("\r\nbody only\r\n", "(none)")]
    [TestCase("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n", "Grüße")]
    [TestCase("Subject: a\r\n folded subject\r\n\r\n", "a folded subject")]
    [TestCase("Subject: =?utf-8?q?a=0D=0AInjected=3A_b?=\r\n\r\n", "aInjected: b")]
    public void The_subject_is_quoted_on_one_line(string content, string subject)
    {
        Notes.Read notice = Notes.One(Notes.Message(content), PolicyExpired);
        Assert.That(notice.Text, Does.Contain($"  subject     {subject}\r\n"));
        Assert.That(notice.Message.Headers.Contains("Injected"), Is.False);
    }

    [TestCase("Message-ID: <a b@c>\r\n\r\n")]
    [TestCase("Message-ID: <é@shop.example>\r\n\r\n")]
    [TestCase("Message-ID: <\"a\"@c>\r\n\r\n")]
    [TestCase("Message-ID: <a@b@c>\r\n\r\n")]
    [TestCase("Message-ID: <=?utf-8?q?x?=@c>\r\n\r\n")]
    [TestCase("Message-ID: a@c\r\n\r\n")]
    [TestCase("Message-ID:\r\n\r\n")]
    [TestCase("Subject: none\r\n\r\n")]
    public void An_id_that_cannot_be_repeated_is_not(string content)
    {
        Notes.Read notice = Notes.One(Notes.Message(content), PolicyExpired);
        Assert.That(notice.Message.InReplyTo, Is.Null);
        Assert.That(notice.Message.Headers.Contains("References"), Is.False);
    }

    [TestCase("localhost", "ReportingMta")]
    [TestCase("a b.example", "ReportingMta")]
    [TestCase("mail.example\r\nBcc: x", "ReportingMta")]
    public void A_host_without_a_full_name_is_refused(string host, string option) =>
        Assert.That(() => new NoticeWriter(new NoticeOptions { ReportingMta = host }), Throws.ArgumentException.With.Message.Contains(option));

    [Test]
    public void Options_out_of_range_are_named()
    {
        var options = new NoticeOptions { FromName = new string('x', 101), Contact = new string('x', 301), MaxReturned = -1 };
        Assert.That(options.Validate(), Has.Exactly(3).Items);
    }

    [Test]
    public void Without_options_a_notice_names_a_host_that_is_this_one_or_nobodys()
    {
        Notes.Read notice = Notes.Read.From(Notes.Write(Notes.Message(), new NoticeOptions(), PolicyExpired));
        Assert.That(notice.PerMessage["Reporting-MTA"], Does.Match(@"^dns; [a-z0-9-]+(\.[a-z0-9-]+)+$"));
    }

    [Test]
    public void A_header_in_an_old_character_set_comes_back_octet_by_octet()
    {
        byte[] octets = Encoding.Latin1.GetBytes("X-Old: é\r\n\r\n");
        Notes.Read notice = Notes.One(Notes.Message(octets), PolicyExpired);
        using var stream = new MemoryStream();
        ((MimePart)notice.Returned).Content!.DecodeTo(stream);
        Assert.That(stream.ToArray(), Is.EqualTo(octets[..^2]));
        Assert.That(Ascii.IsValid(notice.Raw));
    }

    [Test]
    public void A_message_that_no_encoding_reaches_comes_back_as_its_header()
    {
        // 8-bit text in a part that calls itself encoded: a server without 8BITMIME could never take it.
        string content = "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nprologue é\r\n--b\r\nContent-Type: text/plain; name=\"é\"\r\n\r\nx\r\n--b--\r\n";
        Notes.Read notice = Notes.One(Notes.Message(content, full: true), PolicyExpired);
        Assert.That(notice.Returned.ContentType.MimeType, Is.EqualTo("text/rfc822-headers"));
        Assert.That(notice.Words, Does.Contain("and the header of the message"));
    }

    [Test]
    public void A_message_that_cannot_be_sent_is_quoted_in_a_notice_that_can()
    {
        NoticeRequest message = Notes.Message("Subject: a\0b\r\nDKIM-Signature: v=1\r\n\r\nbody\r\n", full: true);
        Assert.That(message.Content.Fault, Is.Not.Null);
        Notes.Read notice = Notes.One(message, Notes.Refused(Notes.Failed(FailureCode.MessageUnsendable)));
        Assert.That(notice.Content.Fault, Is.Null);
        Assert.That(notice.Returned.ContentType.MimeType, Is.EqualTo("text/rfc822-headers"));
        Assert.That(notice.Raw, Does.Contain("\r\nSubject: a=00b\r\n"));
    }

    [Test]
    public void An_8_bit_body_comes_back_as_it_is()
    {
        Notes.Read notice = Notes.One(Notes.Message("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n", full: true), PolicyExpired);
        Assert.That(notice.Returned.ContentType.MimeType, Is.EqualTo("message/rfc822"));
        Assert.That(notice.Raw, Does.Contain("\r\n\r\nGrüße\r\n"));
    }
}
