using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

public sealed class TestingModeTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private static readonly TestCaseData[] Flaws = [.. MxFlaw.All.Select(flaw => new TestCaseData(flaw).SetArgDisplayNames(flaw.Name))];

    /// <summary>STS-125, STS-133. RFC 8461 §5, §6.</summary>
    [TestCaseSource(nameof(Flaws))]
    public async Task In_mode_testing_mail_goes_whatever_fails_and_the_failure_is_told(MxFlaw flaw)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Policy(PolicyMode.Testing, flaw.Pattern);
        flaw.Apply(internet.MxHost("mx1.example.test"));
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Delivered, Is.Not.Null, sent.Outcome.Explanation);
        Assert.That(sent.Delivered!.IsEncrypted, Is.EqualTo(flaw.StillEncrypts));
        internet.Messages.Single().AssertTextArrived();
        Assert.That(sent.Line.Attempts, Has.Count.EqualTo(flaw.SpoilsConnection ? 2 : 1));
        Assert.That(sent.Line.Attempts[0].Verdict!.Failures, Is.EqualTo(new[] { flaw.Failure }));
        Assert.That(sent.Line.Attempts[0].Requirement, Is.EqualTo(new TlsRequirement.Observed(flaw.Failure != TlsFailure.HostNotPermitted)));
        Assert.That(FailureTable.For(FailureTable.CodeOf(flaw.Failure)).ReportAs, Is.EqualTo(flaw.ReportAs));
    }

    /// <summary>STS-125. Nothing fails: nothing is told.</summary>
    [Test]
    public async Task In_mode_testing_a_good_host_gets_the_mail_over_verified_TLS()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Policy(PolicyMode.Testing, "mx1.example.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Delivered, Is.Not.Null.And.Property("IsVerified").True);
        Assert.That(sent.Line.Attempts.Single().Verdict!.Failures, Is.Empty);
    }

    /// <summary>STS-125, STS-122. The first host gets the mail, as if there were no policy: not the one that would pass.</summary>
    [Test]
    public async Task In_mode_testing_the_order_of_hosts_does_not_change()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(20, "mx2.example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Testing, "mx2.example.test");
        internet.MxHost("mx1.example.test").NoStartTls();
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Delivered!.MxHost, Is.EqualTo("mx1.example.test"));
        Assert.That(sent.Line.Attempts.Single().Verdict!.Failures, Is.EqualTo(new[] { TlsFailure.HostNotPermitted, TlsFailure.StartTlsNotOffered }));
    }

    /// <summary>STS-125, STS-132. RFC 8461 §5: beside mode testing it is this sender's demand that refuses, and it says why.</summary>
    [Test]
    public async Task A_demand_beside_mode_testing_refuses_for_its_own_reasons()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Policy(PolicyMode.Testing, "other.test");
        internet.MxHost("mx1.example.test").Certificate(c => c.Expired());
        await using MailDeliverer deliverer = internet.Deliverer(Demanding(TlsDemand.Verified));

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Deferred, Is.EqualTo(FailureCode.CertificateExpired));
        Assert.That(((RecipientOutcome.Deferred)sent.Outcome).Advice, Is.EqualTo(FailureTable.For(FailureCode.CertificateExpired).Advice));
        Assert.That(sent.Outcome.Explanation, Does.Contain("expired").And.Not.Contain("does not list"));
        Assert.That(sent.Line.Attempts.Single().Verdict!.Failures, Is.EqualTo(new[] { TlsFailure.HostNotPermitted, TlsFailure.CertificateExpired }));
    }

    /// <summary>STS-125. RFC 8461 §5, §6: what mode testing wants to know is told beside a demand, too.</summary>
    [TestCase(TlsDemand.Encrypted)]
    [TestCase(TlsDemand.Verified)]
    [TestCase(null)]
    public async Task What_mode_enforce_would_refuse_is_said_and_logged_whatever_this_sender_demands(TlsDemand? demand)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Policy(PolicyMode.Testing, "other.test");
        var options = new MailDelivererOptions();
        internet.Configure(options);
        Demanding(demand)(options);
        using var log = new RecordingLogs();
        await using var deliverer = new MailDeliverer(options, internet.Clock, loggers: log);

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Delivered!.Explanation, Does.Contain("In mode enforce it would have been refused: the policy does not list the host."));
        Assert.That(log.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Text), Has.One.Contains("mx1.example.test would be refused for mail to example.test"));
    }

    private static Action<MailDelivererOptions> Demanding(TlsDemand? demand) => options =>
    {
        if (demand is { } one)
        {
            options.Overrides.Add(new DeliveryOverride.RequireTls(DomainName.Parse("example.test"), one, "a test"));
        }
    };

    /// <summary>STS-126, STS-133. RFC 8461 §5, §8.3: as without policy, and no certificate is held against a host.</summary>
    [TestCaseSource(nameof(Flaws))]
    public async Task Mode_none_is_as_no_policy(MxFlaw flaw)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Policy(PolicyMode.None, flaw.Pattern);
        internet.Domain("other.test").Mx(10, "mx1.example.test");
        flaw.Apply(internet.MxHost("mx1.example.test"));
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent none = await deliverer.SendAsync();
        Sent without = await deliverer.SendAsync("b@other.test");

        Assert.That(none.Policy.InForce!.Policy.Mode, Is.EqualTo(PolicyMode.None));
        Assert.That((none.Delivered, without.Delivered), Is.Not.EqualTo(((RecipientOutcome.Delivered?)null, (RecipientOutcome.Delivered?)null)));
        Assert.That(none.Delivered!.IsEncrypted, Is.EqualTo(without.Delivered!.IsEncrypted));
        Assert.That(none.Line.Attempts.Select(attempt => attempt.Requirement), Is.All.EqualTo(new TlsRequirement.Opportunistic()));
        Assert.That(none.Line.Attempts.Select(attempt => attempt.Verdict!.GetType()), Is.EqualTo(without.Line.Attempts.Select(attempt => attempt.Verdict!.GetType())));
        Assert.That(none.Line.Attempts.SelectMany(attempt => attempt.Verdict!.Failures), Is.EqualTo(without.Line.Attempts.SelectMany(attempt => attempt.Verdict!.Failures)));
        Assert.That(none.Line.Attempts.SelectMany(attempt => attempt.Verdict!.Failures), Has.None.EqualTo(TlsFailure.HostNotPermitted).And.None.EqualTo(TlsFailure.CertificateHostMismatch));
    }

    /// <summary>STS-126. RFC 8461 §3.2: mode none needs no mx.</summary>
    [Test]
    public async Task Mode_none_needs_no_host()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing().Policy(PolicyMode.None);
        internet.MxHost("mx1.example.test").NoStartTls();
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Delivered, Is.Not.Null);
        Assert.That(sent.Policy.Fault, Is.Null);
    }
}
