using MimeKit;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

public sealed class SmokeTests
{
    private static MimeMessage Message() => new(
        [new MailboxAddress("A", "a@sender.example")], [new MailboxAddress("B", "b@good.test")], "Hello", new TextPart("plain") { Text = "Hello\n.\n..x\nwörld\n" });

    [Test]
    public async Task Delivers()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("good.test").Mx(10, "mx1.good.test").Policy(PolicyMode.Enforce, "*.good.test");
        internet.Domain("bad.test").Mx(10, "mx1.bad.test").Policy(PolicyMode.Enforce, "*.bad.test");
        internet.MxHost("mx1.bad.test").Certificate(c => c.Names("other.test"));
        internet.Domain("plain.test").Mx(10, "mx1.plain.test");
        internet.MxHost("mx1.plain.test").NoStartTls();
        await using MailDeliverer deliverer = internet.CreateDeliverer();
        DeliveryResult result = await deliverer.DeliverAsync(Message(), new Envelope("a@sender.example", "b@good.test", "c@bad.test", "d@plain.test"));
        TestContext.Out.WriteLine(result.ToJson());
        foreach (ReceivedMessage m in internet.Messages) { TestContext.Out.WriteLine(System.Text.Encoding.UTF8.GetString(m.Content.Span)); }
        Assert.That(result.For("b@good.test"), Is.InstanceOf<RecipientOutcome.Delivered>());
        Assert.That(result.For("c@bad.test"), Is.InstanceOf<RecipientOutcome.Deferred>());
        Assert.That(result.For("d@plain.test"), Is.InstanceOf<RecipientOutcome.Delivered>());
    }
}
