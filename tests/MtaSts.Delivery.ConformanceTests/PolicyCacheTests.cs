using System.Collections.Concurrent;
using System.Globalization;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <remarks>The MX host has no STARTTLS: mail that is deferred shows that mode enforce was applied, mail in clear that it was not. Time passes only where a test says so.</remarks>
public sealed class PolicyCacheTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string RecordName = "_mta-sts.example.test";

    /// <summary>STS-100. RFC 8461 §3, §5.1.</summary>
    [Test]
    public async Task While_the_id_stays_the_record_is_asked_for_and_the_policy_is_not()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        for (int i = 0; i < 10; i++)
        {
            Sent sent = await deliverer.SendAsync();
            Assert.That(sent.Policy.Source, Is.EqualTo(i == 0 ? PolicySource.Fetched : PolicySource.Cache));
            Assert.That(sent.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
            internet.Clock.Advance(PolicyDeliveries.RecordLife);
        }

        Assert.That(internet.RecordsAskedFor(), Has.Length.EqualTo(10));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>STS-100. Within the record's TTL not even DNS is asked.</summary>
    [Test]
    public async Task While_the_record_may_be_remembered_nothing_is_asked()
    {
        await using FakeInternet internet = await StartAsync();
        await using MailDeliverer deliverer = internet.Deliverer();

        for (int i = 0; i < 10; i++)
        {
            await deliverer.SendAsync();
            internet.Clock.Advance(TimeSpan.FromSeconds(29));
        }

        Assert.That(internet.RecordsAskedFor(), Has.Length.EqualTo(1));
    }

    /// <summary>STS-101. RFC 8461 §3.3, §5.</summary>
    [TestCase(PolicyMode.Testing, "mx1.example.test", null)]
    [TestCase(PolicyMode.None, "mx1.example.test", null)]
    [TestCase(PolicyMode.Enforce, "other.example.test", FailureCode.HostNotPermitted)]
    public async Task A_new_policy_takes_the_place_of_the_old_one_at_once(PolicyMode mode, string mx, FailureCode? failure)
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(604800);
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent old = await deliverer.SendAsync();
        domain.MaxAge(86400).Policy(mode, mx).PolicyId("new");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent changed = await deliverer.SendAsync();
        Sent cached = await deliverer.SendAsync();

        Assert.That(old.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That((changed.Deferred, cached.Deferred), Is.EqualTo((failure, failure)));
        Assert.That((changed.Policy.Source, cached.Policy.Source), Is.EqualTo((PolicySource.Fetched, PolicySource.Cache)));
        Assert.That((cached.Policy.InForce!.Id, cached.Policy.Mode), Is.EqualTo(("new", mode)));
        Assert.That(cached.Policy.InForce.ExpiresAt, Is.EqualTo(internet.Clock.GetUtcNow().AddDays(1)));
    }

    /// <summary>STS-101. The other way round.</summary>
    [TestCase(PolicyMode.Testing)]
    [TestCase(PolicyMode.None)]
    public async Task A_stricter_policy_is_enforced_at_once(PolicyMode before)
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").Policy(before, "mx1.example.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent old = await deliverer.SendAsync();
        domain.Policy(PolicyMode.Enforce, "mx1.example.test");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent changed = await deliverer.SendAsync();

        Assert.That(old.Delivered, Is.Not.Null);
        Assert.That(changed.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
    }

    private static readonly TestCaseData[] FailedFetches =
    [
        new TestCaseData((Action<FakeDomain>)(domain => domain.PolicyHost.Status(404)), PolicyFaultKind.HttpStatus).SetArgDisplayNames("404"),
        new TestCaseData((Action<FakeDomain>)(domain => domain.PolicyHost.Certificate(c => c.Expired())), PolicyFaultKind.CertificateInvalid).SetArgDisplayNames("bad certificate"),
        new TestCaseData((Action<FakeDomain>)(domain => domain.PolicyText("version: STSv1\nmode: nonsense\nmax_age: 1\n")), PolicyFaultKind.PolicyInvalid).SetArgDisplayNames("bad text"),
        new TestCaseData((Action<FakeDomain>)(domain => domain.PolicyHost.Down()), PolicyFaultKind.ConnectFailed).SetArgDisplayNames("down"),
        new TestCaseData((Action<FakeDomain>)(domain => domain.PolicyHost.ContentType("text/html")), PolicyFaultKind.MediaType).SetArgDisplayNames("HTML"),
        new TestCaseData((Action<FakeDomain>)(domain => domain.PolicyHost.Redirect(301, "https://mta-sts.example.test/x")), PolicyFaultKind.HttpStatus).SetArgDisplayNames("redirect"),
    ];

    /// <summary>STS-102, STS-112, STS-133. RFC 8461 §3.3.</summary>
    [TestCaseSource(nameof(FailedFetches))]
    public async Task A_fetch_that_fails_leaves_the_old_policy_in_force(Action<FakeDomain> spoil, PolicyFaultKind fault)
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(86400).PolicyId("old");
        await using MailDeliverer deliverer = internet.Deliverer();
        Sent old = await deliverer.SendAsync();
        spoil(domain);
        domain.PolicyId("forged");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);

        Sent failed = await deliverer.SendAsync();
        int connections = internet.Connections.Count(connection => connection.EndPoint.Port == 443);
        internet.Clock.Advance(TimeSpan.FromMinutes(4));
        Sent silent = await deliverer.SendAsync();
        int silentConnections = internet.Connections.Count(connection => connection.EndPoint.Port == 443);
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent again = await deliverer.SendAsync();
        int furtherConnections = internet.Connections.Count(connection => connection.EndPoint.Port == 443);
        domain.PolicyId("old");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent back = await deliverer.SendAsync();

        Sent[] all = [failed, silent, again, back];
        Assert.That(all.Select(sent => sent.Deferred), Is.All.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(all.Select(sent => sent.Policy.InForce), Is.All.EqualTo(old.Policy.InForce));
        Assert.That(all.Select(sent => sent.Policy.Fault?.Kind), Is.EqualTo(new PolicyFaultKind?[] { fault, fault, fault, null }));
        Assert.That((connections, silentConnections, furtherConnections), Is.EqualTo((2, 2, 3)));
        Assert.That(internet.Connections.Count(connection => connection.EndPoint.Port == 443), Is.EqualTo(3), "the old id needs no fetch");
        Assert.That(internet.Messages, Is.Empty);
    }

    /// <summary>STS-103. RFC 8461 §5.</summary>
    [Test]
    public async Task Mode_none_ends_protection_at_once()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent enforced = await deliverer.SendAsync();
        domain.Policy(PolicyMode.None);
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent none = await deliverer.SendAsync();

        Assert.That(enforced.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(none.Delivered, Is.Not.Null.And.Property("IsEncrypted").False);
        Assert.That(none.Policy.Mode, Is.EqualTo(PolicyMode.None));
    }

    /// <summary>STS-054, STS-104. RFC 8461 §3.2, §3.3: deliveries in between extend nothing.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_policy_holds_to_the_second_of_its_max_age_after_its_fetch(bool isHostDown)
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(100);
        internet.Dns.Ttl(RecordName, DnsRecordType.Txt, TimeSpan.FromSeconds(1));
        await using MailDeliverer deliverer = internet.Deliverer();
        Sent fetched = await deliverer.SendAsync();
        if (isHostDown)
        {
            domain.PolicyHost.Down();
        }

        for (int i = 0; i < 4; i++)
        {
            internet.Clock.Advance(TimeSpan.FromSeconds(25));
            Sent holding = await deliverer.SendAsync();
            Assert.That(holding.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered), $"{25 * (i + 1)} s after the fetch");
            Assert.That(holding.Policy.InForce, Is.EqualTo(fetched.Policy.InForce));
        }

        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(1));
        internet.Clock.Advance(TimeSpan.FromSeconds(1));
        Sent after = await deliverer.SendAsync();
        Assert.That(after.Policy.Source, Is.EqualTo(isHostDown ? PolicySource.None : PolicySource.Fetched), "101 s after the fetch");
        Assert.That(after.Deferred, Is.EqualTo(isHostDown ? null : FailureCode.StartTlsNotOffered));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(isHostDown ? 1 : 2));
    }

    /// <summary>STS-104. RFC 8461 §3.3.</summary>
    [TestCase(0, true)]
    [TestCase(1, false)]
    public async Task With_DNS_down_a_policy_still_ends_after_its_max_age(int secondsAfter, bool holds)
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").MaxAge(86400);
        await using MailDeliverer deliverer = internet.Deliverer();
        await deliverer.SendAsync();
        internet.Dns.ServFail(RecordName).ServFail("mta-sts.example.test");
        internet.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(secondsAfter));

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Deferred, Is.EqualTo(holds ? FailureCode.StartTlsNotOffered : null));
        Assert.That(sent.Policy.InForce is not null, Is.EqualTo(holds));
        Assert.That(sent.Policy.Fault!.Kind, Is.EqualTo(PolicyFaultKind.RecordUnavailable));
    }

    /// <summary>STS-053. RFC 8461 §3.2, §5.1.</summary>
    [Test]
    public async Task A_max_age_of_zero_governs_only_the_delivery_that_fetched_it()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").MaxAge(0);
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent[] fetched = [await deliverer.SendAsync(), await deliverer.SendAsync()];
        domain.PolicyHost.Down();
        Sent unfetched = await deliverer.SendAsync();

        Assert.That(fetched.Select(sent => (sent.Deferred, sent.Policy.Source)), Is.All.EqualTo(((FailureCode?)FailureCode.StartTlsNotOffered, PolicySource.Fetched)));
        Assert.That(unfetched.Delivered, Is.Not.Null);
        Assert.That(unfetched.Policy.InForce, Is.Null);
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(2));
    }

    /// <summary>STS-053, STS-101. A policy of no duration ends the one before, too.</summary>
    [Test]
    public async Task A_max_age_of_zero_takes_the_place_of_a_cached_policy()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        await deliverer.SendAsync();
        domain.MaxAge(0);
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent zero = await deliverer.SendAsync();
        domain.PolicyHost.Down();
        Sent afterwards = await deliverer.SendAsync();

        Assert.That(zero.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(afterwards.Policy.InForce, Is.Null);
    }

    /// <summary>STS-111. RFC 8461 §8.1: the record changes while the policy is fetched.</summary>
    [Test]
    public async Task The_id_that_was_seen_before_the_fetch_is_the_policys()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        int asked = 0;
        internet.Dns.Custom(RecordName, DnsRecordType.Txt, _ => DnsReply.Txt(RecordName, $"v=STSv1; id={(Interlocked.Increment(ref asked) == 1 ? "a" : "b")};"));
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent first = await deliverer.SendAsync();
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent second = await deliverer.SendAsync();

        Assert.That((first.Policy.InForce!.Id, second.Policy.InForce!.Id), Is.EqualTo(("a", "b")));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(2));
    }

    /// <summary>STS-112. That there is no record is kept apart from the policy.</summary>
    [Test]
    public async Task No_record_and_a_cached_policy_can_be_remembered_at_once()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        await deliverer.SendAsync();
        domain.NoRecord();
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent[] sent = [await deliverer.SendAsync(), await deliverer.SendAsync()];

        Assert.That(sent.Select(one => one.Policy.Record), Is.All.InstanceOf<RecordLookup.None>());
        Assert.That(sent.Select(one => one.Deferred), Is.All.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(internet.RecordsAskedFor(), Has.Length.EqualTo(2));
    }

    /// <summary>STS-113. What was in force when the mail was first tried does not matter.</summary>
    [Test]
    public async Task Each_attempt_goes_by_the_policy_of_its_moment()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test").NoRecord();
        internet.MxHost("mx1.example.test").OnRecipient("b@example.test", SmtpFault.Reply("451 4.3.0 later"));
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent none = await deliverer.SendAsync();
        domain.Policy(PolicyMode.Enforce, "mx1.example.test");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent enforced = await deliverer.SendAsync();
        domain.Policy(PolicyMode.None);
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent noneAgain = await deliverer.SendAsync();

        Assert.That((none.Deferred, enforced.Deferred, noneAgain.Deferred),
            Is.EqualTo(((FailureCode?)FailureCode.RefusedForNow, (FailureCode?)FailureCode.StartTlsNotOffered, (FailureCode?)FailureCode.RefusedForNow)));
    }

    /// <summary>STS-115, STS-111. While policies change under many readers no id is ever seen with an older text.</summary>
    [Test]
    public async Task Readers_never_see_an_id_with_the_text_of_an_older_policy()
    {
        const int generations = 150;
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        internet.Dns.Ttl(RecordName, DnsRecordType.Txt, TimeSpan.Zero);
        await using MailDeliverer deliverer = internet.Deliverer();
        EnvelopeAddress recipient = EnvelopeAddress.Parse("b@example.test");
        var seen = new ConcurrentBag<CachedPolicy>();
        Publish(0);
        using var stop = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                DeliveryPlan plan = await deliverer.PlanAsync(recipient);
                seen.Add(plan.Policy.InForce!);
            }
        }))];
        for (int generation = 1; generation <= generations; generation++)
        {
            Publish(generation);
            await deliverer.PlanAsync(recipient);
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);

        foreach (CachedPolicy policy in seen)
        {
            int id = int.Parse(policy.Id, CultureInfo.InvariantCulture);
            int text = int.Parse(policy.Policy.Text.Split("generation: ")[1].Trim(), CultureInfo.InvariantCulture);
            Assert.That(text, Is.GreaterThanOrEqualTo(id));
            Assert.That(policy.Policy.Mode, Is.EqualTo(text % 2 == 0 ? PolicyMode.Enforce : PolicyMode.Testing));
        }

        Assert.That(seen.Select(policy => policy.Id).Distinct().Count(), Is.GreaterThan(10));

        void Publish(int generation) => domain
            .PolicyText(string.Create(CultureInfo.InvariantCulture, $"version: STSv1\nmode: {(generation % 2 == 0 ? "enforce" : "testing")}\nmx: mx1.example.test\nmax_age: 604800\ngeneration: {generation}\n"))
            .PolicyId(generation.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>STS-046. RFC 8460 §4.4 wants the text as it was.</summary>
    [Test]
    public async Task The_text_of_a_cached_policy_is_kept_to_the_letter()
    {
        const string text = "max_age:86400 \t\r\nversion:  STSv1\nmodes: typo\nmx:\tmx1.example.test\r\nmode: enforce\nmode: none\nmx: *.example.test\ncomment: größe  und mehr\n";
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyText(text);
        await using MailDeliverer deliverer = internet.Deliverer();

        await deliverer.SendAsync();
        Sent cached = await deliverer.SendAsync();

        Assert.That(cached.Policy.Source, Is.EqualTo(PolicySource.Cache));
        Assert.That(cached.Policy.Policy!.Text, Is.EqualTo(text));
        Assert.That(cached.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
    }

    private static async Task<FakeInternet> StartAsync()
    {
        FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        internet.Enforcing();
        internet.MxHost("mx1.example.test").NoStartTls();
        return internet;
    }
}
