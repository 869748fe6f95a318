using System.Text;
using CsCheck;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

public sealed class RefreshRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>STS-105. RFC 8461 §10.2.</summary>
    [TestCase(7 * 24, 0.0, 24.0)]
    [TestCase(7 * 24, 1.0, 18.0)]
    [TestCase(24, 0.0, 12.0)]
    [TestCase(24, 1.0, 9.0)]
    [TestCase(1, 0.0, 0.5)]
    [TestCase(1.0 / 6, 0.0, 1.0 / 12)]
    public void A_policy_is_refreshed_once_a_day_or_at_half_its_life(double maxAgeHours, double chance, double hours) =>
        Assert.That(RefreshRules.AfterFetch(Now, TimeSpan.FromHours(maxAgeHours), Day, chance), Is.EqualTo(Now.AddHours(hours)));

    [Test]
    public void A_policy_of_a_few_minutes_is_not_refreshed() => Assert.That(RefreshRules.AfterFetch(Now, TimeSpan.FromMinutes(9), Day, 0), Is.Null);

    /// <summary>STS-107. RFC 8461 §3.3: five minutes at least, six hours at most, and four times at least in what is left.</summary>
    [TestCase(1, 168.0, 5.0)]
    [TestCase(2, 168.0, 10.0)]
    [TestCase(5, 168.0, 80.0)]
    [TestCase(10, 168.0, 360.0)]
    [TestCase(1000, 168.0, 360.0)]
    [TestCase(10, 4.0, 60.0)]
    [TestCase(10, 0.1, 5.0)]
    [TestCase(10, 0.0, 360.0)]
    [TestCase(10, -5.0, 360.0)]
    public void A_failed_refresh_is_tried_again_ever_later(int failures, double hoursLeft, double minutes)
    {
        Assert.That(RefreshRules.AfterFailure(Now, Now.AddHours(hoursLeft), failures, 0), Is.EqualTo(Now.AddMinutes(minutes)).Within(TimeSpan.FromMilliseconds(1)));
        Assert.That(RefreshRules.AfterFailure(Now, Now.AddHours(hoursLeft), failures, 1), Is.EqualTo(Now.AddMinutes(minutes * 1.25)).Within(TimeSpan.FromMilliseconds(1)));
    }

    [TestCase(-1, 31, false, "Refresh", TestName = "A policy in use is refreshed")]
    [TestCase(-29, 31, false, "Refresh", TestName = "A policy used within the month is refreshed")]
    [TestCase(-31, 31, false, "Leave", TestName = "A policy out of use is left")]
    [TestCase(-31, 31, true, "Refresh", TestName = "A pinned policy is refreshed")]
    [TestCase(-1, -1, false, "Leave", TestName = "An expired policy is kept for a while")]
    [TestCase(-31, -1, true, "Refresh", TestName = "A pinned policy is tried for even after its end")]
    [TestCase(-1, -8, true, "Forget", TestName = "A policy that expired long ago is forgotten")]
    [TestCase(-30, 31, false, "Refresh", TestName = "A policy used a month ago to the moment is refreshed")]
    [TestCase(-1, 0, false, "Refresh", TestName = "A policy is refreshed up to its last moment")]
    [TestCase(-1, -7, false, "Leave", TestName = "An expired policy is kept for a week to the moment")]
    [TestCase(-1, -7, true, "Refresh", TestName = "A pinned policy is tried for up to a week after its end")]
    public void What_is_due_is_refreshed_left_or_forgotten(int usedDays, int expiresDays, bool isPinned, string step) =>
        Assert.That(RefreshRules.Next(new PolicyEntry([], "a", Now, Now.AddDays(usedDays), isPinned), Now.AddDays(expiresDays), TimeSpan.FromDays(30), Now).ToString(), Is.EqualTo(step));

    /// <summary>STS-105. RFC 8461 §3.3: the record may be gone, the refresh goes on.</summary>
    [Test]
    public void A_known_policy_is_asked_for_whatever_DNS_says()
    {
        var known = new CachedPolicy(StsPolicy.Parse("version: STSv1\nmode: none\nmax_age: 1\n"), "old", Now);
        Assert.That(RefreshRules.IdFor(known, new RecordLookup.Found(new StsRecord("new"))), Is.EqualTo("new"));
        foreach (RecordLookup lookup in new RecordLookup[] { new RecordLookup.None(), new RecordLookup.Invalid("x"), new RecordLookup.Unavailable("x") })
        {
            Assert.That(RefreshRules.IdFor(known, lookup), Is.EqualTo("old"));
            Assert.That(RefreshRules.IdFor(null, lookup), Is.Null);
        }
    }

    /// <summary>STS-110.</summary>
    [TestCase(-400, -400)]
    [TestCase(0, 0)]
    [TestCase(0.003, 0.003)]
    [TestCase(5.0 / (24 * 60), 5.0 / (24 * 60))]
    [TestCase(0.004, 0)]
    [TestCase(400, 0)]
    public void A_fetch_in_the_future_counts_as_one_now(double days, double counts) => Assert.That(RefreshRules.FetchedAt(Now.AddDays(days), Now), Is.EqualTo(Now.AddDays(counts)));

    /// <summary>STS-105: after a start, nothing is due later than it was, nothing earlier than now, and what is overdue comes well before its end.</summary>
    [Test]
    public void After_a_start_what_is_overdue_is_spread() =>
        Gen.Select(Gen.Double[-100, 100], Gen.Double[-10, 400], Gen.Double[0, 1]).Sample((dueHours, endHours, chance) =>
        {
            (DateTimeOffset due, DateTimeOffset end) = (Now.AddHours(dueHours), Now.AddHours(endHours));
            DateTimeOffset moment = RefreshRules.AfterStart(due, end, Now, chance);
            return due > Now ? moment == due : moment >= Now && moment <= Now.AddHours(1) && (endHours <= 0 ? moment == Now : moment <= Now + ((end - Now) / 4));
        });

    /// <summary>STS-105: an hour at most, and a quarter of what is left of the policy's life at most.</summary>
    [TestCase(-5, 400, 0.5, 30)]
    [TestCase(0, 400, 1.0, 60)]
    [TestCase(0, 4, 1.0, 60)]
    [TestCase(0, 2, 1.0, 30)]
    [TestCase(0, 2, 0.5, 15)]
    [TestCase(-5, 0, 1.0, 0)]
    [TestCase(-5, -2, 1.0, 0)]
    [TestCase(1, 400, 1.0, 60)]
    public void After_a_start_an_overdue_policy_waits_by_chance(int dueHours, int endHours, double chance, int minutes) =>
        Assert.That(RefreshRules.AfterStart(Now.AddHours(dueHours), Now.AddHours(endHours), Now, chance), Is.EqualTo(Now.AddMinutes(minutes)));

    [Test]
    public void A_policy_that_is_left_is_looked_at_again_when_it_can_be_forgotten()
    {
        DateTimeOffset again = RefreshRules.AfterLeaving(Now);
        Assert.That(again, Is.EqualTo(Now.AddDays(7).AddSeconds(1)));
        Assert.That(RefreshRules.Next(new PolicyEntry([], "a", Now, Now, true), Now, Day, again), Is.EqualTo(RefreshStep.Forget));
    }

    [TestCase(23, false)]
    [TestCase(24, false)]
    [TestCase(25, true)]
    public void Use_is_noted_once_a_day(double hours, bool isNews) => Assert.That(RefreshRules.IsUseNews(Now, Now.AddHours(hours)), Is.EqualTo(isNews));

    [TestCase("mode: enforce\nmx: a.example\nmax_age: 5", "mode: enforce\nmx: a.example\nmax_age: 5", PolicyWeakness.None)]
    [TestCase("mode: enforce\nmx: a.example\nmax_age: 5", "mode: testing\nmx: a.example\nmax_age: 5", PolicyWeakness.Mode)]
    [TestCase("mode: enforce\nmx: a.example\nmax_age: 5", "mode: none\nmax_age: 5", PolicyWeakness.Mode)]
    [TestCase("mode: testing\nmx: a.example\nmax_age: 5", "mode: none\nmax_age: 5", PolicyWeakness.Mode)]
    [TestCase("mode: testing\nmx: a.example\nmax_age: 5", "mode: enforce\nmx: a.example\nmax_age: 5", PolicyWeakness.None)]
    [TestCase("mode: none\nmax_age: 5", "mode: enforce\nmx: a.example\nmax_age: 5", PolicyWeakness.None)]
    [TestCase("mode: enforce\nmx: a.example\nmax_age: 5", "mode: enforce\nmx: a.example\nmax_age: 4", PolicyWeakness.MaxAge)]
    [TestCase("mode: enforce\nmx: a.example\nmax_age: 5", "mode: enforce\nmx: a.example\nmax_age: 6", PolicyWeakness.None)]
    [TestCase("mode: enforce\nmx: a.example\nmax_age: 5", "mode: enforce\nmx: b.example\nmax_age: 5", PolicyWeakness.Mx)]
    [TestCase("mode: enforce\nmx: a.example\nmax_age: 5", "mode: enforce\nmx: a.example\nmx: b.example\nmax_age: 5", PolicyWeakness.Mx)]
    [TestCase("mode: enforce\nmx: *.example\nmax_age: 5", "mode: enforce\nmx: b.example\nmax_age: 5", PolicyWeakness.None)]
    [TestCase("mode: enforce\nmx: b.example\nmax_age: 5", "mode: enforce\nmx: *.example\nmax_age: 5", PolicyWeakness.Mx)]
    [TestCase("mode: enforce\nmx: a.example\nmx: b.example\nmax_age: 5", "mode: enforce\nmx: b.example\nmax_age: 5", PolicyWeakness.None)]
    [TestCase("mode: enforce\nmx: *.example\nmax_age: 5", "mode: enforce\nmx: *.example\nmax_age: 5", PolicyWeakness.None)]
    [TestCase("mode: enforce\nmx: *.example\nmax_age: 5", "mode: enforce\nmx: a.b.example\nmax_age: 5", PolicyWeakness.Mx)]
    [TestCase("mode: enforce\nmx: a.example\nmax_age: 5", "mode: testing\nmx: *.example\nmax_age: 4", PolicyWeakness.Mode | PolicyWeakness.MaxAge | PolicyWeakness.Mx)]
    public void A_weaker_policy_is_seen_to_be_weaker(string before, string policy, PolicyWeakness weaker) =>
        Assert.That(ChangeRules.Weaker(StsPolicy.Parse($"version: STSv1\n{before}\n"), StsPolicy.Parse($"version: STSv1\n{policy}\n")), Is.EqualTo(weaker));

    /// <summary>Sharing never changes what is shared, however texts fall into the table.</summary>
    [Test]
    public void Texts_that_are_shared_stay_what_they_are()
    {
        var texts = new PolicyTexts();
        Parallel.For(0, 20_000, i =>
        {
            byte[] text = Encoding.ASCII.GetBytes($"version: STSv1\nmode: enforce\nmx: a{i % 7000}.example\nmax_age: 5\n");
            Assert.That(texts.Share(text), Is.EqualTo(text));
            Assert.That(texts.Share($"id{i % 7000}"), Is.EqualTo($"id{i % 7000}"));
            Assert.That(texts.Read(text)!.Mx.Single().ToString(), Is.EqualTo($"a{i % 7000}.example"));
        });
        byte[] once = texts.Share("same"u8);
        Assert.That(texts.Share("same"u8), Is.SameAs(once));
        Assert.That(texts.Read("no policy"u8), Is.Null);
    }
}
