using System.Text;
using CsCheck;
using MimeKit;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Sessions;

public sealed class MessageContentTests
{
    /// <summary>SMTP-15. RFC 5321 §2.3.8.</summary>
    [TestCase("A: b\n\nc\n", "A: b\r\n\r\nc\r\n")]
    [TestCase("A: b\r\rc\r", "A: b\r\n\r\nc\r\n")]
    [TestCase("A: b\r\n\r\nc", "A: b\r\n\r\nc\r\n")]
    [TestCase("A: b\r\n\r\na\n.\r\nMAIL FROM:<x>\n", "A: b\r\n\r\na\r\n.\r\nMAIL FROM:<x>\r\n")]
    [TestCase("A: b\n\r\nc\r\r\n", "A: b\r\n\r\nc\r\n\r\n")]
    [TestCase("just text", "\r\njust text\r\n")]
    [TestCase("\r\nbody", "\r\nbody\r\n")]
    [TestCase("A: b", "A: b\r\n\r\n")]
    [TestCase("A: b\r\nC: d\r\n", "A: b\r\nC: d\r\n\r\n")]
    public void Every_line_ends_in_CRLF_and_a_text_without_a_header_gets_a_blank_line_in_front(string stored, string expected) =>
        Assert.That(Text(MessageContent.From(Bytes(stored))), Is.EqualTo(expected));

    [Test]
    public void An_empty_message_is_a_mistake_of_the_caller() =>
        Assert.That(() => MessageContent.From(ReadOnlyMemory<byte>.Empty), Throws.ArgumentException);

    /// <summary>EXT-11, EAI-01. RFC 6152, RFC 6531 §3.5.</summary>
    [TestCase("A: b\r\n\r\nc", false, false)]
    [TestCase("A: b\r\n\r\n\u00FC", false, true)]
    [TestCase("A: \u00FC\r\n\r\nc", true, false)]
    [TestCase("A: b\r\n\u00FC", true, false)]
    [TestCase("\u00FC", false, true)]
    public void Octets_above_127_are_seen_where_they_stand(string stored, bool header, bool body)
    {
        MessageContent content = MessageContent.From(Bytes(stored));
        Assert.That((content.HasEightBitHeader, content.HasEightBitBody), Is.EqualTo((header, body)));
    }

    [TestCase("DKIM-Signature: v=1", true)]
    [TestCase("dkim-signature: v=1", true)]
    [TestCase("ARC-Message-Signature: i=1", true)]
    [TestCase("DomainKey-Signature: a", true)]
    [TestCase("Content-Type: multipart/signed; x=y", true)]
    [TestCase("X-DKIM-Signature: v=1", false)]
    [TestCase("Subject: x\r\n\r\nDKIM-Signature: v=1", false)]
    [TestCase("DKIM-Signature : v=1", true)]
    [TestCase("ARC-Message-Signature\t: i=1", true)]
    [TestCase("Content-Type :\r\n Multipart/Signed;\r\n\tx=y", true)]
    [TestCase("Content-Type: (why not) multipart/signed", true)]
    [TestCase("Content-Type: multipart/signed; boundary=\"", true)]
    [TestCase("Content-Type: application/pkcs7-mime; smime-type=signed-data", true)]
    [TestCase("Content-Type: application/x-pkcs7-mime; smime-type=signed-data", true)]
    [TestCase("Content-Type: text/plain; name=\"multipart/signed\"", false)]
    [TestCase("Content-Type: multipart/signed-not; x=y", false)]
    [TestCase("Subject: what is multipart/signed?", false)]
    [TestCase("Subject: what is\r\n application/pkcs7-mime?", false)]
    [TestCase("Subject: x\r\n DKIM-Signature: v=1", false)]
    [TestCase("X-Note: Content-Type: multipart/signed", false)]
    public void A_signature_is_seen_in_the_header(string header, bool isSigned) =>
        Assert.That(MessageContent.From(Bytes(header + "\r\n\r\nbody")).IsSigned, Is.EqualTo(isSigned));

    /// <summary>SMTP-16. RFC 5321 §4.5.3.1.6.</summary>
    [TestCase(998, false)]
    [TestCase(999, true)]
    [TestCase(5000, true)]
    public void A_line_over_998_octets_is_encoded_anew_unless_the_message_is_signed(int length, bool tooLong)
    {
        string line = new('x', length);
        MessageContent plain = MessageContent.From(Bytes("Content-Type: text/plain\r\n\r\n" + line + "\r\n"));
        Assert.That(plain.Fault, Is.Null);
        Assert.That(Text(plain).Split("\r\n").Max(one => one.Length), Is.LessThanOrEqualTo(998));
        using MimeMessage read = MimeMessage.Load(new MemoryStream(plain.Octets.ToArray()));
        Assert.That(read.TextBody!.TrimEnd(), Is.EqualTo(line));
        MessageContent signed = MessageContent.From(Bytes("DKIM-Signature: x\r\n\r\n" + line + "\r\n"));
        Assert.That(signed.Fault is not null, Is.EqualTo(tooLong));
        Assert.That(Text(signed), Does.Contain(line));
    }

