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
        BackOff first = BackOff.After(null, "x", options, Now);
        Assert.That((first.Failures, first.Until), Is.EqualTo((1, Now.AddSeconds(10))));
        Assert.That(BackOff.After(first, "y", options, Now.AddSeconds(9)), Is.SameAs(first), "it was under way before");
        DateTimeOffset at = first.Until;
        BackOff last = first;
        var lengths = new List<double>();
        for (int i = 0; i < 60; i++)
        {
            last = BackOff.After(last, "z", options, at);
            lengths.Add((last.Until - at).TotalSeconds);
            at = last.Until;
        }

        Assert.That(lengths.Take(6), Is.EqualTo([20, 40, 80, 160, 320, 600]));
        Assert.That(lengths.Skip(6), Has.All.EqualTo(600));
        Assert.That((first.HoldsAt(Now), first.HoldsAt(Now.AddSeconds(10)), first.HoldsAt(Now.AddHours(-6))), Is.EqualTo((true, false, false)), "a clock that is set back holds nobody");
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
