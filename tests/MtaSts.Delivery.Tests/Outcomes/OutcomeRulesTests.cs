using System.Net;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Outcomes;

public sealed class OutcomeRulesTests
{
    private static readonly EnvelopeAddress Jane = EnvelopeAddress.Parse("jane@example.com");
    private static readonly PolicyDiscovery Enforce = new(
        DomainName.Parse("example.com"), PolicySource.Cache,
        new CachedPolicy(StsPolicy.Parse("version: STSv1\nmode: enforce\nmx: mx1.example.com\nmax_age: 1\n"), "id7", default), new RecordLookup.None(), null);

    private static readonly PolicyDiscovery None = PolicyDiscovery.NotApplicable(DomainName.Parse("example.com"));

    /// <summary>SMTP-03, SMTP-13, EXT-10. RFC 5321 §4.2.1.</summary>
    [TestCase("250 2.1.5 ok", "Delivered 2.1.5 mx1.example.com")]
    [TestCase("250 ok", "Delivered 2.0.0 mx1.example.com")]
    [TestCase("451 later", "Deferred 4.0.0 RefusedForNow mx1.example.com")]
    [TestCase("452 4.2.2 full", "Deferred 4.2.2 RefusedForNow mx1.example.com")]
    [TestCase("550 5.1.1 unknown", "Failed 5.1.1 RefusedForGood mx1.example.com")]
    [TestCase("550 4.1.1 odd", "Failed 5.0.0 RefusedForGood mx1.example.com")]
    [TestCase("552 x", "Failed 5.0.0 RefusedForGood mx1.example.com")]
    [TestCase("354 what", "Deferred 4.5.0 UnexpectedReply mx1.example.com")]
    public void The_reply_to_a_recipient_decides(string reply, string outcome) => Assert.That(Fold(None, Answered("mx1.example.com", reply)), Is.EqualTo(outcome));

    /// <summary>STS-123, STS-120. RFC 8461 §5.</summary>
    [TestCase(FailureCode.HostNotPermitted, "Deferred 4.7.5 HostNotPermitted mx1.example.com")]
    [TestCase(FailureCode.StartTlsNotOffered, "Deferred 4.7.4 StartTlsNotOffered mx1.example.com")]
    [TestCase(FailureCode.StartTlsRefused, "Deferred 4.7.4 StartTlsRefused mx1.example.com")]
    [TestCase(FailureCode.StartTlsInjected, "Deferred 4.7.5 StartTlsInjected mx1.example.com")]
    [TestCase(FailureCode.HandshakeFailed, "Deferred 4.7.5 HandshakeFailed mx1.example.com")]
    [TestCase(FailureCode.CertificateHostMismatch, "Deferred 4.7.5 CertificateHostMismatch mx1.example.com")]
    [TestCase(FailureCode.CertificateExpired, "Deferred 4.7.5 CertificateExpired mx1.example.com")]
    [TestCase(FailureCode.CertificateNotYetValid, "Deferred 4.7.5 CertificateNotYetValid mx1.example.com")]
    [TestCase(FailureCode.CertificateNotTrusted, "Deferred 4.7.5 CertificateNotTrusted mx1.example.com")]
    public void A_refusal_by_policy_defers_and_names_the_policy(FailureCode code, string outcome)
    {
        Assert.That(Fold(Enforce, Ended("mx1.example.com", code)), Is.EqualTo(outcome));
        Assert.That(Fold(Enforce, Ended("mx9.example.com", FailureCode.HostWithoutAddress), Ended("mx1.example.com", code)), Is.EqualTo(outcome), "before permanent troubles of other hosts");
        Assert.That(Fold(Enforce, Ended("mx9.example.com", FailureCode.ConnectFailed), Ended("mx1.example.com", code)), Is.EqualTo(outcome), "before temporary troubles of other hosts");
        string explanation = OutcomeRules.Fold(Jane, Enforce, [Ended("mx1.example.com", code)]).Explanation;
        Assert.That(explanation, Does.Contain("MTA-STS policy (mode enforce, id id7)").And.Contain("mx1.example.com"));
    }

