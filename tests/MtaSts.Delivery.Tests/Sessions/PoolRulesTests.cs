using System.Net;
using Microsoft.Extensions.Time.Testing;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Sessions;

/// <summary>The rules behind kept sessions: when one had gone, when a host is left alone, what a server limits.</summary>
public sealed class PoolRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");
    private static readonly SmtpReply Ok = new(250, ["ok"]);
    private static readonly Handover Accepted = new Handover.Accepted(Ok);
    private static readonly Handover Gone = new Handover.Interrupted(new SessionFailure(SessionFailureKind.ConnectionLost, SmtpPhase.Mail, "gone"), false);
    private static readonly Handover Perhaps = new Handover.Interrupted(new SessionFailure(SessionFailureKind.ConnectionLost, SmtpPhase.FinalDot, "gone"), true);
    private static readonly Handover Cancelled = new Handover.Interrupted(null, false);
    private static readonly Handover Lacking = new Handover.NotOffered(LocalRefusal.TooLargeForServer, "too large");

    private static readonly TestCaseData[] Ends =
    [
        new TestCaseData(true, new[] { Gone }).SetArgDisplayNames("gone"),
        new TestCaseData(true, new[] { Gone, Gone, Lacking }).SetArgDisplayNames("gone, and one that was not offered"),
        new TestCaseData(false, new[] { Lacking }).SetArgDisplayNames("not offered"),
        new TestCaseData(false, new[] { Perhaps }).SetArgDisplayNames("may have been taken"),
        new TestCaseData(false, new[] { Gone, Perhaps }).SetArgDisplayNames("one may have been taken"),
        new TestCaseData(false, new[] { Accepted, Gone }).SetArgDisplayNames("one was accepted"),
        new TestCaseData(false, new[] { Refused(SmtpPhase.Rcpt, 550), Gone }).SetArgDisplayNames("one was refused"),
        new TestCaseData(false, new[] { Cancelled }).SetArgDisplayNames("cancelled"),
    ];

    /// <summary>SMTP-04: only where the server took nothing and said nothing may the message go again by itself.</summary>
    [TestCaseSource(nameof(Ends))]
    public void A_kept_session_had_gone_only_when_nothing_was_taken(bool gone, Handover[] results) => Assert.That(TransactionRules.HadGone(results), Is.EqualTo(gone));

    /// <summary>MX-14. RFC 5321 §4.5.4.1.</summary>
    [TestCase(SmtpPhase.Mail, 421, true)]
    [TestCase(SmtpPhase.Mail, 451, true)]
    [TestCase(SmtpPhase.Mail, 450, false)]
    [TestCase(SmtpPhase.Mail, 550, false)]
    [TestCase(SmtpPhase.Rcpt, 451, false)]
    [TestCase(SmtpPhase.FinalDot, 451, false)]
    public void A_host_asks_for_time_by_what_it_says_before_any_recipient(SmtpPhase phase, int code, bool asks) =>
        Assert.That(TransactionRules.SlowDown([Refused(phase, code)]), asks ? Is.Not.Null : Is.Null);

    /// <summary>MX-14.</summary>
    [TestCase(SessionFailureKind.ConnectFailed, null, true)]
    [TestCase(SessionFailureKind.Timeout, null, true)]
    [TestCase(SessionFailureKind.ServiceClosing, 421, true)]
    [TestCase(SessionFailureKind.Refused, 450, true)]
    [TestCase(SessionFailureKind.Refused, 554, false)]
    [TestCase(SessionFailureKind.ConnectionLost, null, false)]
    [TestCase(SessionFailureKind.ProtocolViolation, null, false)]
    [TestCase(SessionFailureKind.AddressForbidden, null, false)]
    [TestCase(SessionFailureKind.HeldBack, null, false)]
    public void Silence_and_wishes_for_time_call_for_a_back_off(SessionFailureKind kind, int? code, bool calls) =>
        Assert.That(BackOff.IsCalledFor(new SessionFailure(kind, SmtpPhase.Greeting, "x", code is { } c ? new SmtpReply(c, ["x"]) : null)), Is.EqualTo(calls));

    /// <summary>MX-14.</summary>
    [Test]
    public void Back_offs_grow_up_to_their_limit_and_count_no_failure_twice()
    {
        var options = new PoolOptions();
        var right = new FakeTimeProvider(Now);
        var clock = new SettableClock(right);
        BackOff first = BackOff.After(null, "x", options, clock);
        Assert.That((first.Failures, first.Length, first.HoldsBy(clock)), Is.EqualTo((1, TimeSpan.FromSeconds(10), true)));
        right.Advance(TimeSpan.FromSeconds(9));
        clock.Error = TimeSpan.FromHours(-6);
        Assert.That(BackOff.After(first, "y", options, clock), Is.SameAs(first), "it was under way before");
        right.Advance(TimeSpan.FromSeconds(1));
        Assert.That(first.HoldsBy(clock), Is.False, "whatever o'clock it is");
        BackOff last = first;
        var lengths = new List<double>();
        for (int i = 0; i < 60; i++)
        {
            last = BackOff.After(last, "z", options, clock);
            lengths.Add(last.Length.TotalSeconds);
            right.Advance(last.Length);
        }

        Assert.That(lengths.Take(6), Is.EqualTo([20, 40, 80, 160, 320, 600]));
        Assert.That(lengths.Skip(6), Has.All.EqualTo(600));
    }

    /// <summary>MX-14. What was long ago says nothing about today, and a host that has other addresses every time fills no memory.</summary>
    [Test]
    public void A_failure_is_forgotten_when_its_address_has_rested()
    {
        var (options, clock, host, other) = (new PoolOptions(), new FakeTimeProvider(Now), new PooledHost(), IPAddress.Parse("192.0.2.2"));
        host.NoteAnswer(Address, "x", options, clock);
        clock.Advance(TimeSpan.FromSeconds(11));
        host.NoteAnswer(Address, "x", options, clock);
        Assert.That(host.HeldBackBy(clock).Single().Until, Is.EqualTo(Now.AddSeconds(31)), "the second in a row");
        clock.Advance(TimeSpan.FromDays(1));
        host.NoteTry(Address, isUnderWay: true);
        host.NoteAnswer(other, "x", options, clock);
        host.NoteAnswer(Address, "x", options, clock);
        Assert.That(host.HeldBackBy(clock).Select(one => one.Until), Is.EqualTo([clock.GetUtcNow().AddSeconds(10), clock.GetUtcNow().AddSeconds(10)]));
    }

    /// <summary>MX-14. Who is not tried because another message is trying is told so, and no moment that is past.</summary>
    [Test]
    public void An_address_that_is_being_tried_after_its_rest_is_said_to_be()
    {
        var (options, clock, host) = (new PoolOptions(), new FakeTimeProvider(Now), new PooledHost());
        host.NoteAnswer(Address, "no connection", options, clock);
        Assert.That(host.HeldBack(Address, clock)?.Detail, Is.EqualTo("not tried until 12:00:10 UTC, as a moment ago it failed: no connection"));
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.That(host.HeldBack(Address, clock), Is.Null);
        host.NoteTry(Address, isUnderWay: true);
        Assert.That(host.HeldBack(Address, clock)?.Detail, Is.EqualTo("not tried, as another message is trying whether it still fails: no connection"));
    }

    /// <summary>A host that had to wait and was served otherwise does not cost others their kept sessions.</summary>
    [Test]
    public void A_host_for_which_nobody_waits_any_more_is_not_short()
    {
        var (places, host) = (new SessionPlaces(new PoolOptions()), new PooledHost());
        var waiter = new SessionWaiter(host, Address, new TlsRequirement.Opportunistic(), BorrowKind.Any);
        places.Wait(waiter);
        Assert.That(places.IsAnyShort, Is.True);
        host.Grant(waiter, null);
        Assert.That(places.IsAnyShort, Is.False);
    }

    /// <summary>RFC 9422 §3, §4.</summary>
    [TestCase("LIMITS MAILMAX=5 RCPTMAX=7", 5, 7)]
    [TestCase("limits rcptmax=7", null, 7)]
    [TestCase("LIMITS RCPTDOMAINMAX=1 MAILMAX=3 FUTURE=x", 3, null)]
    [TestCase("LIMITS MAILMAX=0 RCPTMAX=-1", null, null)]
    [TestCase("LIMITS MAILMAX=99999999999 RCPTMAX=", null, null)]
    [TestCase("LIMITS", null, null)]
    [TestCase("XLIMITS MAILMAX=1", null, null)]
    public void The_limits_of_a_server_are_read(string line, int? transactions, int? recipients) =>
        Assert.That(ServerLimits.From(["mx.example", "PIPELINING", line]), Is.EqualTo(new ServerLimits(transactions, recipients)));

    [Test]
    public void The_servers_name_is_no_limit() => Assert.That(ServerLimits.From(["LIMITS MAILMAX=1"]), Is.EqualTo(ServerLimits.None));

    /// <summary>TLS-10. RFC 8461 §4.2.</summary>
    [TestCase(-1, true)]
    [TestCase(1, false)]
    public void A_certificate_may_run_out_while_its_session_is_kept(int secondsAfterEnd, bool isVerified)
    {
        var findings = new CertificateFindings(CertificateProblems.None, "CN=x", "CN=y", ["x"], Now.AddDays(-1), Now, "", "");
        var observed = new TlsObservation(StartTlsStep.Established, "Tls13", "x", findings, "");
        Assert.That(observed.At(Now.AddSeconds(secondsAfterEnd)).IsVerified, Is.EqualTo(isVerified));
        Assert.That(TlsRules.Judge(new TlsRequirement.Enforced(), observed.At(Now.AddSeconds(secondsAfterEnd))) is TlsVerdict.Proceed, Is.EqualTo(isVerified));
        Assert.That(TlsRules.Judge(new TlsRequirement.Opportunistic(), observed.At(Now.AddSeconds(secondsAfterEnd))), Is.InstanceOf<TlsVerdict.Proceed>());
    }

    private static Handover.Refused Refused(SmtpPhase phase, int code) => new(phase, new SmtpReply(code, ["x"]));
}
