using System.Net;
using System.Text;
using MtaSts.Delivery;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;
using SenderAudit;

// Seven domains, two rounds, and a verdict for each: does a sender keep mail from hosts that it must not trust, and deliver the rest?
const int rounds = 2;
switch (args)
{
    case []:
        // The library itself, in this process.
        await using (FakeInternet internet = await FakeInternet.StartAsync())
        {
            AuditCase.ArrangeAll(internet);
            await using MailDeliverer deliverer = internet.CreateDeliverer();
            return await RunAsync(new Audit(internet), async round =>
            {
                var message = MessageContent.From(Encoding.ASCII.GetBytes($"Subject: round {round}\r\n\r\nHello\r\n"));
                await deliverer.DeliverAsync(message, new Envelope("sender@sender.example", AuditCase.All.Select(one => one.Recipient(round))));
            });
        }

    case ["addresses"]:
        // What the machine needs before "serve".
        await using (FakeInternet internet = await FakeInternet.StartAsync())
        {
            AuditCase.ArrangeAll(internet);
            Console.WriteLine(string.Join('\n', AuditCase.All.SelectMany(one => internet.MxHost(one.MxHost).Addresses.Concat(internet.Domain(one.Domain).PolicyHost.Addresses))));
            Console.WriteLine(internet.MxHost("mx2.untrusted.audit.test").Addresses[0]);
            return 0;
        }

    case ["domains"]:
        Console.WriteLine(string.Join('\n', AuditCase.All.Select(one => one.Domain)));
        return 0;

    case ["serve", var dns, var rootFile] when IPEndPoint.TryParse(dns, out IPEndPoint? dnsEndPoint) && dnsEndPoint.Port > 0:
        // Any sender, in another process: real ports, real time.
        await using (FakeInternet internet = await FakeInternet.StartStandAloneAsync(dnsEndPoint))
        {
            AuditCase.ArrangeAll(internet);
            await File.WriteAllTextAsync(rootFile, internet.Authority.Root.ExportCertificatePem());
            return await RunAsync(new Audit(internet), round =>
            {
                Console.WriteLine($"Round {round}: send a message to each of {string.Join(", ", AuditCase.All.Select(one => one.Recipient(round)))}; when all are delivered or deferred, press Enter.");
                return Task.Run(Console.In.ReadLine);
            });
        }

    default:
        Console.Error.WriteLine("""
            usage: SenderAudit                       audits the library
                   SenderAudit addresses             lists the addresses that the machine must have for "serve"
                   SenderAudit domains               lists the domains to send to
                   SenderAudit serve DNS ROOT-FILE   serves DNS at DNS (such as 127.0.0.1:53) and hosts on ports 25 and 443 for any sender that asks
                                                     this DNS and trusts the certificate written to ROOT-FILE; verdicts after each line of input
            """);
        return 2;
}

static async Task<int> RunAsync(Audit audit, Func<int, Task> send)
{
    for (int round = 1; round <= rounds; round++)
    {
        await send(round);
        foreach (string verdict in audit.Judge(round))
        {
            Console.WriteLine(verdict);
        }
    }

    Console.WriteLine($"{(rounds * AuditCase.All.Count) - audit.Failures} of {rounds * AuditCase.All.Count} passed");
    return audit.Failures == 0 ? 0 : 1;
}