    /// <summary>STS-123. RFC 8461 §5.</summary>
    [Test]
    public void Only_when_each_host_was_refused_by_the_policy_it_is_said_that_none_met_it()
    {
        DeliveryAttempt expired = Ended("mx1.example.com", FailureCode.CertificateExpired), unlisted = Ended("mx2.example.com", FailureCode.HostNotPermitted), lost = Ended("mx3.example.com", FailureCode.ConnectionLost);
        const string NoneMetIt = "No MX host of example.com met its MTA-STS policy (mode enforce, id id7), so the message was not handed over. ";
        Assert.That(OutcomeRules.Fold(Jane, Enforce, [expired, unlisted]).Explanation, Does.StartWith(NoneMetIt));
        string mixed = OutcomeRules.Fold(Jane, Enforce, [expired, lost]).Explanation;
        Assert.That(mixed, Does.StartWith("No host took the message, in part because of the MTA-STS policy of example.com (mode enforce, id id7). mx1.example.com ").And.Contain("mx3.example.com"));
        Assert.That(OutcomeRules.Fold(Jane, Enforce, [lost]).Explanation, Does.StartWith("No host took the message. "));
    }

    /// <summary>LIB-08.</summary>
    [Test]
    public void What_is_said_begins_with_a_capital_unless_a_name_stands_there() =>
        Assert.Multiple(() =>
        {
            Assert.That(Said("test has neither MX nor address records", "jane@test"), Is.EqualTo("test has neither MX nor address records."));
            Assert.That(Said("the domain test does not exist", "jane@test"), Is.EqualTo("The domain test does not exist."));
            Assert.That(Said("testing failed.", "jane@test"), Is.EqualTo("Testing failed."));
            Assert.That(Said("mx.example.com is this sender itself"), Is.EqualTo("mx.example.com is this sender itself."));
            Assert.That(OutcomeRules.Fold(Jane, None, [Ended("mx", FailureCode.ConnectFailed)]).Explanation, Does.Contain(" mx [127.0.0.1]: it did not do."));
        });

    /// <summary>LIB-08. An exception's message may be of any kind.</summary>
    [TestCase("a\r\nb", "A b.")]
    [TestCase("a\u2028b\u2029\nc", "A b c.")]
    [TestCase("a\u202Egnp\u2066\u200F\u0007b", "A?gnp???b.")]
    public void No_control_or_format_character_gets_into_what_is_said(string detail, string said)
    {
        Assert.That(Said(detail), Is.EqualTo(said));
        Assert.That(OutcomeRules.Fold(Jane, None, [Ended("mx1.example.com", FailureCode.ConnectFailed) with { Detail = detail }]).Explanation, Does.EndWith(": " + said.ToLowerInvariant()));
    }

    private static string Said(string detail, string recipient = "jane@example.com") =>
        OutcomeRules.WithoutAttempt(EnvelopeAddress.Parse(recipient), FailureCode.InternalError, detail).Explanation;

    /// <summary>STS-121, SMTP-05, MX-05. RFC 5321 §5.1.</summary>
    [Test]
    public void A_later_host_that_answers_decides() =>
        Assert.Multiple(() =>
        {
            Assert.That(Fold(Enforce, Ended("mx1.example.com", FailureCode.CertificateExpired), Answered("mx2.example.com", "250 ok")), Is.EqualTo("Delivered 2.0.0 mx2.example.com"));
            Assert.That(Fold(None, Ended("mx1.example.com", FailureCode.ServiceClosing), Answered("mx2.example.com", "550 no")), Is.EqualTo("Failed 5.0.0 RefusedForGood mx2.example.com"));
            Assert.That(Fold(None, Ended("mx1.example.com", FailureCode.HostWithoutAddress), Ended("mx2.example.com", FailureCode.ConnectFailed)), Is.EqualTo("Deferred 4.4.1 ConnectFailed mx2.example.com"));
            Assert.That(Fold(None, Ended("mx1.example.com", FailureCode.HostWithoutAddress), Ended("mx2.example.com", FailureCode.HostWithoutAddress)), Is.EqualTo("Failed 5.4.4 HostWithoutAddress mx1.example.com"));
        });

