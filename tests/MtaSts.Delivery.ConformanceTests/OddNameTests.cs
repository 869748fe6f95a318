using MimeKit;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Names in use that are no valid A-labels, or that no decoder likes.</summary>
public sealed class OddNameTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    /// <summary>EAI-03, STS-008. RFC 6531 §3.2.</summary>
    [TestCase("xn--zzzzzz99999.test")]
    [TestCase("xn--a.test")]
    [TestCase("xn--0.test")]
    [TestCase("xn--ls8h.test")]
    [TestCase("a_b.test")]
    [TestCase("a--b.test")]
    public async Task Names_are_looked_up_as_they_are_whatever_they_decode_to(string domain)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain(domain).Mx(10, "mx1." + domain);
        internet.MxHost("mx1." + domain).NoStartTls();
        await using MailDeliverer deliverer = internet.Deliverer();
        using var message = new MimeMessage([MailboxAddress.Parse("a@sender.example")], [MailboxAddress.Parse("b@good.test")], "Hello", new TextPart("plain") { Text = "Hello" });

        DeliveryResult result = await deliverer.DeliverAsync(message, new Envelope("a@sender.example", "b@" + domain));

        Assert.That(result.Outcomes.Single(), Is.InstanceOf<RecipientOutcome.Delivered>(), result.Outcomes.Single().Explanation);
        Assert.That(internet.Messages.Single().Recipients.Single(), Is.EqualTo("b@" + domain));
    }
}
