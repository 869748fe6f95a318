using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests;

public sealed class OverrideRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DomainName Domain = DomainName.Parse("example.com");
    private static readonly DeliveryOverride Ignore = new DeliveryOverride.IgnorePolicy(Domain, "broken");
    private static readonly DeliveryOverride Require = new DeliveryOverride.RequirePolicy(Domain, "contract");
    private static readonly PolicyFault Unavailable = new(PolicyFaultKind.RecordUnavailable, "SERVFAIL");

    /// <summary>STS-135.</summary>
    [TestCase(null, true)]
    [TestCase(1, true)]
    [TestCase(0, true)]
    [TestCase(-1, false)]
    public void An_override_counts_up_to_its_last_moment(int? secondsLeft, bool counts)
    {
        DeliveryOverride one = Ignore with { Until = secondsLeft is { } seconds ? Now.AddSeconds(seconds) : null };
        Assert.That(OverrideRules.Current([one], isDaneOn: false, Now), Is.EqualTo(counts ? new[] { one } : []));
    }

    /// <summary>STS-135.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void TLSA_records_are_only_ignored_where_they_would_count(bool isDaneOn)
    {
        DeliveryOverride one = new DeliveryOverride.IgnoreDane(Domain, "broken");
        Assert.That(OverrideRules.Current([one], isDaneOn, Now), Is.EqualTo(isDaneOn ? new[] { one } : []));
    }

    /// <summary>STS-135.</summary>
    [Test]
    public void Mail_goes_by_the_policy_in_force_unless_that_is_ignored()
    {
        PolicyDiscovery discovery = Discovery("enforce");
        Assert.That(OverrideRules.PolicyFor(discovery, []), Is.SameAs(discovery.Policy));
        Assert.That(OverrideRules.PolicyFor(discovery, [Require]), Is.SameAs(discovery.Policy));
        Assert.That(OverrideRules.PolicyFor(discovery, [Require, Ignore]), Is.Null);
    }

    /// <summary>STS-135.</summary>
    [Test]
    public void Of_several_demands_the_strongest_counts()
    {
        var encrypted = new DeliveryOverride.RequireTls(Domain, TlsDemand.Encrypted, "x");
        var verified = new DeliveryOverride.RequireTls(Domain, TlsDemand.Verified, "x");
        Assert.That(OverrideRules.DemandFor([Ignore]), Is.Null);
        Assert.That(OverrideRules.DemandFor([encrypted]), Is.EqualTo(TlsDemand.Encrypted));
        Assert.That(OverrideRules.DemandFor([encrypted, verified, encrypted]), Is.EqualTo(TlsDemand.Verified));
    }

    /// <summary>STS-135.</summary>
    [TestCase("enforce", false, null)]
    [TestCase("testing", false, "and the policy is in mode testing")]
    [TestCase("none", false, "and the policy is in mode none")]
    [TestCase(null, false, "and no policy is in force")]
    [TestCase(null, true, "and no policy is in force: SERVFAIL")]
    public void A_policy_that_is_required_must_be_in_mode_enforce(string? mode, bool isUnavailable, string? found)
    {
        PolicyDiscovery discovery = Discovery(mode, isUnavailable ? Unavailable : null);
        Assert.That(OverrideRules.Forbids(discovery, [Require], false), Is.EqualTo(
            found is null ? null : ((FailureCode, string)?)(FailureCode.PolicyRequired, "this sender requires a policy in mode enforce for example.com, " + found)));
    }

    /// <summary>STS-135: what is not known does not hold mail back unless the sender wants it, and does not ignore the policy.</summary>
    [TestCase(null, PolicyFaultKind.RecordUnavailable, true, false, true)]
    [TestCase(null, PolicyFaultKind.RecordUnavailable, false, false, false)]
    [TestCase(null, PolicyFaultKind.RecordUnavailable, true, true, false)]
    [TestCase(null, PolicyFaultKind.RecordInvalid, true, false, false)]
    [TestCase(null, null, true, false, false)]
    [TestCase("testing", PolicyFaultKind.RecordUnavailable, true, false, false)]
    public void Mail_waits_for_a_record_that_cannot_be_looked_up_where_the_sender_wants_it(string? mode, PolicyFaultKind? fault, bool defers, bool ignores, bool waits)
    {
        PolicyDiscovery discovery = Discovery(mode, fault is { } kind ? new PolicyFault(kind, "SERVFAIL") : null);
        Assert.That(OverrideRules.Forbids(discovery, ignores ? [Ignore] : [], defers), Is.EqualTo(
            waits ? ((FailureCode, string)?)(FailureCode.PolicyUnknown, "the look-up of the MTA-STS record of example.com failed: SERVFAIL") : null));
    }

    /// <summary>STS-135.</summary>
    [Test]
    public void An_outcome_names_the_overrides_that_had_a_part_in_it()
    {
        RecipientOutcome outcome = OutcomeRules.WithoutAttempt(EnvelopeAddress.Parse("jane@example.com"), FailureCode.PolicyRequired, "it waits");
        Assert.That(OverrideRules.Explain(outcome, []), Is.SameAs(outcome));
        Assert.That(OverrideRules.Explain(outcome, [Require, Ignore with { Until = Now }]).Explanation, Is.EqualTo(
            "It waits. By this sender's own rule: require a policy in mode enforce (contract); ignore the policy (broken; until 2026-03-01 12:00 UTC)."));
    }

    private static PolicyDiscovery Discovery(string? mode, PolicyFault? fault = null) => new(
        Domain, PolicySource.Cache,
        mode is null ? null : new CachedPolicy(StsPolicy.Parse($"version: STSv1\nmode: {mode}\nmx: mx1.example.com\nmax_age: 86400\n"), "a", Now),
        new RecordLookup.None(), fault);
}
