using MimeKit;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>The README's example, to the letter, over the fake internet.</summary>
public sealed class ReadmeTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    [Test]
    public async Task The_example_sends_one_message()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        await using MailDeliverer deliverer = internet.Deliverer(options => options.EhloName = "mail.sender.example");

        // README
        var message = new MimeMessage();
        message.From.Add(MailboxAddress.Parse("noreply@sender.example"));
        message.To.Add(MailboxAddress.Parse("jane@example.test"));
        message.Subject = "Your new password";
        message.Body = new TextPart("plain") { Text = "https://www.sender.example/reset?code=4711" };

        DeliveryResult result = await deliverer.DeliverAsync(message, new Envelope("noreply@sender.example", "jane@example.test"));
        foreach (RecipientOutcome outcome in result.Outcomes)
        {
            Console.WriteLine($"{outcome.Recipient}: {outcome.GetType().Name} {outcome.Status}. {outcome.Explanation}");
        }
        // README

        Assert.That(result.AllDelivered, Is.True);
        Assert.That(internet.Messages.Single().Recipients.Single(), Is.EqualTo("jane@example.test"));
    }

    [Test]
    public void The_example_stands_in_the_README_as_it_is_tested()
    {
        string tested = Repository.Example("tests", "MtaSts.Delivery.ConformanceTests", "ReadmeTests.cs");
        Assert.That(Repository.Text("README.md"), Does.Contain(tested));
        Assert.That(Repository.Text("src", "MtaSts.Delivery", "README.md"), Does.Contain(tested[tested.IndexOf("DeliveryResult result", StringComparison.Ordinal)..]));
    }
}
