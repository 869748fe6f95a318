using System.Net;
using MimeKit;
using MtaSts.Delivery;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using QuickStart;

// Without arguments: one message to eight domains of a fake internet in this process, and what became of it.
// With --to: one message for real, to the MX hosts of whoever is named.
if (args is ["--help" or "-h"])
{
    Console.WriteLine(Arguments.Usage.TrimStart());
    return 0;
}

Arguments? arguments = Arguments.Read(args, out string? fault);
if (arguments is null)
{
    Console.Error.WriteLine(fault);
    Console.Error.WriteLine(Arguments.Usage);
    return 2;
}

if (Directory.Exists(arguments.Eml))
{
    Console.Error.WriteLine($"{arguments.Eml} is a directory; --eml takes a file.");
    return 2;
}

MimeMessage message;
try
{
    message = await MimeMessage.LoadAsync(arguments.Eml);
}
catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException)
{
    Console.Error.WriteLine($"{arguments.Eml}: {unreadable.Message}");
    return 2;
}

if (arguments.To.Count > 0)
{
    var options = new MailDelivererOptions { EhloName = arguments.Ehlo };
    foreach (IPEndPoint server in arguments.Dns)
    {
        options.Dns.Servers.Add(server);
    }

    if (options.Validate().FirstOrDefault() is { } wrong)
    {
        Console.Error.WriteLine(wrong);
        return 2;
    }

    await using var real = new MailDeliverer(options);
    DeliveryResult sent = await real.DeliverAsync(message, new Envelope(arguments.From ?? "", arguments.To));
    Report.Print(sent, arguments.Json);
    return sent.AllDelivered ? 0 : 1;
}

// A small internet: DNS, policy hosts, MX hosts and a certificate authority, on loopback.
await using FakeInternet internet = await FakeInternet.StartAsync();
internet.Domain("good.test").Mx(10, "mx1.good.test").Policy(PolicyMode.Enforce, "*.good.test");

internet.Domain("wrong-certificate.test").Mx(10, "mx1.wrong-certificate.test").Policy(PolicyMode.Enforce, "mx1.wrong-certificate.test");
internet.MxHost("mx1.wrong-certificate.test").Certificate(certificate => certificate.Names("mail.elsewhere.test"));

internet.Domain("stripped.test").Mx(10, "mx1.stripped.test").Policy(PolicyMode.Enforce, "*.stripped.test");
internet.MxHost("mx1.stripped.test").NoStartTls();

internet.Domain("hijacked.test").Mx(10, "mx.attacker.test").Policy(PolicyMode.Enforce, "*.hijacked.test");

internet.Domain("testing.test").Mx(10, "mx1.testing.test").Policy(PolicyMode.Testing, "*.testing.test");
internet.MxHost("mx1.testing.test").Certificate(certificate => certificate.Expired());

internet.Domain("two-hosts.test").Mx(10, "mx1.two-hosts.test").Mx(20, "mx2.two-hosts.test").Policy(PolicyMode.Enforce, "*.two-hosts.test");
internet.MxHost("mx1.two-hosts.test").Certificate(certificate => certificate.SelfSigned());

internet.Domain("no-policy.test").Mx(10, "mx1.no-policy.test");
internet.Domain("no-mail.test").NullMx();

await using MailDeliverer deliverer = internet.CreateDeliverer();
DeliveryResult result = await deliverer.DeliverAsync(message, new Envelope(
    "noreply@sender.example",
    "you@good.test", "you@wrong-certificate.test", "you@stripped.test", "you@hijacked.test",
    "you@testing.test", "you@two-hosts.test", "you@no-policy.test", "you@no-mail.test"));

Report.Print(result, arguments.Json);

// The outcomes are what this little internet must lead to; anything else is a failure of this sample.
const string expected = "Delivered Deferred Deferred Deferred Delivered Delivered Delivered Failed";
string seen = string.Join(' ', result.Outcomes.Select(outcome => outcome.GetType().Name));
if (seen != expected || internet.Messages.Count != 4)
{
    Console.Error.WriteLine($"Unexpected: {seen} and {internet.Messages.Count} messages at the hosts, instead of {expected} and 4.");
    return 1;
}

if (!arguments.Json)
{
    Console.WriteLine("The fake MX hosts hold 4 messages; nothing was handed to a host that a policy in mode enforce forbids.");
}

return 0;
