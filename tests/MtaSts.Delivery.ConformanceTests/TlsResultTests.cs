using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>What whole deliveries count as.</summary>
public sealed class TlsResultTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private static readonly TestCaseData[] Flaws = [.. MxFlaw.All.Select(flaw => new TestCaseData(flaw).SetArgDisplayNames(flaw.Name))];

    [TestCaseSource(typeof(TlsResultStoreContract), nameof(TlsResultStoreContract.Checks))]
    public Task The_store_in_memory_keeps_the_contract(StoreCheck<ITlsResultStore> check) => check.RunAsync(() => new MemoryTlsResultStore());

    /// <summary>RPT-11, RPT-15. RFC 8460 §4.2.2, §4.3.</summary>
    [TestCaseSource(nameof(Flaws))]
    public async Task A_flaw_of_a_host_is_one_failure_of_its_type_in_both_modes(MxFlaw flaw)
    {
        foreach (PolicyMode mode in (PolicyMode[])[PolicyMode.Enforce, PolicyMode.Testing])
        {
            await using FakeInternet internet = await FakeInternet.StartAsync();
            internet.Enforcing().Policy(mode, flaw.Pattern);
            flaw.Apply(internet.MxHost("mx1.example.test"));

            TlsResultCounts counts = (await CountAsync(internet)).Single();

            Assert.That(counts.Policy.Type, Is.EqualTo(TlsPolicyType.Sts));
            Assert.That(counts.Sessions, Is.EqualTo(new TlsSessionCounts(0, 1)), mode.ToString());
            Assert.That(counts.Failures.Single().Sessions, Is.EqualTo(1));
            Assert.That(counts.Failures.Single().Failure.ResultType, Is.EqualTo(flaw.ReportAs));
            Assert.That(counts.Failures.Single().Failure.MxHost, Is.EqualTo("mx1.example.test"));
            Assert.That(counts.Failures.Single().Failure.Helo, Is.EqualTo(mode == PolicyMode.Enforce && flaw.Pattern != "mx1.example.test" ? null : "mx1.example.test"));
        }
    }

    /// <summary>RPT-10, RPT-12. RFC 8460 §4.2.</summary>
    [Test]
    public async Task Many_recipients_in_one_session_are_one_success()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        TlsResultCounts counts = (await CountAsync(internet, [.. Enumerable.Range(0, 250).Select(i => $"b{i}@example.test")])).Single();
        Assert.That(counts.Sessions, Is.EqualTo(new TlsSessionCounts(1, 0)));
        Assert.That(internet.MxHost("mx1.example.test").Sessions, Has.Count.EqualTo(1));
    }

    /// <summary>RPT-12. RFC 8460 §4.2.</summary>
    [Test]
    public async Task One_message_that_fails_at_three_hosts_is_three_failures()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Mx(20, "mx2.example.test").Mx(30, "mx3.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        foreach (string host in (string[])["mx1.example.test", "mx2.example.test", "mx3.example.test"])
        {
            internet.MxHost(host).Certificate(c => c.Expired());
        }

        TlsResultCounts counts = (await CountAsync(internet)).Single();
        Assert.That(counts.Sessions, Is.EqualTo(new TlsSessionCounts(0, 3)));
        Assert.That(counts.Failures.Select(failure => failure.Failure.MxHost), Is.EquivalentTo(["mx1.example.test", "mx2.example.test", "mx3.example.test"]));
    }

    /// <summary>RPT-14. RFC 8460 §4.3.4.</summary>
    [Test]
    public async Task A_host_that_is_down_is_no_failure_of_TLS()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.MxHost("mx1.example.test").Down();
        Assert.That(await CountAsync(internet), Is.Empty);
    }

    /// <summary>RPT-15. What the server says about the mail is no matter of TLS.</summary>
    [Test]
    public async Task A_refused_message_over_good_TLS_is_a_success()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 no such user"));
        Assert.That((await CountAsync(internet)).Single().Sessions, Is.EqualTo(new TlsSessionCounts(1, 0)));
    }

    /// <summary>RPT-18. RFC 8461 §6.</summary>
    [Test]
    public async Task A_fetch_that_failed_is_told_though_the_cached_policy_held()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing();
        var store = new MemoryTlsResultStore();
        await using (var collector = new TlsResultCollector(store, clock: internet.Clock))
        {
            await using MailDeliverer deliverer = internet.Deliverer(results: collector);
            await deliverer.SendAsync();
            domain.PolicyHost.Status(404);
            domain.PolicyId("another");
            internet.Clock.Advance(PolicyDeliveries.RecordLife);
            await deliverer.SendAsync();
        }

        TlsResultCounts counts = (await ReadAsync(store, internet)).Single();
        Assert.That(counts.Sessions, Is.EqualTo(new TlsSessionCounts(2, 0)));
        Assert.That(counts.Failures.Select(failure => (failure.Failure, failure.Sessions)), Is.EqualTo([(new TlsFailureDetail("sts-policy-fetch-error", "policy-http-status"), 1L)]));
    }

    [Test]
    public async Task A_sink_that_throws_does_the_mail_no_harm()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        await using MailDeliverer deliverer = internet.Deliverer(results: new ThrowingSink());
        Assert.That((await deliverer.SendAsync()).Delivered, Is.Not.Null);
    }

    private static async Task<IReadOnlyList<TlsResultCounts>> CountAsync(FakeInternet internet, params string[] recipients)
    {
        var store = new MemoryTlsResultStore();
        await using (var collector = new TlsResultCollector(store, clock: internet.Clock))
        {
            await using MailDeliverer deliverer = internet.Deliverer(results: collector);
            await deliverer.DeliverAsync(PolicyDeliveries.Message, new Envelope(PolicyDeliveries.Sender, recipients.Length > 0 ? recipients : ["b@example.test"]));
        }

        return await ReadAsync(store, internet);
    }

    private static Task<IReadOnlyList<TlsResultCounts>> ReadAsync(MemoryTlsResultStore store, FakeInternet internet) =>
        store.ReadAsync(DateOnly.FromDateTime(internet.Clock.GetUtcNow().UtcDateTime), DomainName.Parse("example.test"));

    private sealed class ThrowingSink : ITlsResultSink
    {
        public void Record(in TlsSessionResult result) => throw new InvalidOperationException("The sink is broken.");
    }
}