    /// <summary>SMTP-16. RFC 5321 §4.5.3.1.6, RFC 2045 §6.4: a multipart itself cannot be encoded.</summary>
    [TestCase("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n{0}\r\n", TestName = "in a multipart without a boundary")]
    [TestCase("Content-Type: multipart/mixed; boundary=a\r\n\r\n{0}\r\n--a\r\n\r\nx\r\n--a--\r\n", TestName = "in a preamble, too long")]
    [TestCase("Subject: {0}\r\n\r\nx\r\n", TestName = "in the header")]
    public void A_line_that_is_too_long_where_no_encoding_reaches_is_refused_with_the_reason(string message)
    {
        string? fault = MessageContent.From(Bytes(message.Replace("{0}", new string('x', 1500), StringComparison.Ordinal))).Fault;
        Assert.That(fault, Does.Contain("SMTP carries at most 998").And.EndsWith(", and no encoding reaches it there"));
    }

    /// <summary>SMTP-16. RFC 5321 §4.5.3.1.6.</summary>
    [Test]
    public void NUL_is_encoded_anew_unless_the_message_is_signed()
    {
        Assert.That(Text(MessageContent.From(Bytes("Content-Type: text/plain\r\n\r\na\0b\r\n"))), Does.Not.Contain('\0'));
        Assert.That(MessageContent.From(Bytes("DKIM-Signature: x\r\n\r\na\0b\r\n")).Fault, Does.Contain("NUL").And.Contain("signature"));
    }

    /// <summary>EXT-11. RFC 6152.</summary>
    [Test]
    public void Eight_bit_text_has_a_seven_bit_form_unless_it_is_signed()
    {
        MessageContent content = MessageContent.From(Encoding.UTF8.GetBytes("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ngrüße\r\n"));
        using MimeMessage read = MimeMessage.Load(new MemoryStream(content.SevenBit!.Octets.ToArray()));
        Assert.That(content.SevenBit.HasEightBitBody, Is.False);
        Assert.That(read.TextBody!.TrimEnd(), Is.EqualTo("grüße"));
        Assert.That(MessageContent.From(Bytes("DKIM-Signature: x\r\n\r\n\u00FC")).SevenBit, Is.Null);
    }

    /// <summary>EXT-11. RFC 6152 §3.</summary>
    [TestCase("Content-Type: multipart/mixed; boundary=a\r\n\r\ngr\u00FC\u00DFe\r\n--a\r\n\r\nx\r\n--a--\r\n", TestName = "in a preamble")]
    [TestCase("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\ngr\u00FC\u00DFe\r\n", TestName = "in an epilogue")]
    [TestCase("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nX-A: gr\u00FC\u00DFe\r\n\r\nx\r\n--a--\r\n", TestName = "in the header of a part")]
    [TestCase("Content-Type: message/rfc822\r\n\r\nSubject: gr\u00FC\u00DFe\r\n\r\nx\r\n", TestName = "in the header of a message within")]
    [TestCase("Content-Transfer-Encoding: base64\r\n\r\ngr\u00FC\u00DFe\r\n", TestName = "in a body that calls itself base64")]
    [TestCase("Content-Transfer-Encoding: quoted-printable\r\n\r\ngr\u00FC\u00DFe\r\n", TestName = "in a body that calls itself quoted-printable")]
    [TestCase("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\ngr\u00FC\u00DFe\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n--a--\r\n", TestName = "in a part that is signed")]
    public void Octets_above_127_that_no_encoding_reaches_have_no_seven_bit_form(string message)
    {
        MessageContent content = MessageContent.From(Bytes("MIME-Version: 1.0\r\n" + message));
        Assert.That((content.HasEightBitBody, content.IsSigned), Is.EqualTo((true, false)));
        Assert.That(content.SevenBit, Is.Null);
    }

