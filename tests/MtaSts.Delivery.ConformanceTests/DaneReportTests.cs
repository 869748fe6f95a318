using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.DaneDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>What deliveries count as where hosts have TLSA records. RFC 8460 §4.2, §4.4.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DaneReportTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private FakeInternet _internet = null!;

    [SetUp]
    public async Task StartAsync() => _internet = await FakeInternet.StartAsync();

    [TearDown]
    public ValueTask EndAsync() => _internet.DisposeAsync();

    /// <summary>RPT-16, RPT-37. RFC 8460 §4.4, §4.5: the records in an entry of their own, below the TLSA base domain.</summary>
    [Test]
    public async Task A_session_counts_by_the_policy_and_by_the_records()
    {
        _internet.Signed().MxHost(Mx1).Tlsa().Tlsa(3, 0, 2);
        _internet.Enforce();
        TlsResultCounts[] counts = await CountAsync();
        Assert.Multiple(() =>
        {
            Assert.That(counts.Select(one => (one.Policy.Type, one.Policy.Domain.Value)), Is.EquivalentTo([(TlsPolicyType.Sts, "example.test"), (TlsPolicyType.Tlsa, Mx1)]));
            Assert.That(counts.Select(one => one.Sessions), Is.All.EqualTo(new TlsSessionCounts(1, 0)));
            Assert.That(counts.Single(one => one.Policy.Type == TlsPolicyType.Tlsa).Policy.Text, Does.Match("^3 0 2 [0-9A-F]{128}\n3 1 1 [0-9A-F]{64}$"));
        });
    }

    /// <summary>RPT-10. RFC 8460 §4.2: who has TLSA records has a policy.</summary>
    [Test]
    public async Task Records_without_a_policy_count_below_the_base_domain_alone()
    {
        _internet.Signed().MxHost(Mx1).Tlsa();
        Assert.That((await CountAsync()).Single().Policy, Has.Property("Type").EqualTo(TlsPolicyType.Tlsa).And.Property("Domain").EqualTo(DomainName.Parse(Mx1)));
    }

    /// <summary>DANE-06, DANE-07, DANE-08, RPT-11. RFC 8460 §4.3.</summary>
    [TestCase("mismatch", "tlsa-invalid", "tlsa-mismatch")]
    [TestCase("bogus", "dnssec-invalid", "tlsa-lookup-failed")]
    [TestCase("required", "dane-required", "tlsa-missing")]
    [TestCase("no STARTTLS", "starttls-not-supported", "starttls-not-offered")]
    [TestCase("no STARTTLS, unusable", "starttls-not-supported", "starttls-not-offered")]
    [TestCase("handshake", "validation-failure", "tls-handshake-failed")]
    public async Task Each_failure_has_its_type(string what, string type, string reason)
    {
        FakeMxHost host = _internet.Signed().MxHost(Mx1);
        switch (what)
        {
            case "mismatch":
                host.WrongTlsa();
                break;
            case "bogus":
                _internet.Dns.Bogus("_25._tcp." + Mx1);
                break;
            case "no STARTTLS":
                host.Tlsa().NoStartTls();
                break;
            case "no STARTTLS, unusable":
                host.Tlsa(usage: 0).NoStartTls();
                break;
            case "handshake":
                host.Tlsa().Handshake(HandshakeFault.Alert);
                break;
        }

        TlsResultCounts counts = (await CountAsync(configure: options =>
        {
            if (what == "required")
            {
                options.Overrides.Add(new DeliveryOverride.RequireDane(DomainName.Parse("example.test"), "contract"));
            }
        })).Single();
        TlsFailureDetail failure = counts.Failures.Single().Failure;
        Assert.Multiple(() =>
        {
            Assert.That((counts.Policy.Type, counts.Policy.Domain.Value), Is.EqualTo((TlsPolicyType.Tlsa, Mx1)));
            Assert.That(counts.Sessions, Is.EqualTo(new TlsSessionCounts(0, 1)));
            Assert.That((failure.ResultType, failure.ReasonCode, failure.MxHost), Is.EqualTo((type, reason, Mx1)));
        });
    }

    /// <summary>RPT-15, RPT-16. Each policy is measured by itself, whatever came of the mail.</summary>
    [Test]
    public async Task Records_that_do_not_match_fail_and_the_policy_succeeds()
    {
        _internet.Signed().MxHost(Mx1).WrongTlsa();
        _internet.Enforce();
        TlsResultCounts[] counts = await CountAsync();
        Assert.That(counts.Single(one => one.Policy.Type == TlsPolicyType.Sts).Sessions, Is.EqualTo(new TlsSessionCounts(1, 0)));
        Assert.That(counts.Single(one => one.Policy.Type == TlsPolicyType.Tlsa).Sessions, Is.EqualTo(new TlsSessionCounts(0, 1)));
    }

    /// <summary>RPT-12. RFC 8460 §4.2: sessions, not messages, though several domains use them, one of them the host's own.</summary>
    [Test]
    public async Task A_session_that_serves_several_domains_counts_once_by_the_records()
    {
        _internet.Dns.SignedZone("test");
        _internet.Domain("example.test").Mx(10, Mx1);
        _internet.Domain("other.test").Mx(10, Mx1);
        _internet.Domain(Mx1).Mx(10, Mx1);
        _internet.MxHost(Mx1).Tlsa();
        TlsResultCounts[] counts = await CountAsync(["b@example.test", "c@example.test", "d@other.test", "e@" + Mx1], options => options.MaxConcurrentDomains = 1, oneByOne: true);
        Assert.That(counts.Single().Sessions, Is.EqualTo(new TlsSessionCounts(_internet.MxHost(Mx1).Sessions.Count, 0)));
    }

    /// <summary>RPT-05, RPT-37, RPT-57. RFC 8460 §3, §4.5: the report goes to the TLSA base domain, has the records, and ignores them on its way.</summary>
    [Test]
    public async Task A_report_about_records_reaches_a_host_that_they_do_not_match()
    {
        FakeMxHost host = _internet.Signed().MxHost(Mx1).Tlsa(3, 0, 1);
        _internet.Domain(Mx1).Mx(10, Mx1);
        _internet.WantsReports(Mx1, "mailto:tls@" + Mx1);
        var store = new MemoryTlsResultStore();
        await using var collector = new TlsResultCollector(store, clock: _internet.Clock);
        await using MailDeliverer deliverer = _internet.ByDane(options => options.Pool.KeepsSessions = false, collector);
        var reporter = new TlsReporter(deliverer, store, Reporters.Options(_internet));
        Assert.That((await deliverer.SendAsync()).Delivered, Is.Not.Null);
        host.Certificate(c => c.SelfSigned());
        Assert.That((await deliverer.SendAsync()).Deferred, Is.EqualTo(Outcomes.FailureCode.TlsaMismatch));
        await collector.FlushAsync();
        _internet.Clock.Advance(TimeSpan.FromDays(1));
        Assert.That((await reporter.RunAsync(now: true)).Sent, Is.EqualTo(1));

        TlsReport report = await _internet.ReadMailAsync(host.Messages[^1]);
        TlsReportPolicy policy = report.Policies.Single();
        Assert.Multiple(() =>
        {
            Assert.That((policy.PolicyType, policy.PolicyDomain), Is.EqualTo(("tlsa", Mx1)));
            Assert.That(policy.PolicyString.Single(), Does.Match("^3 0 1 [0-9A-F]{64}$"));
            Assert.That((policy.SuccessfulSessions, policy.FailedSessions), Is.EqualTo(((long?)1, (long?)1)));
            Assert.That(policy.FailureDetails.Single().ResultType, Is.EqualTo("tlsa-invalid"));
        });
    }

    private async Task<TlsResultCounts[]> CountAsync(string[]? recipients = null, Action<MailDelivererOptions>? configure = null, bool oneByOne = false)
    {
        var results = new Sink();
        await using MailDeliverer deliverer = _internet.ByDane(configure, results);
        foreach (string[] together in oneByOne ? recipients!.Select(one => (string[])[one]) : [recipients ?? [SmtpDeliveries.One]])
        {
            await deliverer.DeliverAsync(SmtpDeliveries.Octets(SmtpDeliveries.Message), new Envelope(SmtpDeliveries.Sender, together));
        }

        return [.. results.All.GroupBy(one => one.Policy).Select(policy => new TlsResultCounts(
            DateOnly.FromDateTime(policy.First().Time.UtcDateTime), policy.Key, new TlsSessionCounts(policy.Count(one => one.IsSuccess), policy.Count(one => !one.IsSuccess)),
            [.. policy.SelectMany(one => one.Details).GroupBy(detail => detail).Select(same => new TlsFailureCount(same.Key, same.Count()))]))];
    }

    private sealed class Sink : ITlsResultSink
    {
        public List<TlsSessionResult> All { get; } = [];

        public void Record(in TlsSessionResult result)
        {
            lock (All)
            {
                All.Add(result);
            }
        }
    }
}
