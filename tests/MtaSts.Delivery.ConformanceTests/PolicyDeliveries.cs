using System.Text;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

[assembly: Parallelizable(ParallelScope.All)]

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>What became of one message for one recipient, and the whole line behind it.</summary>
internal sealed record Sent(RecipientOutcome Outcome, DomainDelivery Line)
{
    public PolicyDiscovery Policy => Line.Policy;

    public RecipientOutcome.Delivered? Delivered => Outcome as RecipientOutcome.Delivered;

    public FailureCode? Deferred => (Outcome as RecipientOutcome.Deferred)?.Failure;
}

/// <summary>The small set-up that policy tests share.</summary>
internal static class PolicyDeliveries
{
    public const string Sender = "a@sender.example";

    /// <summary>One second more than the fake DNS lets a record be remembered.</summary>
    public static readonly TimeSpan RecordLife = TimeSpan.FromSeconds(301);

    public static string Text { get; } = "From: a@sender.example\r\nTo: b@example.test\r\nSubject: Hello\r\n\r\nHello\r\n.\r\n..x\r\n";

    public static MessageContent Message { get; } = MessageContent.From(Encoding.ASCII.GetBytes(Text));

    /// <summary>A domain with one MX host that its policy lists, mode enforce.</summary>
    public static FakeDomain Enforcing(this FakeInternet internet, string name = "example.test") =>
        internet.Domain(name).Mx(10, $"mx1.{name}").Policy(PolicyMode.Enforce, $"mx1.{name}");

    /// <summary>Delivers to one recipient; what nobody foresaw is never a test's answer.</summary>
    public static async Task<Sent> SendAsync(this MailDeliverer deliverer, string recipient = "b@example.test", CancellationToken cancellationToken = default)
    {
        DeliveryResult result = await deliverer.DeliverAsync(Message, new Envelope(Sender, recipient), cancellationToken);
        var sent = new Sent(result.For(recipient), result.Domains.Single());
        Assert.That(sent.Deferred, Is.Not.EqualTo(FailureCode.InternalError), sent.Outcome.Explanation);
        return sent;
    }

    /// <summary>The names whose TXT records were asked for, in order.</summary>
    public static string[] RecordsAskedFor(this FakeInternet internet) =>
        [.. internet.Dns.Queries.Where(query => query.Type == DnsRecordType.Txt).Select(query => query.Name)];

    /// <summary>Whether anybody said anything about mail to a host: MAIL, RCPT or DATA.</summary>
    public static bool WasOfferedMail(this FakeMxHost host) =>
        host.Sessions.Any(session => session.Commands.Any(command => command is "MAIL" or "RCPT" or "DATA" or "BDAT"));

    /// <summary>Whether a command about mail crossed the wire in clear, anywhere.</summary>
    public static bool SawMailInClear(this FakeMxHost host) =>
        host.Sessions.Any(session => session.SentInClear("MAIL") || session.SentInClear("RCPT") || session.SentInClear("DATA") || session.SentInClear("BDAT"))
        || host.Messages.Any(message => !message.IsTls);

    public static void AssertTextArrived(this ReceivedMessage message) =>
        Assert.That(Encoding.ASCII.GetString(message.Content.Span), Is.EqualTo(Text));
}

/// <summary>A proxy that is not there, in the environment of all tests: whoever heeds it gets nowhere.</summary>
[SetUpFixture]
public sealed class AmbientProxy
{
    [OneTimeSetUp]
    public void Set()
    {
        // Not for http: URLs: a proxy would swallow the download that a certificate must not cause.
        foreach (string name in (string[])["HTTPS_PROXY", "https_proxy"])
        {
            Environment.SetEnvironmentVariable(name, "http://127.0.0.1:9");
        }
    }
}
