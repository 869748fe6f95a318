using MimeKit;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>The look for a newer policy before mail is given up. RFC 8461 §5.</summary>
public sealed class FreshLookTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private static readonly DomainName Domain = DomainName.Parse("example.test");

    /// <summary>STS-124. RFC 8461 §5, §5.1: a refusal by policy is never permanent, and a changed policy is found before the mail is given up.</summary>
    [Test]
    public async Task A_policy_that_was_mended_is_found_before_the_mail_is_given_up()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "old.example.test");
        await using MailDeliverer deliverer = internet.Deliverer();
        Assert.That(await SendAsync(deliverer), Is.InstanceOf<RecipientOutcome.Deferred>());

        internet.Domain("example.test").Policy(PolicyMode.Enforce, "mx1.example.test");
        Assert.That(await SendAsync(deliverer), Is.InstanceOf<RecipientOutcome.Deferred>(), "the record is remembered for its TTL");
        PolicyDiscovery found = await deliverer.Policies.RecheckAsync(Domain);

        Assert.That(found.Source, Is.EqualTo(PolicySource.Fetched));
        Assert.That(await SendAsync(deliverer), Is.InstanceOf<RecipientOutcome.Delivered>());
    }

    /// <summary>STS-124. RFC 8461 §5.1: without a change the policy stays, also when DNS is dead.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task Without_a_change_the_policy_stays(bool dnsIsDead)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "old.example.test");
        await using MailDeliverer deliverer = internet.Deliverer();
        await SendAsync(deliverer);
        if (dnsIsDead)
        {
            internet.Dns.ServFail("_mta-sts.example.test");
        }

        int before = internet.Dns.Queries.Count(query => query.Name == "_mta-sts.example.test");
        PolicyDiscovery found = await deliverer.Policies.RecheckAsync(Domain);

        Assert.That(found.Source, Is.EqualTo(PolicySource.Cache));
        Assert.That(internet.Dns.Queries.Count(query => query.Name == "_mta-sts.example.test"), Is.GreaterThan(before), "DNS is asked afresh");
        Assert.That(await SendAsync(deliverer), Is.InstanceOf<RecipientOutcome.Deferred>());
    }

    private static async Task<RecipientOutcome> SendAsync(MailDeliverer deliverer)
    {
        using var message = new MimeMessage([MailboxAddress.Parse("a@sender.example")], [MailboxAddress.Parse("b@example.test")], "Hello", new TextPart("plain") { Text = "Hello" });
        return (await deliverer.DeliverAsync(message)).Outcomes.Single();
    }
}
