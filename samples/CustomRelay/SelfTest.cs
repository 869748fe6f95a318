using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimeKit;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;

namespace CustomRelay;

/// <summary>Relays mail of an honest client to a fake internet, and shows dishonest ones the door.</summary>
internal static class SelfTest
{
    private const string Host = "relay.shop.example";
    private const string BadMx = "mx1.bad.test";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static int _wrong;

    public static async Task<int> RunAsync()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("good.test").Mx(10, "mx1.good.test").Policy(PolicyMode.Enforce, "mx1.good.test");
        // Without DSN: telling its sender of success is the relay's part.
        internet.MxHost("mx1.good.test").Capabilities("PIPELINING", "8BITMIME", "SMTPUTF8");
        internet.Domain("bad.test").Mx(10, BadMx).Policy(PolicyMode.Enforce, BadMx);
        internet.MxHost(BadMx).Certificate(certificate => certificate.SelfSigned());
        internet.Domain("shop.example").Mx(10, "mx1.shop.example");

        var options = new RelayOptions
        {
            EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            HostName = Host,
            Certificate = internet.Authority.Issue(CertificateSpec.For(Host)),
            MaxMessageSize = 100_000,
            MaxRecipients = 3,
            MaxSessions = 20,
        };
        options.RelayFor.Add(IPNetwork.Parse("127.0.0.1/32"));
        DirectoryInfo folder = Directory.CreateTempSubdirectory("custom-relay.");
        try
        {
            MoodyQueue? queue = null;
            using IHost host = RelayHost.Create(options, folder.FullName, internet.Configure, internet.Clock, inner => queue = new MoodyQueue(inner), LogLevel.Critical);
            await host.StartAsync();
            IPEndPoint relay = host.Services.GetRequiredService<RelayServer>().EndPoint;
            IMailQueue mail = host.Services.GetRequiredService<IMailQueue>();
            await HonestAsync(internet, relay, mail);
            await FullDiskAsync(internet, relay, queue!, mail);
            await DishonestAsync(internet, relay, mail);
            await host.StopAsync();
        }
        finally
        {
            options.Certificate.Dispose();
            folder.Delete(recursive: true);
        }

