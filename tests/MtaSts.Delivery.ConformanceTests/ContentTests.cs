using System.Text;
using MimeKit;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>The message as it arrives. RFC 5321 §2.3.8, §4.5.2.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ContentTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Mx1 = "mx1.example.test";
    private const string Header = "Subject: x\r\n\r\n";

    /// <summary>SMTP-14, EXT-06. RFC 5321 §4.5.2, RFC 3030 §2.</summary>
    [Test]
    public async Task Lines_of_dots_arrive_unchanged([Values(".\r\n", "..\r\n", ".x\r\n..x\r\n...\r\n", "a\r\n.\r\nb\r\n.\r\n", "\r\n\r\n.\r\n\r\n", "a. \r\n .\r\n", "")] string body, [Values("DATA", "BDAT")] string command)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).Capabilities("PIPELINING", "8BITMIME", command == "BDAT" ? "CHUNKING" : "SIZE");
        await using MailDeliverer deliverer = internet.Deliverer(o => o.Pool.KeepsSessions = true);
        foreach (string message in new[] { Header, Header + body })
        {
            (await deliverer.DeliverAsync(Octets(message), new Envelope(Sender, One))).Delivered();
        }

        Assert.That(internet.Messages[^1].Text(), Is.EqualTo(Header + body));
        Assert.That(internet.Sessions.Single().Commands, Is.EqualTo(["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", command, "RSET"]));
    }

    /// <summary>SMTP-14. RFC 5321 §4.5.2: wherever the blocks of a long message are cut.</summary>
    [Test]
    public async Task A_long_message_of_dots_arrives_unchanged()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        string body = string.Concat(Enumerable.Range(0, 40_000).Select(i => new string('.', i % 7) + "\r\n"));
        (await internet.SendAsync(message: Header + body)).Delivered();
        Assert.That(internet.Messages.Single().Text(), Is.EqualTo(Header + body));
    }

    /// <summary>SMTP-15. RFC 5321 §2.3.8.</summary>
    [TestCase("a\n.\r\nMAIL FROM:<x@x>\r\n")]
    [TestCase("a\r.\r\nMAIL FROM:<x@x>\r\n")]
    [TestCase("a\r\n.\nMAIL FROM:<x@x>\r\n")]
    [TestCase("a\r\n.\rMAIL FROM:<x@x>\r\n")]
    [TestCase("a\n.\nMAIL FROM:<x@x>\n")]
    [TestCase("a\r.\rMAIL FROM:<x@x>\r")]
    [TestCase("a\r\r\n.\r\r\nMAIL FROM:<x@x>")]
    public async Task No_line_end_but_CRLF_goes_over_the_wire(string body)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        (await internet.SendAsync(message: Header + body)).Delivered();
        HasOnlyCrLf(internet.Messages.Single());
        Assert.That(internet.Messages.Single().Text(), Does.Contain("MAIL FROM:<x@x>"));
        Assert.That(internet.Messages.Single().Session.Commands.Count(verb => verb == "MAIL"), Is.EqualTo(1));
    }

    /// <summary>SMTP-15. RFC 5321 §2.3.8.</summary>
    [TestCase("a\n.\r\nMAIL FROM:<x@x>\r\n")]
    [TestCase("a\r.\r\nMAIL FROM:<x@x>\r\n")]
    [TestCase("a\r.\rMAIL FROM:<x@x>")]
    public async Task A_text_part_with_odd_line_ends_smuggles_nothing(string body)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        await SendAsync(internet, new TextPart("plain") { Text = body });
        HasOnlyCrLf(internet.Messages.Single());
        Assert.That(internet.Messages.Single().Session.Commands.Count(verb => verb == "MAIL"), Is.EqualTo(1));
    }

    /// <summary>SMTP-15, EXT-07. RFC 3030 §3: what is binary travels as base64, and arrives to the octet.</summary>
    [TestCase("a\n.\r\nMAIL FROM:<x@x>\r\nb\rc")]
    [TestCase("a\0b\n\r\n")]
    [TestCase("plain\n")]
    public async Task A_binary_part_is_encoded(string content)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).Capabilities("8BITMIME", "CHUNKING", "BINARYMIME", "PIPELINING");
        await SendAsync(internet, Binary(content));
        ReceivedMessage received = internet.Messages.Single();
        HasOnlyCrLf(received);
        using MimeMessage read = MimeMessage.Load(new MemoryStream(received.Content.ToArray()));
        using var decoded = new MemoryStream();
        read.BodyParts.OfType<MimePart>().Single(part => part.FileName == "x.bin").Content!.DecodeTo(decoded);
        Assert.That(Encoding.Latin1.GetString(decoded.ToArray()), Is.EqualTo(content));
        Assert.That(received.MailParameters, Has.No.Member("BODY=BINARYMIME"));
    }

    /// <summary>EXT-06, EXT-07. RFC 3030 §2, §3: one chunk where CHUNKING is offered and the server has shown that it keeps step, never beside DATA, and never binary.</summary>
    [TestCase("Subject: x\r\n\r\nHello\r\n")]
    [TestCase("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: binary\r\n\r\nwörld\r\n")]
    public async Task A_message_is_one_chunk_at_most_and_BINARYMIME_is_never_used(string message)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).Capabilities("8BITMIME", "CHUNKING", "BINARYMIME", "PIPELINING", "SIZE 100000");
        await using MailDeliverer deliverer = internet.Deliverer();
        for (int i = 0; i < 3; i++)
        {
            (await deliverer.DeliverAsync(Octets(message), new Envelope(Sender, One))).Delivered();
        }

        string[] handed = [.. internet.Sessions.SelectMany(session => session.Commands).Where(command => command is "DATA" or "BDAT")];
        Assert.That(handed, Is.EqualTo(Pooling.IsOn ? ["DATA", "BDAT", "BDAT"] : new[] { "DATA", "DATA", "DATA" }));
        Assert.That(internet.Messages.SelectMany(received => received.MailParameters), Has.No.Member("BODY=BINARYMIME"));
    }

    /// <summary>SMTP-16. RFC 5321 §4.5.3.1.6.</summary>
    [TestCase(998, true)]
    [TestCase(999, false)]
    [TestCase(5000, false)]
    public async Task A_line_that_is_too_long_is_encoded(int length, bool unchanged)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        string message = Header + new string('x', length) + "\r\n";
        (await internet.SendAsync(message: message)).Delivered();
        string[] lines = internet.Messages.Single().Text().Split("\r\n");
        Assert.That(lines, Has.All.Length.LessThanOrEqualTo(998));
        Assert.That(internet.Messages.Single().Text() == message, Is.EqualTo(unchanged));
        using MimeMessage read = MimeMessage.Load(new MemoryStream(internet.Messages.Single().Content.ToArray()));
        Assert.That(read.TextBody!.TrimEnd(), Is.EqualTo(new string('x', length)));
    }

    /// <summary>SMTP-16. RFC 5321 §4.5.3.1.6.</summary>
    [Test]
    public async Task A_signed_message_with_a_line_that_is_too_long_is_refused_here()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        RecipientOutcome.Failed failed = (await internet.SendAsync(message: "DKIM-Signature: v=1\r\n" + Header + new string('x', 5000) + "\r\n")).Failed();
        Assert.That((failed.Failure, failed.Stage), Is.EqualTo((FailureCode.MessageUnsendable, DeliveryStage.Message)));
        Assert.That(internet.Connections, Is.Empty);
    }

    /// <summary>EXT-08. RFC 1870 §7.</summary>
    [TestCase("SIZE 1000", 2000, false)]
    [TestCase("SIZE 2000", 2000, true)]
    [TestCase("SIZE 1999", 2000, false)]
    [TestCase("SIZE", 2000, true)]
    [TestCase("SIZE 0", 2000, true)]
    [TestCase("size 1000", 2000, false)]
    public async Task A_message_longer_than_the_server_takes_is_not_offered(string size, int length, bool delivered)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Capabilities(size, "PIPELINING");
        string message = Sized(length);
        DeliveryResult result = await internet.SendAsync(message: message);
        if (delivered)
        {
            Assert.That(internet.Messages.Single().Text(), Is.EqualTo(message));
            return;
        }

        Assert.That((result.Failed().Failure, result.Failed().Status.ToString()), Is.EqualTo((FailureCode.TooLargeForServer, "5.3.4")));
        host.WasToldNothing();
    }

    /// <summary>EXT-08. RFC 1870 §7: for this host.</summary>
    [Test]
    public async Task A_host_that_takes_longer_messages_gets_what_the_first_would_not()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, "mx2.example.test");
        internet.MxHost(Mx1).Capabilities("SIZE 1000");
        Assert.That((await internet.SendAsync(message: Sized(2000))).Delivered().MxHost, Is.EqualTo("mx2.example.test"));
    }

    /// <summary>EXT-09. RFC 1870 §5, §6.</summary>
    [Test]
    public async Task The_declared_size_counts_line_ends_as_they_go_out_and_no_dots_that_are_added()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        (await internet.SendAsync(message: "Subject: x\n\n" + string.Concat(Enumerable.Repeat(".\n", 100)))).Delivered();
        ReceivedMessage received = internet.Messages.Single();
        Assert.That(received.Content.Length, Is.EqualTo(14 + 300));
        Assert.That(received.MailParameters, Has.Member("SIZE=314"));
    }

    /// <summary>EXT-11. RFC 6152.</summary>
    [TestCase("Subject: x\r\n\r\nwörld\r\n")]
    [TestCase("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nwörld\r\n.\r\n")]
    public async Task Eight_bit_text_is_encoded_for_a_server_without_8BITMIME(string message)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).Capabilities("PIPELINING", "SIZE 10000");
        (await internet.SendAsync(message: message)).Delivered();
        ReceivedMessage received = internet.Messages.Single();
        Assert.That(received.Content.ToArray(), Has.All.LessThan((byte)128));
        Assert.That(received.MailParameters, Has.No.Member("BODY=8BITMIME").And.Member($"SIZE={received.Content.Length}"));
        using MimeMessage read = MimeMessage.Load(new MemoryStream(received.Content.ToArray()));
        Assert.That(read.TextBody, Does.StartWith("wörld"));
    }

    /// <summary>EXT-11. RFC 6152.</summary>
    [Test]
    public async Task Eight_bit_text_goes_as_it_is_to_a_server_with_8BITMIME()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).Capabilities("8BITMIME");
        string message = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nwörld\r\n";
        (await internet.SendAsync(message: message)).Delivered();
        Assert.That(internet.Messages.Single().Text(), Is.EqualTo(message));
        Assert.That(internet.Messages.Single().MailParameters, Has.Member("BODY=8BITMIME"));
    }

    /// <summary>EXT-11. RFC 6152: a signature does not survive encoding anew.</summary>
    [Test]
    public async Task A_signed_eight_bit_message_is_not_offered_to_a_server_without_8BITMIME()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, "mx2.example.test");
        FakeMxHost seven = internet.MxHost(Mx1).Capabilities();
        string message = "DKIM-Signature: v=1\r\nSubject: x\r\n\r\nwörld\r\n";
        Assert.That((await internet.SendAsync(message: message)).Delivered().MxHost, Is.EqualTo("mx2.example.test"));
        Assert.That(internet.Messages.Single().Text(), Is.EqualTo(message));
        seven.WasToldNothing();
    }

    /// <summary>EXT-11. RFC 6152 §3: no 8-bit octet goes out undeclared.</summary>
    [TestCase("Content-Type: multipart/mixed; boundary=a\r\n\r\ngrüße\r\n--a\r\n\r\nx\r\n--a--\r\n")]
    [TestCase("Content-Type: message/rfc822\r\n\r\nSubject: grüße\r\n\r\nx\r\n")]
    [TestCase("Content-Transfer-Encoding: base64\r\n\r\ngrüße\r\n")]
    public async Task What_no_encoding_reaches_is_not_offered_to_a_server_without_8BITMIME(string rest)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost seven = internet.MxHost(Mx1).Capabilities();
        RecipientOutcome.Failed failed = (await internet.SendAsync(message: "MIME-Version: 1.0\r\n" + rest)).Failed();
        Assert.That((failed.Failure, failed.Status.ToString()), Is.EqualTo((FailureCode.EightBitMimeMissing, "5.6.3")));
        Assert.That(failed.Explanation, Does.Contain("8BITMIME").And.Contain("no encoding reaches").And.Not.Contain("the message is signed"));
        seven.WasToldNothing();

        internet.MxHost(Mx1).Capabilities("8BITMIME");
        (await internet.SendAsync(message: "MIME-Version: 1.0\r\n" + rest)).Delivered();
        Assert.That(internet.Messages.Single().Text(), Does.Contain("grüße"));
        Assert.That(internet.Messages.Single().MailParameters, Has.Member("BODY=8BITMIME"));
    }

    private static string Sized(int length) => Header + string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", length / 100 - 1)) + new string('x', 100 - Header.Length - 2) + "\r\n";

    private static Multipart Binary(string content) => new Multipart("mixed")
    {
        new TextPart("plain") { Text = "Hello\r\n" },
        new MimePart("application", "octet-stream")
        {
            Content = new MimeContent(new MemoryStream(Encoding.Latin1.GetBytes(content)), ContentEncoding.Binary),
            ContentTransferEncoding = ContentEncoding.Binary,
            FileName = "x.bin",
        },
    };

    private static async Task SendAsync(FakeInternet internet, MimeEntity body)
    {
        using var message = new MimeMessage([new MailboxAddress("A", Sender)], [new MailboxAddress("B", One)], "x", body);
        await using MailDeliverer deliverer = internet.Deliverer();
        (await deliverer.DeliverAsync(message, new Envelope(Sender, One))).Delivered();
    }

    private static void HasOnlyCrLf(ReceivedMessage message)
    {
        string rest = message.Text().Replace("\r\n", "", StringComparison.Ordinal);
        Assert.That(rest, Does.Not.Contain("\r").And.Not.Contain("\n"));
    }
}