    /// <summary>LIB-08, MX-05. RFC 5321 §5.1.</summary>
    [Test]
    public void A_delivery_tells_which_hosts_were_tried_before_and_no_later_ones()
    {
        RecipientOutcome outcome = OutcomeRules.Fold(
            Jane, None, [Ended("mx1.example.com", FailureCode.ConnectFailed), Answered("mx2.example.com", "250 ok"), Ended("mx3.example.com", FailureCode.ConnectFailed)]);
        Assert.That(outcome.Explanation, Is.EqualTo(
            "mx2.example.com [127.0.0.1] accepted the message in clear text; no MTA-STS policy. Tried before: mx1.example.com [127.0.0.1]: it did not do."));
    }

    /// <summary>LIB-08, TLS-10.</summary>
    [TestCase(null, null, false, false)]
    [TestCase(StartTlsStep.NotOffered, null, false, false)]
    [TestCase(StartTlsStep.Established, CertificateProblems.Expired, true, false)]
    [TestCase(StartTlsStep.Established, CertificateProblems.None, true, true)]
    public void A_delivery_tells_what_the_connection_was(StartTlsStep? step, CertificateProblems? problems, bool isEncrypted, bool isVerified)
    {
        CertificateFindings? certificate = problems is { } some ? CertificateFindings.Without(some, "") : null;
        TlsObservation? observation = step is { } seen ? new TlsObservation(seen, null, null, certificate, "") : null;
        var delivered = (RecipientOutcome.Delivered)OutcomeRules.Fold(Jane, None, [Answered("mx1.example.com", "250 ok") with { Observation = observation }]);
        Assert.That((delivered.IsEncrypted, delivered.IsVerified), Is.EqualTo((isEncrypted, isVerified)));
    }

    /// <summary>SMTP-04, SMTP-21. RFC 5321 §4.5.3.2.6.</summary>
    [TestCase(true, "mx1.example.com [127.0.0.1] was sent the whole message, but its answer is not known: lost.")]
    [TestCase(false, "mx1.example.com [127.0.0.1] was sent the whole message, but its answer is not known: the caller cancelled.")]
    public void It_is_told_why_an_answer_is_not_known(bool isLost, string explanation)
    {
        SessionFailure? failure = isLost ? new SessionFailure(SessionFailureKind.ConnectionLost, SmtpPhase.FinalDot, "lost") : null;
        Assert.That(OutcomeRules.Fold(Jane, None, [With("mx1.example.com", new Handover.Interrupted(failure, true))]).Explanation, Is.EqualTo(explanation));
    }

    /// <summary>SMTP-04, SMTP-21. RFC 5321 §4.5.3.2.6.</summary>
    [Test]
    public void A_lost_answer_is_told_from_a_lost_connection() =>
        Assert.Multiple(() =>
        {
            var lost = new SessionFailure(SessionFailureKind.ConnectionLost, SmtpPhase.FinalDot, "lost");
            var unknown = (RecipientOutcome.Deferred)OutcomeRules.Fold(Jane, None, [With("mx1.example.com", new Handover.Interrupted(lost, true))]);
            Assert.That((unknown.Failure, unknown.MayHaveBeenDelivered), Is.EqualTo((FailureCode.FinalReplyLost, true)));
            var certain = (RecipientOutcome.Deferred)OutcomeRules.Fold(Jane, None, [With("mx1.example.com", new Handover.Interrupted(lost, false))]);
            Assert.That((certain.Failure, certain.MayHaveBeenDelivered), Is.EqualTo((FailureCode.ConnectionLost, false)));
            var cancelled = (RecipientOutcome.Deferred)OutcomeRules.Fold(Jane, None, [With("mx1.example.com", new Handover.Interrupted(null, false))]);
            Assert.That((cancelled.Failure, cancelled.MayHaveBeenDelivered), Is.EqualTo((FailureCode.Cancelled, false)));
        });

