using MimeKit;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>The example of the kit's README, to the letter.</summary>
internal sealed class ReadmeTests
{
    [Test]
    public async Task A_password_reset_is_not_sent_to_a_server_with_a_certificate_for_another_name()
    {
        // README
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        internet.MxHost("mx1.example.test").Certificate(c => c.Names("other.test"));
        await using MailDeliverer deliverer = internet.CreateDeliverer();

        using var passwordReset = new MimeMessage { Subject = "Reset", Body = new TextPart("plain") { Text = "https://www.sender.example/reset?code=4711" } };
        DeliveryResult result = await deliverer.DeliverAsync(passwordReset, new Envelope("noreply@sender.example", "jane@example.test"));

        Assert.That(result.For("jane@example.test"), Is.InstanceOf<RecipientOutcome.Deferred>());
        internet.Verify.EveryMxHostIsInDns().Messages(0).NoMailTo("mx1.example.test");
        // README
    }

    [Test]
    public void The_example_stands_in_the_README_as_it_is_tested() =>
        Assert.That(Repository.Text("src", "MtaSts.Delivery.Testing", "README.md"), Does.Contain(Repository.Example("tests", "MtaSts.Delivery.Testing.Tests", "ReadmeTests.cs")));
}
