using NUnit.Framework;
using SenderAudit;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>The sample that judges senders in other processes.</summary>
internal sealed class SenderAuditTests : InternetFixture
{
    [TestCase("round1@GOOD.audit.test", false, "pass")]
    [TestCase("ROUND1@good.audit.test", false, "FAIL")]
    [TestCase("round1@good.audit.test", true, "FAIL")]
    public async Task A_message_under_TLS_is_good_when_nothing_was_said_of_it_in_clear(string recipient, bool inClearFirst, string verdict)
    {
        AuditCase.ArrangeAll(Internet);
        await using SmtpTestClient client = await ConnectAsync(Internet.MxHost("mx.good.audit.test"));
        await client.HelloAsync();
        if (inClearFirst)
        {
            await client.SayAsync("MAIL FROM:<a@sender.test>");
        }

        await client.SayAsync("STARTTLS");
        await client.HandshakeAsync("mx.good.audit.test");
        foreach (string line in new[] { "EHLO client.test", "MAIL FROM:<a@sender.test>", $"RCPT TO:<{recipient}>", "DATA", "Subject: x\r\n\r\nbody\r\n." })
        {
            await client.SayAsync(line);
        }

        Assert.That(new Audit(Internet).Judge(1).Single(line => line.Contains("good.audit.test", StringComparison.Ordinal)), Does.StartWith(verdict));
    }
}