    [Test]
    public void Bcc_stays_behind_and_the_message_is_never_changed()
    {
        using var message = new MimeMessage([new MailboxAddress("", "a@sender.example")], [new MailboxAddress("", "b@example.com")], "grüße", new TextPart("plain") { Text = "grüße " + new string('x', 2000) });
        message.Bcc.Add(new MailboxAddress("", "secret@example.com"));
        message.ResentBcc.Add(new MailboxAddress("", "secret2@example.com"));
        string before = Written(message);
        MessageContent content = MessageContent.From(message);
        Assert.That(Text(content), Does.Not.Contain("secret").And.Contain("b@example.com"));
        Assert.That(Written(message), Is.EqualTo(before));
        Assert.That(message.Bcc, Has.Count.EqualTo(1));
        Assert.That(content.HasEightBitHeader, Is.False);
    }

    [TestCase("Bcc")]
    [TestCase("bCC")]
    [TestCase("Resent-Bcc")]
    public void Bcc_stays_behind_when_the_message_has_no_body(string field)
    {
        using var message = new MimeMessage();
        message.To.Add(new MailboxAddress("", "b@example.com"));
        message.Headers.Add(field, "secret@example.com,\r\n\tsecret2@example.com");
        MessageContent content = MessageContent.From(message);
        Assert.That(Text(content), Does.Not.Contain("secret").And.Contain("To: b@example.com\r\n").And.EndsWith("\r\n\r\n"));
        Assert.That(message.Headers.Contains(field), Is.True);
    }

    /// <summary>EAI-01, EAI-02. RFC 6532 §3.</summary>
    [TestCase("b@example.com", false)]
    [TestCase("jürgen@example.com", true)]
    public void Only_an_address_that_has_no_other_form_makes_the_header_8_bit(string to, bool eightBit)
    {
        using var message = new MimeMessage([new MailboxAddress("Ä", "a@sender.example")], [new MailboxAddress("Ü", to)], "ö", new TextPart("plain") { Text = "x" });
        Assert.That(MessageContent.From(message).HasEightBitHeader, Is.EqualTo(eightBit));
    }

    /// <summary>SMTP-15. RFC 5321 §2.3.8.</summary>
    [TestCase("a\n.\r\nMAIL FROM:<x@y.example>")]
    [TestCase("a\r.\rb")]
    [TestCase("a\r.\r\nb\r")]
    public void A_part_cannot_smuggle_bare_line_ends(string text)
    {
        foreach (ContentEncoding encoding in new[] { ContentEncoding.SevenBit, ContentEncoding.EightBit, ContentEncoding.Binary })
        {
            using var message = new MimeMessage([new MailboxAddress("", "a@sender.example")], [new MailboxAddress("", "b@example.com")], "x",
                new MimePart("application", "octet-stream") { Content = new MimeContent(new MemoryStream(Bytes(text))), ContentTransferEncoding = encoding });
            string sent = Text(MessageContent.From(message));
            Assert.That(sent.Replace("\r\n", "", StringComparison.Ordinal), Does.Not.Contain('\r').And.Not.Contain('\n'), encoding.ToString());
            if (encoding == ContentEncoding.Binary)
            {
                using MimeMessage read = MimeMessage.Load(new MemoryStream(Bytes(sent)));
                using var decoded = new MemoryStream();
                ((MimePart)read.Body!).Content!.DecodeTo(decoded);
                Assert.That(Encoding.Latin1.GetString(decoded.ToArray()).TrimEnd('\r', '\n'), Is.EqualTo(text.TrimEnd('\r', '\n')), "a binary part is encoded, not changed");
            }
        }
    }

    [Test]
    public void A_header_that_cannot_be_folded_makes_a_message_that_cannot_be_sent()
    {
        MessageContent content = MessageContent.From(Bytes($"X-8: \u00FF\r\n{new string('n', 1502)}:{new string('v', 1501)}\r\n\r\nbody"));
        Assert.That(content.Fault, Does.Contain("line 2 has 3004 octets"));
    }

    private static readonly string[] Pieces =
        ["Subject: x\r\n", "From: a@b.example\r\n", "From x\r\n", "garbage\r\n", "X-Long: a\r\n b\r\n", "To: =?utf-8?q?=C3=BC?= <a@b.example>\r\n", "\u00C3\u00BC: x\r\n", "Bcc: x@y.example\r\n", "Content-Length: 9\r\n", ": x\r\n", " fold\r\n", "A:\r\n", "A : b\r\n", "\r\n", "\r\n", "\n", "--b\r\n", "body\r\n", "\u00FF"];

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(MessageContent content) => Encoding.Latin1.GetString(content.Octets.Span);

    private static string Written(MimeMessage message)
    {
        using var stream = new MemoryStream();
        message.WriteTo(stream);
        return Encoding.Latin1.GetString(stream.ToArray());
    }
}