        Console.WriteLine(_wrong == 0 ? "\nAll went as it must." : $"\n{_wrong} things went wrong.");
        return _wrong == 0 ? 0 : 1;
    }

    private static async Task HonestAsync(FakeInternet internet, IPEndPoint relay, IMailQueue mail)
    {
        Console.WriteLine("\nAn honest client sends by STARTTLS, to one domain in order and one whose certificate nobody vouches for:");
        using (Client client = await Client.ConnectAsync(internet, relay))
        {
            Expect(client.IsSecure && client.Capabilities.HasFlag(SmtpCapabilities.Pipelining | SmtpCapabilities.Size | SmtpCapabilities.EightBitMime | SmtpCapabilities.UTF8 | SmtpCapabilities.Dsn), "TLS, and all that the relay knows");
            string reply = await client.SendAsync(Message("Hello"), new MailboxAddress(null, "noreply@shop.example"), [new MailboxAddress(null, "jane@good.test"), new MailboxAddress(null, "joe@bad.test")]);
            Console.WriteLine($"  the relay says: 250 {reply}");
            Expect(reply.Contains("Queued as", StringComparison.Ordinal), "the mail is taken");
            Expect(await client.SendAsync(Message("Grüße"), new MailboxAddress(null, "noreply@shop.example"), [new MailboxAddress(null, "jürgen@good.test")]) is not null, "an address beyond ASCII is taken");
            await client.DisconnectAsync(quit: true);
        }

        await UntilAsync("mail at the good host", () => Task.FromResult(internet.MxHost("mx1.good.test").Messages.Count == 2));
        ReceivedMessage message = internet.MxHost("mx1.good.test").Messages.Single(one => one.Recipients.Contains("jane@good.test"));
        string text = Encoding.UTF8.GetString(message.Content.Span);
        Expect(message.IsTls, "it travelled on by verified TLS");
        Expect(text.StartsWith($"Received: from client.shop.example ([127.0.0.1])\r\n\tby {Host} with ESMTPS;", StringComparison.Ordinal), "with a trace of the relay in front");
        Expect(internet.MxHost("mx1.good.test").Messages.Any(one => one.Recipients.Contains("jürgen@good.test")), "the mail with the address beyond ASCII arrived");

        await UntilAsync("a notice of success", () => Task.FromResult(NoticeOf(internet, "jane@good.test") is not null));
        Expect(NoticeOf(internet, "jane@good.test")!.Contains("Action: relayed", StringComparison.Ordinal) && NoticeOf(internet, "jane@good.test")!.Contains("Original-Envelope-Id: order-4711", StringComparison.Ordinal),
            "its sender wished to be told of success, and is told that the relay has handed it on");

        QueueEntry? entry = null;
        await UntilAsync("a reason for the other", async () => (entry = (await mail.ListAsync(QueueFilter.All with { Destination = "bad.test" })).Entries.SingleOrDefault()) is { LastExplanation: not null });
        Console.WriteLine($"  waiting: {entry!.LastExplanation}");
        QueuedMessage kept = (await mail.FindAsync(entry.Id))!;
        Expect(kept is { EnvelopeId: "order-4711", Return: DsnReturn.Headers } && kept.Recipients.All(one => one.Dsn is { Notify: (DsnNotify.Success | DsnNotify.Failure) }), "with it, what its sender wishes to be told");
        Expect(internet.MxHost(BadMx).Messages.Count == 0, "the other host got nothing");
        internet.MxHost(BadMx).Certificate(certificate => certificate.Names(BadMx));
        await mail.RetryNowAsync(QueueFilter.All with { Destination = "bad.test" });
        await UntilAsync("mail at the mended host", () => Task.FromResult(internet.MxHost(BadMx).Messages.Count == 1));
        Expect(true, "once the host is in order, it gets the mail");
        await UntilEmptyAsync(mail);
    }

    private static async Task FullDiskAsync(FakeInternet internet, IPEndPoint relay, MoodyQueue queue, IMailQueue mail)
    {
        Console.WriteLine("\nThe disk is full:");
        queue.IsFull = true;
        using (Client client = await Client.ConnectAsync(internet, relay))
        {
            try
            {
                await client.SendAsync(Message("lost?"), new MailboxAddress(null, "noreply@shop.example"), [new MailboxAddress(null, "jane@good.test")]);
                Expect(false, "what cannot be kept is not taken");
            }
            catch (SmtpCommandException refused)
            {
                Console.WriteLine($"  the relay says: {(int)refused.StatusCode} {refused.Message}");
                Expect((int)refused.StatusCode == 451, "what cannot be kept is not taken, and the client is told to come again");
            }
        }

        queue.IsFull = false;
        Expect((await mail.CountAsync()).Messages == 0, "and nothing of it is in the queue");
    }

    private static async Task DishonestAsync(FakeInternet internet, IPEndPoint relay, IMailQueue mail)
    {
        Console.WriteLine("\nDishonest clients:");
        int before = internet.Messages.Count;
        (RawClient stranger, string greeting) = await RawClient.ConnectAsync(relay, IPAddress.Parse("127.0.0.2"));
        Refused(greeting, "554", "a stranger is not relayed for");
        Refused(await stranger.ReadAsync(), "", "and the connection is closed");
        stranger.Dispose();

        const string body = "Subject: x\r\n\r\nfirst";
        const string smuggled = "MAIL FROM:<ceo@shop.example>\r\nRCPT TO:<jane@good.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nsecond\r\n.\r\n";
        foreach ((string name, string end) in ((string, string)[])[("LF . LF", "\n.\n"), ("LF . CRLF", "\n.\r\n"), ("CRLF . LF", "\r\n.\n"), ("CR . CR", "\r.\r"), ("CRLF . CR", "\r\n.\r"), ("CR . CRLF", "\r.\r\n")])
        {
            await TryAsync(relay, async client =>
            {
                await OpenAsync(client);
                Refused(await client.SayAsync(body + end + smuggled + "\r\n.\r\n"), "554", $"a second message behind {name} is not smuggled in");
                Refused(await client.ReadAsync(), "", "and nothing behind it is read");
            });
        }

        await TryAsync(relay, async client =>
        {
            await client.SayAsync("EHLO x\r\n");
            Refused(await client.SayAsync("STARTTLS\r\nMAIL FROM:<a@b.test>\r\n"), "554", "commands behind STARTTLS are not taken over into TLS");
        });
        await TryAsync(relay, async client => Refused(await client.SayAsync("EHLO " + new string('x', 100_000) + "\r\n"), "500", "a command without end is cut"));
        await TryAsync(relay, async client =>
        {
            await client.SayAsync("EHLO x\r\n");
            Refused(await client.SayAsync("MAIL FROM:<a@b.test> SIZE=100001\r\n"), "552", "a message that says it is too large is refused at once");
            Refused(await client.SayAsync("MAIL FROM:<a@b.test> AUTH=<>\r\n"), "555", "an unknown parameter is not passed over");
            Refused(await client.SayAsync("MAIL FROM:<a@b.test> RET=ALL\r\n"), "501", "a wish that cannot be is refused");
            Refused(await client.SayAsync("MAIL FROM:<j\u00C3\u00BC@b.test>\r\n"), "553", "an address beyond ASCII needs SMTPUTF8");
            Refused(await client.SayAsync("RCPT TO:<a@b.test>\r\n"), "503", "RCPT needs MAIL");
            await client.SayAsync("MAIL FROM:<>\r\n");
            Refused(await client.SayAsync("DATA\r\n"), "554", "DATA needs a recipient");
            Refused(await client.SayAsync("RCPT TO:<a@b.test> NOTIFY=NEVER,DELAY\r\n"), "501", "NEVER stands alone");
            Refused(await client.SayAsync("RCPT TO:<a>\r\n"), "553", "what is no address is refused");
            Refused(await client.SayAsync("RCPT TO:<Postmaster>\r\n"), "250", "but for the postmaster's, who needs no domain");
            Refused(await client.SayAsync("RSET\r\nMAIL FROM:<>\r\n", 2), "250", "a new start");
            await client.SayAsync("RCPT TO:<a@b.test>\r\nRCPT TO:<b@b.test>\r\nRCPT TO:<c@b.test>\r\n", 3);
            Refused(await client.SayAsync("RCPT TO:<d@b.test>\r\n"), "452", "too many recipients are put off");
        });
        await TryAsync(relay, async client =>
        {
            await OpenAsync(client);
            Refused(await client.SayAsync("Subject: x\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 2000)) + ".\r\n"), "552", "a message that is too large is refused at its end");
            Refused(await client.SayAsync("NOOP\r\n"), "250", "and the session goes on");
        });
        await TryAsync(relay, async client =>
        {
            await OpenAsync(client);
            Refused(await client.SayAsync(string.Concat(Enumerable.Repeat("Received: by x\r\n", 60)) + "\r\n.\r\n"), "554", "a message that goes round in circles is stopped");
        });
        await TryAsync(relay, async client => Refused(await client.SayAsync(string.Concat(Enumerable.Repeat("XYZZY\r\n", 30)), 21), "421", "who only guesses is shown the door"));
        Expect((await mail.CountAsync()).Messages == 0 && internet.Messages.Count == before, "none of all that left a message behind");
    }

    private static async Task TryAsync(IPEndPoint relay, Func<RawClient, Task> act)
    {
        (RawClient client, _) = await RawClient.ConnectAsync(relay);
        using (client)
        {
            await act(client);
        }
    }

    private static Task<string> OpenAsync(RawClient client) => client.SayAsync("EHLO x\r\nMAIL FROM:<noreply@shop.example>\r\nRCPT TO:<jane@good.test>\r\nDATA\r\n", 4);

    private static MimeMessage Message(string subject)
    {
        var message = new MimeMessage { Subject = subject, Body = new TextPart("plain") { Text = "Hello.\r\n.with a dot\r\n" } };
        message.From.Add(new MailboxAddress("The shop", "noreply@shop.example"));
        message.To.Add(new MailboxAddress(null, "jane@good.test"));
        return message;
    }

    private static string? NoticeOf(FakeInternet internet, string recipient) => internet.MxHost("mx1.shop.example").Messages
        .Select(one => Encoding.UTF8.GetString(one.Content.Span)).FirstOrDefault(text => text.Contains($"Final-Recipient: rfc822; {recipient}", StringComparison.Ordinal));

    private static async Task UntilEmptyAsync(IMailQueue mail) => await UntilAsync("an empty queue", async () => (await mail.CountAsync()).Messages == 0);

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isSo())
        {
            if (patience.IsCancellationRequested)
            {
                throw new TimeoutException($"There was not {what} within {Patience}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }

    private static void Refused(string reply, string code, string what)
    {
        bool isSo = code.Length == 0 ? reply.Length == 0 : reply.StartsWith(code, StringComparison.Ordinal);
        Expect(isSo, isSo ? what : $"{what}: {reply}");
    }

    private static void Expect(bool isSo, string what)
    {
        Console.WriteLine($"  {(isSo ? "ok   " : "WRONG")} {what}");
        _wrong += isSo ? 0 : 1;
    }

    /// <summary>MailKit as a client that trusts the fake internet's authority, and wishes to be told of success.</summary>
    private sealed class Client : SmtpClient
    {
        public static async Task<Client> ConnectAsync(FakeInternet internet, IPEndPoint relay)
        {
            var client = new Client { LocalDomain = "client.shop.example", ServerCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && IsTrusted(internet, shown) };
            await client.ConnectAsync(relay.Address.ToString(), relay.Port, SecureSocketOptions.StartTls);
            return client;
        }

        public Task<string> SendAsync(MimeMessage message, MailboxAddress sender, IEnumerable<MailboxAddress> recipients)
        {
            FormatOptions format = FormatOptions.Default.Clone();
            format.International = recipients.Any(recipient => recipient.IsInternational);
            return SendAsync(format, message, sender, recipients);
        }

        // As strict as the relay's own clients should be: the right name, from an authority that they know.
        private static bool IsTrusted(FakeInternet internet, X509Certificate2 certificate)
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(internet.Authority.Root);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationTimeIgnored = false;
            chain.ChainPolicy.VerificationTime = internet.Clock.GetUtcNow().UtcDateTime;
            return chain.Build(certificate) && certificate.MatchesHostname(Host, allowWildcards: true, allowCommonName: false);
        }

        protected override string GetEnvelopeId(MimeMessage message) => "order-4711";

        protected override DeliveryStatusNotification? GetDeliveryStatusNotifications(MimeMessage message, MailboxAddress mailbox) => DeliveryStatusNotification.Success | DeliveryStatusNotification.Failure;

        public Client() => DeliveryStatusNotificationType = DeliveryStatusNotificationType.HeadersOnly;
    }
}
