using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

public sealed class DiscoveryRulesTests
{
    private const int MaxAge = 100;
    private static readonly DateTimeOffset Fetched = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PolicyFault Fault = new(PolicyFaultKind.HttpStatus, "404");

    /// <summary>STS-053, STS-054. RFC 8461 §3.2.</summary>
    [TestCase(100, 0, true)]
    [TestCase(100, 50, true)]
    [TestCase(100, 100, true)]
    [TestCase(100, 101, false)]
    [TestCase(100, 40_000_000, false)]
    [TestCase(0, 0, false)]
    [TestCase(0, 1, false)]
    [TestCase(1, 1, true)]
    public void A_policy_holds_until_its_age_has_exceeded_max_age(int maxAge, int age, bool holds) =>
        Assert.That(Cached("a", maxAge).HoldsAt(Fetched.AddSeconds(age)), Is.EqualTo(holds));

    /// <summary>STS-100. RFC 8461 §3, §5.1.</summary>
    [Test]
    public void The_same_id_needs_no_fetch() =>
        Assert.That(Next(Cached("a"), Found("a")), Is.EqualTo(new DiscoveryStep.UseCached(Cached("a"), null)));

    /// <summary>STS-101, STS-102, STS-015. RFC 8461 §3.3, §5.</summary>
    [TestCase("B2", "A1")]
    [TestCase("a1", "A1")]
    [TestCase("a", "aa")]
    [TestCase("20260101", "20250101")]
    public void Another_id_leads_to_a_fetch_and_the_old_policy_stays_to_fall_back_on(string cached, string live) =>
        Assert.That(Next(Cached(cached), Found(live)), Is.EqualTo(new DiscoveryStep.Fetch(live, Cached(cached))));

    [Test]
    public void Without_a_policy_the_record_leads_to_a_fetch() =>
        Assert.That(Next(null, Found("a")), Is.EqualTo(new DiscoveryStep.Fetch("a", null)));

    /// <summary>STS-104. RFC 8461 §3.3.</summary>
    [Test]
    public void An_expired_policy_is_fetched_anew_and_nothing_to_fall_back_on() =>
        Assert.That(Next(Cached("a"), Found("a"), age: MaxAge + 1), Is.EqualTo(new DiscoveryStep.Fetch("a", null)));

    private static IEnumerable<TestCaseData<RecordLookup, PolicyFaultKind?>> WithoutRecord()
    {
        yield return new(new RecordLookup.None(), null);
        yield return new(new RecordLookup.Invalid("two records"), PolicyFaultKind.RecordInvalid);
        yield return new(new RecordLookup.Unavailable("SERVFAIL"), PolicyFaultKind.RecordUnavailable);
        yield return new(new RecordLookup.NotApplicable(), null);
    }

    /// <summary>STS-026, STS-091. RFC 8461 §3.1, §3.3, §5.1.</summary>
    [TestCaseSource(nameof(WithoutRecord))]
    public void Whatever_DNS_says_a_cached_policy_holds_until_its_end(RecordLookup lookup, PolicyFaultKind? fault)
    {
        var step = (DiscoveryStep.UseCached)Next(Cached("a"), lookup, age: MaxAge);
        Assert.That(step.Cached, Is.EqualTo(Cached("a")));
        Assert.That(step.Fault?.Kind, Is.EqualTo(fault));
    }

    /// <summary>STS-104. RFC 8461 §3.3.</summary>
    [TestCaseSource(nameof(WithoutRecord))]
    public void Expired_and_nothing_live_is_no_policy(RecordLookup lookup, PolicyFaultKind? fault)
    {
        Assert.That(((DiscoveryStep.NoPolicy)Next(Cached("a"), lookup, age: MaxAge + 1)).Fault?.Kind, Is.EqualTo(fault));
        Assert.That(((DiscoveryStep.NoPolicy)Next(null, lookup)).Fault?.Kind, Is.EqualTo(fault));
    }

    /// <summary>STS-088, STS-089, STS-102. RFC 8461 §3.3.</summary>
    [TestCase("b", 0, false)]
    [TestCase("b", 299, false)]
    [TestCase("b", 300, true)]
    [TestCase("c", 0, true)]
    [TestCase("B", 0, true)]
    public void A_failed_fetch_is_not_tried_again_for_five_minutes_unless_the_id_is_new(string live, int secondsLater, bool fetches)
    {
        var failed = new FailedFetch("b", Fault, Fetched.AddSeconds(300));
        CachedPolicy cached = Cached("a", 86400);
        Assert.That(
            DiscoveryRules.Next(cached, Found(live), failed, Fetched.AddSeconds(secondsLater)),
            Is.EqualTo(fetches ? new DiscoveryStep.Fetch(live, cached) : new DiscoveryStep.UseCached(cached, Fault)));
        Assert.That(
            DiscoveryRules.Next(null, Found(live), failed, Fetched.AddSeconds(secondsLater)),
            Is.EqualTo(fetches ? new DiscoveryStep.Fetch(live, null) : new DiscoveryStep.NoPolicy(Fault)));
    }

    /// <summary>STS-100, STS-112. RFC 8461 §3.3.</summary>
    [Test]
    public void A_failure_of_another_id_does_not_spoil_the_cached_policy() =>
        Assert.That(DiscoveryRules.Next(Cached("a"), Found("a"), new FailedFetch("b", Fault, Fetched.AddSeconds(300)), Fetched), Is.EqualTo(new DiscoveryStep.UseCached(Cached("a"), null)));

    private static DiscoveryStep Next(CachedPolicy? cached, RecordLookup lookup, int age = 10) => DiscoveryRules.Next(cached, lookup, null, Fetched.AddSeconds(age));

    private static RecordLookup.Found Found(string id) => new(new StsRecord(id));

    private static CachedPolicy Cached(string id, int maxAge = MaxAge) =>
        new(StsPolicy.Parse($"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: {maxAge}\n"), id, Fetched);
}
