using System.Text;
using MimeKit;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests.Notices;

/// <summary>Notices about mail with addresses or header fields beyond ASCII. RFC 6533.</summary>
public sealed class InternationalNoticeTests
{
    private static readonly NoticeRecipient Expired = Notes.Expired(Notes.Deferred(FailureCode.ConnectFailed, explanation: "Grüße nach nirgendwo."));

    /// <summary>EAI-06. RFC 6533 §3, §4.</summary>
    [TestCase("noreply@shop.example", "jane@example.test", null, "message/delivery-status", "rfc822; jane@example.test", null)]
    [TestCase("noreply@shop.example", "jürgen@example.test", null, "message/global-delivery-status", "utf-8; jürgen@example.test", null)]
    [TestCase("jörg@shop.example", "jane@example.test", null, "message/global-delivery-status", "rfc822; jane@example.test", null)]
    [TestCase("noreply@shop.example", "jane@example.test", "utf-8;jürgen@example.test", "message/global-delivery-status", "rfc822; jane@example.test", "utf-8; jürgen@example.test")]
    [TestCase("noreply@shop.example", "jane@example.test", "utf-8;j\\x{FC}rgen@example.test", "message/delivery-status", "rfc822; jane@example.test", "utf-8; j\\x{FC}rgen@example.test")]
    [TestCase("noreply@shop.example", "jane@xn--bcher-kva.example", null, "message/delivery-status", "rfc822; jane@xn--bcher-kva.example", null)]
    public void The_form_for_UTF_8_is_used_where_an_address_needs_it(string sender, string recipient, string? original, string type, string final, string? first)
    {
        Notes.Read notice = Notes.One(Notes.Message(sender: sender), Expired.To(recipient, original));
        Assert.That(((MultipartReport)notice.Message.Body!)[1].ContentType.MimeType, Is.EqualTo(type));
        Assert.That(notice.Field("Final-Recipient"), Is.EqualTo(final));
        Assert.That(notice.Field("Original-Recipient"), Is.EqualTo(first));
        Assert.That(notice.Text, Does.Contain("  " + recipient));
    }

    /// <summary>EAI-06. A sender with an ASCII address need not have a server with SMTPUTF8 or 8BITMIME, and still gets its notice.</summary>
    [TestCase("Subject: Grüße\r\nFrom: jörg@shop.example\r\n\r\nbody\r\n", false)]
    [TestCase("Subject: Grüße\r\nFrom: jörg@shop.example\r\n\r\nGrüße\r\n", true)]
    [TestCase("Subject: hello\r\n\r\nGrüße\r\n", false)]
    public void A_notice_to_an_ASCII_address_is_ASCII(string content, bool full)
    {
        MessageContent notice = Notes.Write(Notes.Message(content, full: full), Notes.Options(), Expired.To("jürgen@example.test", "utf-8;jürgen@example.test"));
        Assert.That(Ascii.IsValid(notice.Octets.Span));
        Assert.That(Notes.Read.From(notice).Field("Final-Recipient"), Is.EqualTo("utf-8; jürgen@example.test"));
    }

    /// <summary>EAI-06. RFC 6533 §5: message/global-headers, or message/global for the whole.</summary>
    [TestCase(false, "message/global-headers", "Subject: Grüße\r\n")]
    [TestCase(true, "message/global", "Subject: Grüße\r\n\r\nbody\r\n")]
    public void A_header_in_UTF_8_comes_back_as_it_is(bool full, string type, string returned)
    {
        Notes.Read notice = Notes.One(Notes.Message("Subject: Grüße\r\n\r\nbody\r\n", full: full), Expired);
        Assert.That(notice.Returned.ContentType.MimeType, Is.EqualTo(type));
        Assert.That(notice.ReturnedText, Is.EqualTo(returned));
    }

    /// <summary>EAI-06. A sender whose own address is beyond ASCII is written to in UTF-8.</summary>
    [Test]
    public void A_notice_to_an_address_beyond_ASCII_names_it_as_it_is()
    {
        Notes.Read notice = Notes.One(Notes.Message("Subject: Grüße\r\n\r\nbody\r\n", sender: "jörg@shop.example"), Expired.To("jürgen@example.test"));
        Assert.That(notice.Raw, Does.Contain("\r\nTo: jörg@shop.example\r\n").And.Contain("\r\nSubject: Not delivered: Grüße\r\n").And.Contain("\r\nFinal-Recipient: utf-8; jürgen@example.test\r\n"));
        Assert.That(notice.Content.HasEightBitHeader);
        Assert.That(notice.Content.Fault, Is.Null);
    }

    /// <summary>EAI-06. RFC 3464 §2.1.1: a part that is ASCII stays so, whatever a server says.</summary>
    [Test]
    public void A_reply_beyond_ASCII_is_written_in_ASCII_where_the_part_is()
    {
        Notes.Read plain = Notes.One(Expired), international = Notes.One(Expired.To("jürgen@example.test"));
        Assert.That(plain.Field("Diagnostic-Code"), Is.EqualTo("x-mtasts-delivery; Gr??e nach nirgendwo."));
        Assert.That(international.Field("Diagnostic-Code"), Is.EqualTo("x-mtasts-delivery; Grüße nach nirgendwo."));
        Assert.That(plain.Text, Does.Contain("Grüße nach nirgendwo."));
    }
}
