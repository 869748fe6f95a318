using System.Text;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Which texts, as they come over the wire, make a policy that governs mail.</summary>
public sealed class GrammarTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Good = "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n";

    /// <summary>STS-013, STS-014, STS-016, STS-018, STS-020, STS-021, STS-022, STS-023. RFC 8461 §3.1.</summary>
    [TestCase("v=STSv1; id=1;", "1")]
    [TestCase("v=STSv1;id=1", "1")]
    [TestCase("v=STSv1; id=a; id=b;", "a")]
    [TestCase("v=STSv1; x=y; id=1;", "1")]
    [TestCase("v=STSv1; id=12345678901234567890123456789012;", "12345678901234567890123456789012")]
    [TestCase("v=STSv1; id=123456789012345678901234567890123;", null)]
    [TestCase("v=STSv1; id=1-2;", null)]
    [TestCase("v=STSv1; ID=1;", null)]
    [TestCase("V=STSv1; id=1;", null)]
    [TestCase("v=stsv1; id=1;", null)]
    [TestCase("v=STSv2; id=1;", null)]
    [TestCase("v=STSv1;", null)]
    [TestCase("v=STSv1;;id=1", null)]
    [TestCase("v=STSv1; id=1; rest", null)]
    public async Task A_record_counts_to_the_letter(string record, string? id)
    {
        PolicyDiscovery found = await DiscoverAsync(domain => domain.PolicyText(Good).Record(record));
        Assert.That(found.InForce?.Id, Is.EqualTo(id));
    }

    /// <summary>STS-030, STS-031, STS-032, STS-033, STS-034, STS-035, STS-036, STS-040, STS-042, STS-043, STS-044, STS-051, STS-052, STS-061. RFC 8461 §3.2.</summary>
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 604800\n", 604800)]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 604800\nmax_age: 86400\n", 604800)]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 9999999999\n", 31557600)]
    [TestCase("mode: enforce\nversion: STSv1\nmax_age: 1\nmx: mx1.example.test", 1)]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 99999999999\n", null)]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.test\n", null)]
    [TestCase("version: STSv1\nmode: enforce\nmax_age: 604800\n", null)]
    [TestCase("version: STSv1\nmx: mx1.example.test\nmax_age: 604800\n", null)]
    [TestCase("mode: enforce\nmx: mx1.example.test\nmax_age: 604800\n", null)]
    [TestCase("version: STSv2\nmode: enforce\nmx: mx1.example.test\nmax_age: 604800\n", null)]
    [TestCase("version: STSv1\nmode: Enforce\nmx: mx1.example.test\nmax_age: 604800\n", null)]
    [TestCase("version: STSv1\nMode: enforce\nmx: mx1.example.test\nmax_age: 604800\n", null)]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.test.\nmax_age: 604800\n", null)]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx_1.example.test\nmax_age: 604800\n", null)]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmx: a*.example.test\nmax_age: 604800\n", null)]
    [TestCase("version: STSv1\nmode: enforce\n\nmx: mx1.example.test\nmax_age: 604800\n", null)]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 604800\r", null)]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 604800\nnote: \u00FF\n", null)]
    public async Task A_policy_counts_to_the_letter(string text, int? maxAge)
    {
        PolicyDiscovery found = await DiscoverAsync(domain => domain.PolicyText(Encoding.Latin1.GetBytes(text)));
        Assert.That(found.InForce?.Policy.MaxAge, Is.EqualTo(maxAge is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
    }

    /// <summary>STS-053. RFC 8461 §3.2, §5.1: a policy of no age governs the attempt that fetched it, and none after.</summary>
    [Test]
    public async Task A_policy_of_no_age_is_not_kept()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").PolicyText(Good.Replace("604800", "0", StringComparison.Ordinal));
        await using MailDeliverer deliverer = internet.Deliverer();
        Assert.That((await deliverer.Policies.DiscoverAsync(Domain)).Mode, Is.EqualTo(PolicyMode.Enforce));
        Assert.That(deliverer.Policies.Cache.Count, Is.Zero);
        internet.Dns.ServFail("_mta-sts.example.test");
        Assert.That((await deliverer.Policies.RecheckAsync(Domain)).Policy, Is.Null);
    }

    /// <summary>STS-062, STS-063. RFC 8461 §4.1.</summary>
    [TestCase("mx1.example.test", "mx1.example.test", true)]
    [TestCase("*.example.test", "mx1.example.test", true)]
    [TestCase("example.test", "mx1.example.test", false)]
    [TestCase("*.example.test", "example.test", false)]
    [TestCase("*.example.test", "a.mx1.example.test", false)]
    [TestCase("1.example.test", "mx1.example.test", false)]
    [TestCase("*.1.example.test", "mx1.example.test", false)]
    public async Task A_host_is_named_by_the_same_labels(string pattern, string mxHost, bool isNamed)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, mxHost).Policy(PolicyMode.Enforce, pattern);
        await using MailDeliverer deliverer = internet.Deliverer();
        DeliveryResult sent = await deliverer.DeliverAsync(PolicyDeliveries.Message, new Envelope(PolicyDeliveries.Sender, "jane@example.test"));
        Assert.That(sent.AllDelivered, Is.EqualTo(isNamed));
        internet.Verify.Messages(isNamed ? 1 : 0);
    }

    /// <summary>STS-088, STS-089, STS-102. RFC 8461 §3.3: five minutes, for one id, and never a reason to forget the policy that holds.</summary>
    [Test]
    public async Task Silence_after_a_failed_fetch_is_for_one_id_and_five_minutes()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Domain("example.test").Mx(10, "mx1.example.test").PolicyText(Good).PolicyId("a");
        await using MailDeliverer deliverer = internet.Deliverer();
        await deliverer.Policies.DiscoverAsync(Domain);
        domain.PolicyHost.Status(500);
        domain.PolicyId("b");
        await Fetches(2, PolicySource.Cache);
        await Fetches(2, PolicySource.Cache);
        domain.PolicyId("c");
        await Fetches(3, PolicySource.Cache);
        internet.Clock.Advance(TimeSpan.FromMinutes(5));
        domain.PolicyHost.Healthy();
        await Fetches(4, PolicySource.Fetched);

        async Task Fetches(int count, PolicySource source)
        {
            PolicyDiscovery found = await deliverer.Policies.RecheckAsync(Domain);
            Assert.That((found.Source, found.Mode, domain.PolicyHost.Requests.Count), Is.EqualTo((source, PolicyMode.Enforce, count)));
        }
    }

    /// <summary>STS-014. Whoever asks why there is no policy is told.</summary>
    [Test]
    public async Task What_is_wrong_with_a_record_is_told()
    {
        PolicyDiscovery found = await DiscoverAsync(domain => domain.PolicyText(Good).Record("v=STSv1; id=1-2;"));
        Assert.That(found.Fault?.Kind, Is.EqualTo(PolicyFaultKind.RecordInvalid));
    }

    private static DomainName Domain { get; } = DomainName.Parse("example.test");

    private static async Task<PolicyDiscovery> DiscoverAsync(Action<FakeDomain> set)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        set(internet.Domain("example.test").Mx(10, "mx1.example.test"));
        await using MailDeliverer deliverer = internet.Deliverer();
        return await deliverer.Policies.DiscoverAsync(Domain);
    }
}
