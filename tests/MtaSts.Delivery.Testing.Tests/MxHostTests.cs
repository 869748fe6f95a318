using System.Net;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

internal sealed class MxHostTests : InternetFixture
{
    private FakeMxHost Mx => Internet.MxHost("mx1.example.test");

    [Test]
    public async Task MailKit_delivers_a_message_over_tls_and_it_arrives_octet_by_octet()
    {
        var message = new MimeMessage { Subject = "Hello", Body = new TextPart("plain") { Text = ".\r\n..dots\r\n.x\r\nend" } };
        message.From.Add(MailboxAddress.Parse("a@sender.test"));
        message.To.Add(MailboxAddress.Parse("b@example.test"));

        await DeliverAsync(Mx, message);

        ReceivedMessage received = Mx.Messages.Single();
        Assert.That(Encoding.ASCII.GetString(received.Content.Span), Is.EqualTo(Text(message)));
        Assert.That(received.ReversePath, Is.EqualTo("a@sender.test"));
        Assert.That(received.Recipients, Is.EqualTo(new[] { "b@example.test" }));
        Assert.That(received.IsTls, Is.True);
        Assert.That(received.Sni, Is.EqualTo("mx1.example.test"));
        Assert.That(received.Address, Is.EqualTo(Mx.Addresses[0]));
        Assert.That(received.MailParameters.Any(parameter => parameter.StartsWith("SIZE=", StringComparison.Ordinal)), Is.True);
        Assert.That(Internet.Messages, Is.EqualTo(Mx.Messages));
    }

    [Test]
    public async Task A_transcript_tells_who_said_what_and_whether_under_tls()
    {
        await using (SmtpTestClient client = await ConnectAsync(Mx))
        {
            await client.SecureHelloAsync("mx1.example.test");
            await client.SayAsync("MAIL FROM:<a@sender.test>");
            await client.SayAsync("QUIT");
        }

        SmtpTranscript session = Mx.Sessions.Single();
        await session.WaitForEndAsync(Limit);
        Assert.That(session.Commands, Is.EqualTo(new[] { "EHLO", "STARTTLS", "EHLO", "MAIL", "QUIT" }));
        Assert.That(session.SentInClear("STARTTLS"), Is.True);
        Assert.That(session.SentInClear("mail"), Is.False);
        Assert.That(session.Sni, Is.EqualTo("mx1.example.test"));
        Assert.That(session.ToString(), Does.StartWith("S : 220 mx1.example.test ESMTP\nC : EHLO client.test\n"));
        Assert.That(session.ToString(), Does.Contain("Cs: MAIL FROM:<a@sender.test>\nSs: 250 2.1.0 Sender OK\n"));
    }

