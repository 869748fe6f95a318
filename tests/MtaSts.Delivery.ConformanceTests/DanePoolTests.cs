using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.DaneDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Sessions that are kept, and hosts that have TLSA records: each message's own demand decides.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DanePoolTests
{
    private static readonly TimeSpan RecordLife = PolicyDeliveries.RecordLife;

    private FakeInternet _internet = null!;

    [SetUp]
    public async Task StartAsync() => _internet = await FakeInternet.StartAsync();

    [TearDown]
    public ValueTask EndAsync() => _internet.DisposeAsync();

    private MailDeliverer Deliverer(Action<MailDelivererOptions>? configure = null) => _internet.ByDane(options =>
    {
        options.Pool.KeepsSessions = true;
        options.Pool.IdleTimeout = TimeSpan.FromMinutes(4);
        options.Pool.MaxAge = TimeSpan.FromHours(1);
        options.Dns.MaxCacheTime = TimeSpan.FromMinutes(1);
        configure?.Invoke(options);
    });

    /// <summary>DANE-07, STS-128. A session that was opened while there were no records is judged by those that are there now.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_kept_session_is_judged_by_records_that_came_after_it(bool matches)
    {
        FakeMxHost host = _internet.Signed().MxHost(Mx1);
        _internet.Dns.NegativeTtl(Mx1, TimeSpan.FromSeconds(30));
        await using MailDeliverer deliverer = Deliverer();
        Assert.That((await deliverer.SendAsync()).Delivered, Is.Not.Null);
        _ = matches ? host.Tlsa() : host.WrongTlsa();
        _internet.Clock.Advance(TimeSpan.FromMinutes(2));
        Sent second = await deliverer.SendAsync();
        Assert.That(second.Deferred, Is.EqualTo(matches ? (FailureCode?)null : FailureCode.TlsaMismatch), second.Outcome.Explanation);
        Assert.That(host.Sessions, Has.Count.EqualTo(matches ? 1 : 2));
        Assert.That(host.Messages, Has.Count.EqualTo(matches ? 2 : 1));
    }

    /// <summary>DANE-07, STS-130. Domains that share a host share its sessions, and each has its own reference names.</summary>
    [Test]
    public async Task A_session_serves_the_domain_whose_name_it_carries_and_not_another()
    {
        _internet.Dns.SignedZone("test");
        _internet.Domain("example.test").Mx(10, "mx.provider.test");
        _internet.Domain("other.test").Mx(10, "mx.provider.test");
        FakeMxHost host = _internet.MxHost("mx.provider.test").Certificate(c => c.WithIntermediate().Names("example.test")).Tlsa(usage: 2);
        await using MailDeliverer deliverer = Deliverer();
        Assert.That((await deliverer.SendAsync("b@example.test")).Delivered, Is.Not.Null);
        Assert.That((await deliverer.SendAsync("b@other.test")).Deferred, Is.EqualTo(FailureCode.TlsaMismatch));
        Assert.That((await deliverer.SendAsync("b@example.test")).Delivered, Is.Not.Null);
        Assert.That(host.Messages, Has.Count.EqualTo(2));
    }

    /// <summary>DANE-11. A kept session whose anchor has run out serves nobody who is held to it.</summary>
    [Test]
    public async Task A_kept_session_whose_certificate_has_run_out_is_not_lent_below_an_anchor_and_is_by_its_key([Values((byte)2, (byte)3)] byte usage)
    {
        FakeMxHost host = _internet.Signed().MxHost(Mx1).Certificate(c => c.WithIntermediate().ValidTo(_internet.Clock.GetUtcNow().AddMinutes(1))).Tlsa(usage);
        await using MailDeliverer deliverer = Deliverer();
        Assert.That((await deliverer.SendAsync()).Delivered, Is.Not.Null);
        _internet.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That((await deliverer.SendAsync()).Deferred, Is.EqualTo(usage == 3 ? (FailureCode?)null : FailureCode.TlsaMismatch));
        Assert.That(host.Sessions, Has.Count.EqualTo(usage == 3 ? 1 : 2));
    }

    /// <summary>DANE-19. Records are remembered for their TTL, and no longer.</summary>
    [Test]
    public async Task Records_are_asked_for_once_and_again_when_their_time_is_over()
    {
        _internet.Signed().MxHost(Mx1).Tlsa();
        await using MailDeliverer deliverer = _internet.ByDane();
        for (int i = 0; i < 3; i++)
        {
            Assert.That((await deliverer.SendAsync()).Delivered, Is.Not.Null);
        }

        Assert.That(_internet.TlsaAskedFor(), Has.Length.EqualTo(1));
        _internet.Clock.Advance(RecordLife);
        Assert.That((await deliverer.SendAsync()).Delivered, Is.Not.Null);
        Assert.That(_internet.TlsaAskedFor(), Has.Length.EqualTo(2));
    }

    /// <summary>DANE-06. A look-up that failed is not remembered: the mail goes as soon as the zone is mended.</summary>
    [Test]
    public async Task A_look_up_that_failed_is_made_again()
    {
        _internet.Signed().MxHost(Mx1).Tlsa();
        _internet.Dns.Bogus("_25._tcp." + Mx1);
        await using MailDeliverer deliverer = Deliverer();
        Assert.That((await deliverer.SendAsync()).Deferred, Is.EqualTo(FailureCode.TlsaUnavailable));
        _internet.Dns.Healthy("_25._tcp." + Mx1);
        Assert.That((await deliverer.SendAsync()).Delivered, Is.Not.Null);
    }

    /// <summary>DANE-15, STS-128. One that was opened by another name in SNI serves a policy, if its certificate does.</summary>
    [Test]
    public async Task A_session_of_an_alias_serves_policy_and_records_at_once()
    {
        _internet.Dns.SignedZone("test").Cname(Mx1, "real.provider.test");
        _internet.Hosts(Mx1).Policy(PolicyMode.Enforce, Mx1);
        FakeMxHost host = _internet.MxHost("real.provider.test").Certificate(c => c.WithIntermediate().Names("real.provider.test", Mx1)).Tlsa(usage: 2);
        await using MailDeliverer deliverer = Deliverer();
        Assert.That((await deliverer.SendAsync()).Delivered, Is.Not.Null);
        Assert.That((await deliverer.SendAsync()).Line.Attempts.Single().IsSessionReused, Is.True);
        host.Certificate(c => c.WithIntermediate());
        await using MailDeliverer another = Deliverer();
        Assert.That((await another.SendAsync()).Deferred, Is.EqualTo(FailureCode.CertificateHostMismatch));
    }
}
