using System.Text;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>What the tests of routing, TLS and SMTP share: a domain and its hosts, a message, and ways to look at what came of it.</summary>
internal static class SmtpDeliveries
{
    public const string Sender = "a@sender.example";
    public const string Message = "From: a@sender.example\r\nSubject: Hello\r\n\r\nHello\r\n";
    public const string One = "b@example.test";

    /// <summary>Twenty megabytes: more than lies between two sockets.</summary>
    public static string LongMessage { get; } = Message + string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 200_000));

    /// <summary>Gives example.test these MX hosts, the first preferred, and no policy.</summary>
    public static FakeDomain Hosts(this FakeInternet internet, params string[] hosts)
    {
        FakeDomain domain = internet.Domain("example.test");
        for (int i = 0; i < hosts.Length; i++)
        {
            domain.Mx((ushort)(10 * (i + 1)), hosts[i]);
        }

        return domain;
    }

    /// <summary>Gives example.test these MX hosts and a policy that names them all.</summary>
    public static FakeDomain Enforced(this FakeInternet internet, params string[] hosts) =>
        internet.Hosts(hosts).Policy(PolicyMode.Enforce, hosts);

    public static async Task<DeliveryResult> SendAsync(
        this FakeInternet internet, IEnumerable<string>? recipients = null, string message = Message, string sender = Sender,
        Action<MailDelivererOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        await using MailDeliverer deliverer = internet.Deliverer(configure);
        return await deliverer.DeliverAsync(Octets(message), new Envelope(sender, recipients ?? [One]), cancellationToken);
    }

    public static MessageContent Octets(string message) => MessageContent.From(Encoding.UTF8.GetBytes(message));

    public static string Text(this ReceivedMessage message) => Encoding.UTF8.GetString(message.Content.Span);

    public static IReadOnlyList<DeliveryAttempt> Attempts(this DeliveryResult result) => result.Domains[0].Attempts;

    public static RecipientOutcome.Delivered Delivered(this DeliveryResult result, string recipient = One) => As<RecipientOutcome.Delivered>(result, recipient);

    public static RecipientOutcome.Deferred Deferred(this DeliveryResult result, string recipient = One) => As<RecipientOutcome.Deferred>(result, recipient);

    public static RecipientOutcome.Failed Failed(this DeliveryResult result, string recipient = One) => As<RecipientOutcome.Failed>(result, recipient);

    /// <summary>Fails the test unless the host was told nothing about the message: no MAIL, no RCPT, no DATA, in no session.</summary>
    public static void WasToldNothing(this FakeMxHost host) =>
        Assert.That(host.Sessions.SelectMany(session => session.Commands), Has.No.AnyOf("MAIL", "RCPT", "DATA", "BDAT"), host.Name);

    private static T As<T>(DeliveryResult result, string recipient)
        where T : RecipientOutcome
    {
        RecipientOutcome outcome = result.For(recipient);
        Assert.That(outcome, Is.InstanceOf<T>(), outcome.Explanation);
        return (T)outcome;
    }
}
