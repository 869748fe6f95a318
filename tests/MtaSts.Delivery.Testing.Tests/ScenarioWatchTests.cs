using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>Wrong senders are told so, and right ones are not.</summary>
internal sealed class ScenarioWatchTests : InternetFixture
{
    private const string Provider = "mx.provider.test";

    [Test]
    public async Task A_domain_in_capitals_is_the_same_domain()
    {
        ScenarioWatch watch = Scenarios.NoExtensions.Steps[0].Begin(Internet);
        await SendAsync("mx1.example.test", "noreply@SENDER.example", "jane@EXAMPLE.test");

        Assert.That(watch.Complaints(), Is.Empty);
        Internet.Verify.Message("jane@Example.test", Internet.Messages[0].Content);
        Assert.Throws<VerificationException>(() => Internet.Verify.Message("Jane@example.test", Internet.Messages[0].Content));
    }

    [Test]
    public async Task A_message_to_a_domain_in_capitals_that_must_not_come_is_a_fault()
    {
        ScenarioWatch watch = Scenarios.SharedHostOneDomainEnforces.Steps[0].Begin(Internet);
        await SendAsync(Provider, "noreply@sender.example", "jane@EXAMPLE.test", "john@other.test");

        Assert.That(watch.Complaints(), Has.Some.Contains("jane@example.test: MX hosts accepted 1 messages instead of 0"));
    }

    [Test]
    public async Task A_recipient_must_not_even_be_named_where_the_policy_forbids_it()
    {
        Scenario[] shared = [Scenarios.SharedHostOneDomainEnforces, Scenarios.SharedHostDifferentModes, Scenarios.SharedHostNamedByOnePolicy];
        foreach (Scenario scenario in shared)
        {
            await using FakeInternet internet = await FakeInternet.StartAsync();
            ScenarioWatch watch = scenario.Steps[0].Begin(internet);
            await using SmtpTestClient client = await SmtpTestClient.ConnectAsync(internet, internet.MxHost(Provider).Addresses[0], Limit);
            await client.SecureHelloAsync(Provider);
            await client.SayAsync("MAIL FROM:<noreply@sender.example>");
            Assert.That(watch.Complaints(), Has.None.Contains("no RCPT"));
            await client.SayAsync("RCPT TO:<jane@Example.test>");
            Assert.That(watch.Complaints(), Has.Some.StartsWith("Must be: no RCPT for `jane@example.test`"), scenario.Name);
        }
    }

    [Test]
    public async Task Another_envelope_is_a_fault()
    {
        ScenarioWatch watch = Scenarios.NoExtensions.Steps[0].Begin(Internet);
        await SendAsync("mx1.example.test", "other@sender.example", "jane@example.test", "spy@example.test");

        Assert.That(watch.Complaints(), Has.Count.EqualTo(2)
            .And.Some.StartsWith("spy@example.test: mx1.example.test accepted a message").And.Some.Contains("from <other@sender.example> instead of <noreply@sender.example>"));
    }

    private async Task SendAsync(string host, string sender, params string[] recipients)
    {
        await using SmtpTestClient client = await ConnectAsync(Internet.MxHost(host));
        await client.SecureHelloAsync(host);
        await client.SayAsync($"MAIL FROM:<{sender}>");
        foreach (string recipient in recipients)
        {
            await client.SayAsync($"RCPT TO:<{recipient}>");
        }

        await client.SayAsync("DATA");
        await client.SayAsync("From: noreply@sender.example\r\nSubject: Hello\r\n\r\nHello\r\n..\r\n...\r\n.");
    }
}
