using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>STS-135. What a sender decides by itself is explicit, shown, and ends when it should.</summary>
public sealed class OverrideTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private static readonly DomainName Domain = DomainName.Parse("example.test");

    [Test]
    public void By_default_there_is_none() => Assert.That(new MailDelivererOptions().Overrides, Is.Empty);

    [Test]
    public async Task A_policy_that_is_ignored_is_looked_up_and_shown_but_not_applied()
    {
        await using FakeInternet internet = await StartAsync(PolicyMode.Enforce);
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Overrides.Add(new DeliveryOverride.IgnorePolicy(Domain, "their STARTTLS is broken, ticket 4711")));
        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Delivered, Is.Not.Null.And.Property("IsEncrypted").False);
        Assert.That(sent.Policy.Mode, Is.EqualTo(PolicyMode.Enforce));
        Assert.That(sent.Line.Overrides, Has.Count.EqualTo(1));
        Assert.That(sent.Outcome.Explanation, Does.Contain("ignore the policy (their STARTTLS is broken, ticket 4711)"));
        DeliveryPlan plan = await deliverer.PlanAsync(EnvelopeAddress.Parse("b@example.test"));
        Assert.That(plan.Overrides, Is.EqualTo(sent.Line.Overrides));
        Assert.That(plan.Hosts.Single().Requirement, Is.InstanceOf<TlsRequirement.Opportunistic>());
        Assert.That(plan.ToJson(), Does.Contain("\"kind\": \"ignorePolicy\"").And.Contain("ticket 4711"));
    }

    [Test]
    public async Task A_policy_that_is_ignored_can_be_replaced_by_a_demand()
    {
        await using FakeInternet internet = await StartAsync(PolicyMode.Enforce);
        await using MailDeliverer deliverer = internet.Deliverer(options =>
        {
            options.Overrides.Add(new DeliveryOverride.IgnorePolicy(Domain, "the policy lists the wrong host"));
            options.Overrides.Add(new DeliveryOverride.RequireTls(Domain, TlsDemand.Encrypted, "but not in clear"));
            options.Overrides.Add(new DeliveryOverride.RequireTls(Domain, TlsDemand.Verified, "and not to anybody"));
        });
        Sent sent = await deliverer.SendAsync();
        Assert.That(sent.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(sent.Line.Attempts.Single().Requirement, Is.InstanceOf<TlsRequirement.Enforced>(), "the strongest demand");
    }

    [TestCase(PolicyMode.Enforce, FailureCode.StartTlsNotOffered, "No MX host")]
    [TestCase(PolicyMode.Testing, FailureCode.PolicyRequired, "the policy is in mode testing")]
    [TestCase(PolicyMode.None, FailureCode.PolicyRequired, "the policy is in mode none")]
    [TestCase(null, FailureCode.PolicyRequired, "no policy is in force")]
    public async Task Where_a_policy_is_required_nothing_goes_without(PolicyMode? mode, FailureCode failure, string reason)
    {
        await using FakeInternet internet = await StartAsync(mode);
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Overrides.Add(new DeliveryOverride.RequirePolicy(Domain, "contract")));
        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Deferred, Is.EqualTo(failure));
        Assert.That(sent.Outcome.Explanation, Does.Contain(reason).And.Contain("(contract)"));
        Assert.That(internet.MxHost("mx1.example.test").SawMailInClear(), Is.False);
    }

    [Test]
    public async Task A_required_policy_that_cannot_be_fetched_holds_the_mail_back()
    {
        await using FakeInternet internet = await StartAsync(PolicyMode.Enforce);
        internet.Domain("example.test").PolicyHost.Down();
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Overrides.Add(new DeliveryOverride.RequirePolicy(Domain, "contract")));
        Sent sent = await deliverer.SendAsync();
        Assert.That(sent.Deferred, Is.EqualTo(FailureCode.PolicyRequired));
        Assert.That(sent.Outcome.Explanation, Does.Contain("no connection to mta-sts.example.test"));
    }

    [Test]
    public async Task An_override_ends_when_it_should_and_meets_nobody_else()
    {
        await using FakeInternet internet = await StartAsync(PolicyMode.Enforce);
        internet.Enforcing("other.test");
        internet.MxHost("mx1.other.test").NoStartTls();
        DateTimeOffset until = internet.Clock.GetUtcNow().AddDays(1);
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Overrides.Add(new DeliveryOverride.IgnorePolicy(Domain, "for a day", until)));
        Sent during = await deliverer.SendAsync();
        Sent other = await deliverer.SendAsync("b@other.test");
        internet.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        Sent after = await deliverer.SendAsync();

        Assert.That(during.Delivered, Is.Not.Null);
        Assert.That(during.Outcome.Explanation, Does.Contain(FormattableString.Invariant($"until {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC")));
        Assert.That((other.Deferred, other.Line.Overrides.Count), Is.EqualTo((FailureCode.StartTlsNotOffered, 0)));
        Assert.That((after.Deferred, after.Line.Overrides.Count), Is.EqualTo((FailureCode.StartTlsNotOffered, 0)));
        Assert.That(after.Outcome.Explanation, Does.Not.Contain("own rule"));
    }

    [Test]
    public void Overrides_that_make_no_sense_are_refused_at_the_start()
    {
        Refuses("has no Reason", new DeliveryOverride.IgnorePolicy(Domain, " "));
        Refuses("both require and ignore", new DeliveryOverride.IgnorePolicy(Domain, "a"), new DeliveryOverride.RequirePolicy(Domain, "b"));
        Refuses("contains null", (DeliveryOverride)null!);

        static void Refuses(string why, params DeliveryOverride[] overrides)
        {
            var options = new MailDelivererOptions();
            foreach (DeliveryOverride one in overrides)
            {
                options.Overrides.Add(one);
            }

            Assert.That(() => new MailDeliverer(options), Throws.ArgumentException.With.Message.Contains(why));
        }
    }

    private static async Task<FakeInternet> StartAsync(PolicyMode? mode)
    {
        FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Domain("example.test").Mx(10, "mx1.example.test");
        if (mode is { } published)
        {
            domain.Policy(published, "mx1.example.test");
        }

        internet.MxHost("mx1.example.test").NoStartTls();
        return internet;
    }
}