    [Test]
    public async Task Starttls_is_offered_before_tls_and_not_under_it()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx);

        Assert.That(await client.HelloAsync(), Does.EndWith("250 STARTTLS"));
        await client.SayAsync("STARTTLS");
        await client.HandshakeAsync("mx1.example.test");
        Assert.That(await client.SayAsync("EHLO client.test"), Does.Not.Contain("STARTTLS"));
        Assert.That(await client.SayAsync("STARTTLS"), Does.StartWith("503"));
    }

    [Test]
    public async Task A_host_without_starttls_neither_offers_nor_understands_it()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.NoStartTls());

        Assert.That(await client.HelloAsync(), Does.Not.Contain("STARTTLS"));
        Assert.That(await client.SayAsync("STARTTLS"), Does.StartWith("502"));
    }

    [TestCase("454 4.7.0 try later")]
    [TestCase("501 5.5.4 no")]
    [TestCase("250 misunderstood")]
    public async Task Starttls_is_answered_with_another_reply_and_the_session_stays_in_clear(string reply)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.StartTlsReply(reply));

        await client.HelloAsync();
        Assert.That(await client.SayAsync("STARTTLS"), Is.EqualTo(reply));
        Assert.That(await client.SayAsync("NOOP"), Does.StartWith("250"));
    }

    [Test]
    public async Task Injected_lines_come_in_clear_behind_the_220()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.InjectAfterStartTls("250-x\r\n250 CHUNKING\r\n"));

        await client.HelloAsync();
        Assert.That(await client.SayAsync("STARTTLS"), Does.StartWith("220"));
        Assert.That(await client.ReadReplyAsync(), Is.EqualTo("250-x\n250 CHUNKING"));
        await client.HandshakeAsync("mx1.example.test");
        Assert.That(await client.SayAsync("NOOP"), Does.StartWith("250"));
    }

    [Test]
    public async Task A_host_may_know_helo_only()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.HeloOnly());

        Assert.That(await client.HelloAsync(), Does.StartWith("502"));
        Assert.That(await client.SayAsync("HELO client.test"), Does.StartWith("250"));
    }

    [Test]
    public async Task A_host_may_demand_starttls_before_mail()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.RequireStartTls());

        await client.HelloAsync();
        Assert.That(await client.SayAsync("MAIL FROM:<>"), Does.StartWith("530"));
        await client.SayAsync("STARTTLS");
        await client.HandshakeAsync("mx1.example.test");
        Assert.That(await client.SayAsync("MAIL FROM:<>"), Does.StartWith("250"));
    }

    [Test]
    public async Task Capabilities_may_differ_before_and_under_tls()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.CapabilitiesBeforeTls("SIZE 1").CapabilitiesAfterTls("8BITMIME", "STARTTLS"));

        Assert.That(await client.HelloAsync(), Is.EqualTo("250-mx1.example.test\n250-SIZE 1\n250 STARTTLS"));
        await client.SayAsync("STARTTLS");
        await client.HandshakeAsync("mx1.example.test");
        Assert.That(await client.SayAsync("EHLO client.test"), Is.EqualTo("250-mx1.example.test\n250-8BITMIME\n250 STARTTLS"));
    }

    [Test]
    public async Task A_declared_size_above_the_limit_is_refused()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.Capabilities("SIZE 1000"));

        await client.HelloAsync();
        Assert.That(await client.SayAsync("MAIL FROM:<> SIZE=1001"), Does.StartWith("552"));
        Assert.That(await client.SayAsync("MAIL FROM:<> SIZE=1000"), Does.StartWith("250"));
    }

    [Test]
    public async Task Recipients_beyond_the_limit_are_put_off()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.AcceptsRecipients(1));

        await client.HelloAsync();
        await client.SayAsync("MAIL FROM:<>");
        Assert.That(await client.SayAsync("RCPT TO:<a@example.test>"), Does.StartWith("250"));
        Assert.That(await client.SayAsync("RCPT TO:<b@example.test>"), Does.StartWith("452 4.5.3"));
    }

    [Test]
    public async Task A_fault_for_one_recipient_spares_the_others()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.OnRecipient("a@example.test", SmtpFault.Reply("550 5.1.1 unknown")));

        await client.HelloAsync();
        await client.WriteAsync("MAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\nRCPT TO:<A@example.test>\r\nDATA\r\n");
        await client.ReadReplyAsync();
        Assert.That(await client.ReadReplyAsync(), Is.EqualTo("550 5.1.1 unknown"));
        Assert.That(await client.ReadReplyAsync(), Does.StartWith("250"));
        Assert.That(await client.ReadReplyAsync(), Does.StartWith("354"));
        Assert.That(await client.SayAsync("."), Does.StartWith("250"));
        Assert.That(Mx.Messages.Single().Recipients, Is.EqualTo(new[] { "A@example.test" }));
    }

    [Test]
    public async Task Data_without_an_accepted_recipient_is_refused()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx);

        await client.HelloAsync();
        Assert.That(await client.SayAsync("DATA"), Does.StartWith("503"));
        await client.SayAsync("MAIL FROM:<>");
        Assert.That(await client.SayAsync("DATA"), Does.StartWith("554"));
    }

    [TestCase("a\n.\r\nb\r\n", Description = "bare LF before the dot")]
    [TestCase("a\r\n.\nb\r\n", Description = "bare LF behind the dot")]
    [TestCase("a\r.\rb\r\n\r\r\n", Description = "bare CR")]
    [TestCase("", Description = "nothing")]
    public async Task Only_crlf_dot_crlf_ends_the_content(string content)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx);

        await client.HelloAsync();
        await client.SayAsync("MAIL FROM:<>");
        await client.SayAsync("RCPT TO:<a@example.test>");
        await client.SayAsync("DATA");
        Assert.That(await client.SayAsync(content.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + "."), Does.StartWith("250"));
        Assert.That(Encoding.ASCII.GetString(Mx.Messages.Single().Content.Span), Is.EqualTo(content));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(7)]
    [TestCase(int.MaxValue)]
    public async Task Content_is_the_same_in_whatever_pieces_it_comes(int piece)
    {
        string content = ".\r\n..a\r\n\r\n\rb\r.\r\n" + new string('c', piece == int.MaxValue ? 100_000 : 5) + "\r\nd.\r\n";
        await using SmtpTestClient client = await ConnectAsync(Mx);

        await client.HelloAsync();
        await client.SayAsync("MAIL FROM:<>");
        await client.SayAsync("RCPT TO:<a@example.test>");
        await client.SayAsync("DATA");
        string sent = "." + content.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\nQUIT\r\n";
        for (int i = 0; i < sent.Length; i += Math.Min(piece, sent.Length - i))
        {
            await client.WriteAsync(sent.Substring(i, Math.Min(piece, sent.Length - i)));
        }

        Assert.That(await client.ReadReplyAsync(), Does.StartWith("250"));
        Assert.That(await client.ReadReplyAsync(), Does.StartWith("221"), "what stands behind the end is a command");
        Assert.That(Encoding.ASCII.GetString(Mx.Messages.Single().Content.Span), Is.EqualTo(content));
    }

    [Test]
    public async Task Content_may_come_in_chunks()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx);

        await client.HelloAsync();
        await client.SayAsync("MAIL FROM:<>");
        await client.SayAsync("RCPT TO:<a@example.test>");
        await client.WriteAsync("BDAT 3\r\n.\n\rBDAT 2 LAST\r\n\n.");
        Assert.That(await client.ReadReplyAsync(), Does.StartWith("250"));
        Assert.That(await client.ReadReplyAsync(), Does.StartWith("250"));
        Assert.That(Encoding.ASCII.GetString(Mx.Messages.Single().Content.Span), Is.EqualTo(".\n\r\n."));
    }

    [Test]
    public async Task A_host_that_is_down_refuses_connections()
    {
        Assert.That(await TryConnectAsync(Mx.Addresses[0]), Is.Null);
        Mx.Down();
        Assert.That(await TryConnectAsync(Mx.Addresses[0]), Is.EqualTo(System.Net.Sockets.SocketError.ConnectionRefused));
        Mx.Healthy();
        Assert.That(await TryConnectAsync(Mx.Addresses[0]), Is.Null);
    }

    [Test]
    public async Task An_address_that_belongs_to_nobody_refuses_connections_and_is_on_record()
    {
        var endPoint = new IPEndPoint(IPAddress.Parse("10.1.2.3"), 80);

        Assert.That(await TryConnectAsync(endPoint.Address, endPoint.Port), Is.EqualTo(System.Net.Sockets.SocketError.ConnectionRefused));
        Assert.That(Internet.Connections.Single().EndPoint, Is.EqualTo(endPoint));
    }

    [Test]
    public async Task Two_addresses_of_one_host_may_behave_differently()
    {
        FakeMxHost mx = Mx.AddAddress(behaviour: there => there.NoStartTls()).IPv6();

        Assert.That(mx.Addresses, Has.Count.EqualTo(3));
        await using (SmtpTestClient first = await ConnectAsync(mx.Addresses[0]))
        {
            Assert.That(await first.HelloAsync(), Does.Contain("STARTTLS"));
        }

        await using (SmtpTestClient second = await ConnectAsync(mx.Addresses[1]))
        {
            Assert.That(await second.HelloAsync(), Does.Not.Contain("STARTTLS"));
        }

        await using (SmtpTestClient third = await ConnectAsync(mx.Addresses[2]))
        {
            Assert.That(await third.HelloAsync(), Does.Contain("STARTTLS"));
        }

        Assert.That(mx.Sessions.Select(session => session.Address), Is.EqualTo(mx.Addresses));
    }

    private async Task DeliverAsync(FakeMxHost host, MimeMessage message)
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        await socket.ConnectAsync(Internet.Map(new IPEndPoint(host.Addresses[0], 25)), Limit);
        using var client = new SmtpClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = (_, certificate, _, _) => certificate is not null };
        await client.ConnectAsync(socket, host.Name, 25, SecureSocketOptions.StartTls, Limit);
        await client.SendAsync(message, Limit);
        await client.DisconnectAsync(true, Limit);
    }

    private static string Text(MimeMessage message)
    {
        var stream = new MemoryStream();
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        message.WriteTo(format, stream);
        return Encoding.ASCII.GetString(stream.ToArray());
    }
}