    /// <summary>EAI-01, EAI-05, EXT-08. RFC 6531 §3.2, RFC 1870 §6.</summary>
    [TestCase(LocalRefusal.SmtpUtf8Missing, "Failed 5.6.7 SmtpUtf8Missing mx1.example.com")]
    [TestCase(LocalRefusal.TooLargeForServer, "Failed 5.3.4 TooLargeForServer mx1.example.com")]
    [TestCase(LocalRefusal.EightBitMimeMissing, "Failed 5.6.3 EightBitMimeMissing mx1.example.com")]
    public void What_every_server_lacks_fails_for_good(LocalRefusal reason, string outcome)
    {
        DeliveryAttempt lacking = With("mx1.example.com", new Handover.NotOffered(reason, "lacks it"));
        Assert.That(Fold(None, lacking), Is.EqualTo(outcome));
        Assert.That(Fold(None, lacking, Answered("mx2.example.com", "250 ok")), Does.StartWith("Delivered"));
        Assert.That(Fold(None, lacking, Ended("mx2.example.com", FailureCode.ConnectFailed)), Does.StartWith("Deferred"));
    }

    [Test]
    public void Without_any_attempt_nothing_is_delivered() => Assert.That(Fold(None), Does.StartWith("Deferred 4.3.5 InternalError"));

    /// <summary>MX-04, MX-09. RFC 5321 §5.1, RFC 7505 §4.</summary>
    [TestCase(NoMailReason.DomainNotFound, "Failed 5.1.2 DomainNotFound ")]
    [TestCase(NoMailReason.NullMx, "Failed 5.1.10 NullMx ")]
    [TestCase(NoMailReason.NoMailHost, "Failed 5.4.4 NoMailHost ")]
    [TestCase(NoMailReason.NoUsableMx, "Failed 5.4.4 NoUsableMx ")]
    [TestCase(NoMailReason.Loop, "Failed 5.4.6 MailLoop ")]
    public void A_domain_without_a_host_fails(NoMailReason reason, string outcome) =>
        Assert.That(Short(OutcomeRules.WithoutAttempt(Jane, FailureTable.CodeOf(reason), "so it is")), Is.EqualTo(outcome));

    private static string Fold(PolicyDiscovery discovery, params DeliveryAttempt[] attempts) => Short(OutcomeRules.Fold(Jane, discovery, attempts));

    private static string Short(RecipientOutcome outcome) => outcome switch
    {
        RecipientOutcome.Delivered => $"Delivered {outcome.Status} {outcome.MxHost}",
        RecipientOutcome.Deferred deferred => $"Deferred {outcome.Status} {deferred.Failure} {outcome.MxHost}",
        RecipientOutcome.Failed failed => $"Failed {outcome.Status} {failed.Failure} {outcome.MxHost}",
        _ => "?",
    };

    private static DeliveryAttempt Answered(string host, string reply)
    {
        var read = new SmtpReply(int.Parse(reply[..3], System.Globalization.CultureInfo.InvariantCulture), [reply[4..]]);
        return With(host, read.IsPositive ? new Handover.Accepted(read) : new Handover.Refused(SmtpPhase.Rcpt, read));
    }

    private static DeliveryAttempt With(string host, Handover handover) => Attempt(host) with { Handovers = [new RecipientHandover(Jane, handover)] };

    private static DeliveryAttempt Ended(string host, FailureCode code) => Attempt(host) with { Failure = code, Detail = "it did not do" };

    private static DeliveryAttempt Attempt(string host) => new(
        new MxCandidate(DomainName.Parse(host), null, 10, 25), new TlsRequirement.Opportunistic(), null, new IPEndPoint(IPAddress.Loopback, 25), null, null, null, null, "", null, [], TimeSpan.Zero);
}
