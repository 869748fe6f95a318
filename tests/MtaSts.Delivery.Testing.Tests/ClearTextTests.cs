using System.Net.Security;
using System.Text;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>What a sender says in clear is on record, whether or not anybody obeys it.</summary>
internal sealed class ClearTextTests : InternetFixture
{
    private const string Mail = "MAIL FROM:<a@sender.test>\r\nRCPT TO:<b@example.test>\r\n";
    private static readonly HandshakeFault[] HandshakeFaults = Enum.GetValues<HandshakeFault>();

    private static readonly TestCaseData[] Faults =
    [
        .. from phase in new[] { SmtpPhase.Connect, SmtpPhase.Greeting, SmtpPhase.Ehlo, SmtpPhase.StartTls }
           from fault in new[]
           {
               ("Stall", SmtpFault.Stall), ("Drop", SmtpFault.Drop), ("Flood", SmtpFault.Flood),
               ("Drip", SmtpFault.Drip(100_000, TimeSpan.FromSeconds(1))), ("554", SmtpFault.Reply("554 no").ThenDrop()),
           }
           select new TestCaseData(phase, fault.Item2).SetArgDisplayNames($"{phase}", fault.Item1),
    ];

    private FakeMxHost Mx => Internet.MxHost("mx1.example.test");

    [Test]
    public async Task Mail_behind_STARTTLS_was_said_in_clear()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx);
        await client.HelloAsync();
        await client.SayAsync($"STARTTLS\r\n{Mail.TrimEnd()}");
        await client.HandshakeAsync("mx1.example.test");
        await client.SayAsync("QUIT");
        await MailWasHeardAsync(client, "EHLO", "STARTTLS", "MAIL", "RCPT");
    }

    [Test]
    public async Task Mail_instead_of_a_ClientHello_was_said_in_clear()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx);
        await client.HelloAsync();
        await client.SayAsync("STARTTLS");
        await client.WriteAsync(Mail);
        await MailWasHeardAsync(client, "EHLO", "STARTTLS", "MAIL", "RCPT");
    }

    [TestCaseSource(nameof(HandshakeFaults))]
    public async Task Mail_behind_a_ClientHello_that_a_fault_answers_was_said_in_clear(HandshakeFault fault)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.Handshake(fault));
        await client.HelloAsync();
        await client.SayAsync("STARTTLS");
        await client.WriteAsync([.. await ClientHelloAsync(), .. Encoding.ASCII.GetBytes(Mail)]);
        await MailWasHeardAsync(client, "EHLO", "STARTTLS", "MAIL", "RCPT");
    }

    [TestCaseSource(nameof(Faults))]
    public async Task Mail_in_clear_while_a_fault_is_performed_is_on_record(SmtpPhase phase, SmtpFault fault)
    {
        // No time passes before the mail is on its way: a host that has said its last waits for the client's end, but not for ever.
        Internet.PumpsClock = false;
        await using SmtpTestClient client = await ConnectAsync(Mx.On(phase, fault));
        await client.WriteAsync($"EHLO client.test\r\nSTARTTLS\r\n{Mail}");
        await MailWasHeardAsync(client, "EHLO", "STARTTLS", "MAIL", "RCPT");
    }

    [TestCase("MAIL\tFROM:<a@sender.test>", "MAIL")]
    [TestCase("  MAIL FROM:<a@sender.test>", "MAIL")]
    [TestCase("mail:FROM:<a@sender.test>", "MAIL")]
    [TestCase("MAIL<a@sender.test>", "MAIL")]
    [TestCase("SEND FROM:<a@sender.test>", "SEND")]
    [TestCase("SOML FROM:<a@sender.test>", "SOML")]
    [TestCase("SAML FROM:<a@sender.test>", "SAML")]
    public async Task Mail_is_mail_however_it_is_spelled(string line, string verb)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx);
        await client.HelloAsync();
        await client.SayAsync(line);
        await MailWasHeardAsync(client, "EHLO", verb);
    }

    [TestCase(0)]
    [TestCase(100_000)]
    public async Task A_line_without_an_end_is_on_record(int padding)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx);
        await client.HelloAsync();
        await client.WriteAsync($"MAIL FROM:<a@sender.test>{new string(' ', padding)}");
        await client.DisposeAsync();
        await Mx.Sessions[0].WaitForEndAsync(Limit);
        Assert.That(Mx.Sessions[0].WasOfferedMailInClear, Is.True);
    }

    [Test]
    public async Task A_long_session_does_not_forget_that_mail_was_said()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx);
        await client.HelloAsync();
        await client.SayAsync("MAIL FROM:<a@sender.test>");
        for (int i = 0; i < 101; i++)
        {
            await client.WriteAsync(string.Concat(Enumerable.Repeat("NOOP\r\n", 100)));
            for (int j = 0; j < 100; j++)
            {
                await client.ReadReplyAsync();
            }
        }

        Assert.That(Mx.Sessions[0].Commands, Has.No.Member("MAIL"));
        Assert.That((Mx.Sessions[0].WasOfferedMail, Mx.Sessions[0].WasOfferedMailInClear), Is.EqualTo((true, true)));
    }

    private async Task<byte[]> ClientHelloAsync()
    {
        var wire = new MemoryStream();
        await using var tls = new SslStream(wire);
        await Assert.CatchAsync<IOException>(() => tls.AuthenticateAsClientAsync(ClientTls.Options(Internet, "mx1.example.test"), Limit));
        return wire.ToArray();
    }

    private async Task MailWasHeardAsync(SmtpTestClient client, params string[] verbs)
    {
        await client.DisposeAsync();
        Internet.PumpsClock = true;
        while (Mx.Sessions.Count == 0)
        {
            // The server may not have come to it yet.
            await Task.Delay(1, Limit);
        }

        await Mx.Sessions[0].WaitForEndAsync(Limit);
        Assert.That(Mx.Sessions[0].WasOfferedMailInClear, Is.True, Mx.Sessions[0].ToString());
        Assert.Throws<VerificationException>(() => Internet.Verify.NoMailInClear());
        Assert.Throws<VerificationException>(() => Internet.Verify.NoMailTo("mx1.example.test"));
        Internet.Verify.SaidInClear("mx1.example.test", verbs);
    }
}
