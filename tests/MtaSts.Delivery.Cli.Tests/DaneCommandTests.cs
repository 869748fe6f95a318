using System.Text.RegularExpressions;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>What <c>check</c> and <c>explain</c> say where TLSA records count, besides the policy. RFC 7672 §2.2.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DaneCommandTests
{
    private const string Domain = CheckCases.Domain;
    private const string Mx = "mx1.example.test";
    private FakeInternet _internet = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _internet = await FakeInternet.StartAsync();
        _internet.Domain(Domain).Mx(10, Mx);
    }

    [TearDown]
    public async Task StopAsync() => await _internet.DisposeAsync();

    [Test]
    public async Task A_certificate_that_a_record_names_is_not_called_bad()
    {
        Signed().MxHost(Mx).Certificate(c => c.SelfSigned()).Tlsa();
        string said = await SaidAsync("check", "--verbose", Domain);
        Assert.That(said, Does.Contain("No MTA-STS policy; its TLSA records protect mail from senders with DANE."));
        Assert.That(said, Does.Match("TLS 1.3, certificate matches TLSA 3 1 1 [0-9A-F]{16}…"));
        Assert.That(said, Does.Not.Contain("certificate not valid").And.Not.Contain("nobody asks for a certificate").And.Not.Contain("tls.opportunistic"));
    }

    [Test]
    public async Task A_certificate_that_only_a_record_accepts_does_not_do_for_an_enforced_policy()
    {
        Signed().Domain(Domain).Policy(PolicyMode.Enforce, Mx);
        _internet.MxHost(Mx).Certificate(c => c.SelfSigned()).Tlsa();
        Assert.That(await SaidAsync("check", Domain), Does.Contain("certificate not valid for this host, though it matches TLSA 3 1 1").And.Contain("No MX host meets the enforced policy"));
    }

    [TestCase(PolicyMode.Enforce)]
    [TestCase(PolicyMode.Testing)]
    [TestCase(null)]
    public async Task Records_that_no_host_meets_are_the_verdict_whatever_the_policy(PolicyMode? mode)
    {
        Signed().MxHost(Mx).WrongTlsa();
        if (mode is { } policy)
        {
            _internet.Domain(Domain).Policy(policy, Mx);
        }

        Assert.That(await SaidAsync("check", Domain), Does.Contain("No MX host meets its TLSA records: senders with DANE deliver nothing.").And.Not.Contain("can be read and redirected"));
    }

    [Test]
    public async Task Records_that_cannot_be_looked_up_are_the_verdict_as_well()
    {
        Signed().Dns.Bogus("_25._tcp." + Mx);
        Ran ran = await RunAsync("check", "--no-connect", "--json", Domain);
        Assert.That(ran.Objects.Single().GetProperty("verdict").GetString(), Is.EqualTo("verdict.dane-defer"));
        Assert.That(ran.Code, Is.EqualTo(3), "DNS may be well again in a minute");
    }

    [Test]
    public async Task A_host_without_TLS_does_not_meet_its_records()
    {
        Signed().MxHost(Mx).Tlsa().NoStartTls();
        Assert.That(await SaidAsync("check", Domain), Does.Contain("No MX host meets its TLSA records"));
    }

    [Test]
    public async Task A_mismatch_shows_what_was_compared_and_what_was_presented()
    {
        Signed().MxHost(Mx).WrongTlsa();
        string said = await SaidAsync("check", Domain);
        Match shown = Regex.Match(said, @"The certificate matches none of the TLSA records of mx1\.example\.test \(compared: 3 1 1 ([0-9A-F]{16})…; mx1\.example\.test \[[0-9.]+\] presented 3 1 1 ([0-9A-F]{16})…\)");
        Assert.That(shown.Success, Is.True, said);
        Assert.That(shown.Groups[1].Value, Is.Not.EqualTo(shown.Groups[2].Value));
    }

    [Test]
    public async Task Records_of_an_unsigned_zone_are_named_with_what_is_not_vouched_for()
    {
        _internet.MxHost(Mx).Tlsa();
        Assert.That(await SaidAsync("check", Domain), Does.Contain("mx1.example.test has TLSA records, but DNSSEC does not vouch for the addresses of mx1.example.test."));
    }

    [Test]
    public async Task Where_there_are_no_records_the_reason_is_told()
    {
        Signed();
        Assert.That(await SaidAsync("check", "--verbose", Domain), Does.Contain("dane.none").And.Contain("there are no TLSA records at _25._tcp.mx1.example.test"));
        Assert.That((await Ran.InAsync(_internet, "check", "--verbose", Domain)).Out, Does.Not.Contain("dane.none"), "only where DANE was asked for");
    }

    /// <summary>RFC 7672 §2.2.1.</summary>
    [Test]
    public async Task Records_do_not_protect_a_domain_whose_MX_records_are_unsigned()
    {
        _internet.Dns.SignedZone(Mx);
        _internet.MxHost(Mx).Tlsa();
        Assert.That(await SaidAsync("check", "--verbose", Domain), Does.Contain(", though DNSSEC does not vouch for the MX records").And.Contain("can be read and redirected on the way"));
    }

    [Test]
    public async Task Explain_says_what_the_records_demand_and_does_not_contradict_itself()
    {
        Signed().MxHost(Mx).Tlsa();
        string said = await SaidAsync("explain", "jane@" + Domain);
        Assert.That(said, Does.Contain("10 mx1.example.test: must offer TLS with a certificate that one of the TLSA records of mx1.example.test matches").And.Not.Contain("whatever certificate"));
        _internet.Domain(Domain).Policy(PolicyMode.Testing, Mx);
        Assert.That(await SaidAsync("explain", "jane@" + Domain), Does.Contain("permitted by mx1.example.test (mode testing); must offer TLS with a certificate that one of"));
        _internet.Domain(Domain).Policy(PolicyMode.Enforce, Mx);
        Assert.That(await SaidAsync("explain", "jane@" + Domain), Does.Contain("that is valid for mx1.example.test, and that one of the TLSA records of mx1.example.test matches"));
    }

    [Test]
    public async Task Explain_says_that_unusable_records_demand_TLS()
    {
        Signed().MxHost(Mx).Tlsa(usage: 1);
        Assert.That(await SaidAsync("explain", "jane@" + Domain), Does.Contain("10 mx1.example.test: must offer TLS, as the TLSA records of mx1.example.test demand"));
    }

    [Test]
    public async Task Explain_says_that_a_host_whose_records_cannot_be_looked_up_gets_nothing()
    {
        Signed().Dns.Bogus("_25._tcp." + Mx);
        Assert.That(await SaidAsync("explain", "jane@" + Domain), Does.Contain("10 mx1.example.test: gets nothing now, as the TLSA look-up for _25._tcp.mx1.example.test failed").And.Not.Contain("if it can be had"));
    }

    private FakeInternet Signed()
    {
        _internet.Dns.SignedZone("test");
        return _internet;
    }

    private Task<Ran> RunAsync(params string[] args) => Ran.InAsync(_internet, [.. args, "--dane", "--dns", "127.0.0.1"]);

    /// <summary>What is printed, as one line.</summary>
    private async Task<string> SaidAsync(params string[] args) => Regex.Replace((await RunAsync(args)).Out, "\\s+", " ");
}
