using System.Net;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Reporting;

public sealed class TlsSessionRulesTests
{
    private const string Text = "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 86400\r\n";
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 23, 59, 59, 999, TimeSpan.Zero);
    private static readonly DomainName Domain = DomainName.Parse("example.com");

    /// <summary>RPT-10, RPT-15. RFC 8460 §4.2.1.</summary>
    [TestCase("enforce", "Sts")]
    [TestCase("testing", "Sts")]
    [TestCase("none", "NoPolicyFound")]
    [TestCase(null, "NoPolicyFound")]
    public void A_session_that_meets_the_policy_is_a_success(string? mode, string type)
    {
        TlsSessionResult result = From(Discovery(mode), Attempt(Established()))!.Value;
        Assert.That(result.IsSuccess, Is.True);
        Assert.That(result.Details, Is.Empty);
        Assert.That(result.Policy.Type.ToString(), Is.EqualTo(type));
        Assert.That(result.Policy.Text, Is.EqualTo(type == "Sts" ? Policy(mode)!.Text : ""));
        Assert.That(result.Time, Is.EqualTo(Now));
    }

    /// <summary>RPT-11, RPT-42. RFC 8460 §4.2.2, §4.3.</summary>
    [TestCase(StartTlsStep.NotOffered, CertificateProblems.None, "starttls-not-supported starttls-not-offered")]
    [TestCase(StartTlsStep.Refused, CertificateProblems.None, "starttls-not-supported starttls-refused")]
    [TestCase(StartTlsStep.Injected, CertificateProblems.None, "validation-failure starttls-injected")]
    [TestCase(StartTlsStep.HandshakeFailed, CertificateProblems.None, "validation-failure tls-handshake-failed")]
    [TestCase(StartTlsStep.Established, CertificateProblems.HostMismatch, "certificate-host-mismatch certificate-host-mismatch")]
    [TestCase(StartTlsStep.Established, CertificateProblems.Expired, "certificate-expired certificate-expired")]
    [TestCase(StartTlsStep.Established, CertificateProblems.NotYetValid, "certificate-not-trusted certificate-not-yet-valid")]
    [TestCase(StartTlsStep.Established, CertificateProblems.NotTrusted, "certificate-not-trusted certificate-authority-unknown")]
    [TestCase(StartTlsStep.Established, CertificateProblems.NotTrusted | CertificateProblems.SelfSigned, "certificate-not-trusted certificate-self-signed")]
    [TestCase(StartTlsStep.Established, CertificateProblems.WrongUsage, "certificate-not-trusted certificate-wrong-usage")]
    [TestCase(StartTlsStep.Established, CertificateProblems.Missing, "certificate-not-trusted certificate-missing")]
    [TestCase(StartTlsStep.Established, CertificateProblems.Invalid, "certificate-not-trusted certificate-chain-invalid")]
    public void A_session_that_does_not_is_a_failure_in_every_mode_with_a_policy(StartTlsStep step, CertificateProblems problems, string detail)
    {
        foreach (string mode in (string[])["enforce", "testing"])
        {
            TlsSessionResult result = From(Discovery(mode), Attempt(step == StartTlsStep.Established ? Established(problems) : TlsObservation.Without(step, "")))!.Value;
            Assert.That(result.IsSuccess, Is.False);
            Assert.That(result.Details.Select(one => $"{one.ResultType} {one.ReasonCode}"), Is.EqualTo([detail]));
            Assert.That(TlsResultTypes.All, Does.Contain(result.Details[0].ResultType));
        }
    }

    /// <summary>RPT-13. RFC 8460 §4.</summary>
    [Test]
    public void A_session_with_two_causes_fails_once_with_two_details()
    {
        TlsSessionResult result = From(Discovery("testing"), Attempt(Established(CertificateProblems.Expired | CertificateProblems.HostMismatch)))!.Value;
        Assert.That(result.IsSuccess, Is.False);
        Assert.That(result.Details.Select(one => one.ResultType), Is.EquivalentTo(["certificate-expired", "certificate-host-mismatch"]));
    }

    /// <summary>RPT-10. Without a policy any certificate will do; missing TLS does not.</summary>
    [Test]
    public void Without_a_policy_a_certificate_is_not_held_against_a_host()
    {
        Assert.That(From(Discovery(null), Attempt(Established(CertificateProblems.NotTrusted)))!.Value.IsSuccess, Is.True);
        Assert.That(From(Discovery(null), Attempt(TlsObservation.Without(StartTlsStep.NotOffered, "")))!.Value.IsSuccess, Is.False);
    }

    /// <summary>RPT-11. The report is about the domain's policy, not about what this sender demands besides.</summary>
    [Test]
    public void What_this_sender_demands_by_itself_is_not_reported()
    {
        DeliveryAttempt attempt = Attempt(Established(CertificateProblems.NotTrusted)) with { Requirement = new TlsRequirement.Enforced() };
        Assert.That(From(Discovery(null), attempt)!.Value.IsSuccess, Is.True);
    }

    /// <summary>RPT-14, RPT-15. RFC 8460 §4.3.4.</summary>
    [Test]
    public void What_never_came_to_TLS_and_the_retry_in_clear_are_not_counted()
    {
        Assert.That(From(Discovery("enforce"), Attempt(null) with { Failure = FailureCode.ConnectFailed }), Is.Null);
        Assert.That(From(Discovery("testing"), Attempt(TlsObservation.Without(StartTlsStep.Skipped, ""))), Is.Null);
        Assert.That(From(PolicyDiscovery.NotApplicable(null), Attempt(Established())), Is.Null);
    }

    /// <summary>RPT-42. Decision AMB-9.</summary>
    [Test]
    public void A_host_that_the_policy_does_not_list_is_a_failure_though_nobody_connected()
    {
        TlsSessionResult result = From(Discovery("enforce"), Attempt(null) with { Failure = FailureCode.HostNotPermitted, Local = null })!.Value;
        Assert.That(result.IsSuccess, Is.False);
        Assert.That(result.Details, Is.EqualTo([new TlsFailureDetail("validation-failure", "mx-mismatch", null, "mx1.example.com")]));
    }

    /// <summary>RPT-18. RFC 8461 §6; decision AMB-10.</summary>
    [TestCase(PolicyFaultKind.HttpStatus, "sts-policy-fetch-error policy-http-status")]
    [TestCase(PolicyFaultKind.HostNotResolved, "sts-policy-fetch-error policy-host-not-resolved")]
    [TestCase(PolicyFaultKind.HostForbidden, "sts-policy-fetch-error policy-host-forbidden")]
    [TestCase(PolicyFaultKind.ConnectFailed, "sts-policy-fetch-error policy-host-unreachable")]
    [TestCase(PolicyFaultKind.TlsFailed, "sts-policy-fetch-error policy-host-tls-failed")]
    [TestCase(PolicyFaultKind.HttpProtocol, "sts-policy-fetch-error policy-http-protocol")]
    [TestCase(PolicyFaultKind.TooLarge, "sts-policy-fetch-error policy-too-large")]
    [TestCase(PolicyFaultKind.Timeout, "sts-policy-fetch-error policy-timeout")]
    [TestCase(PolicyFaultKind.MediaType, "sts-policy-invalid policy-media-type")]
    [TestCase(PolicyFaultKind.PolicyInvalid, "sts-policy-invalid policy-malformed")]
    [TestCase(PolicyFaultKind.CertificateInvalid, "sts-webpki-invalid policy-host-certificate-invalid")]
    public void A_failed_fetch_is_told_with_a_cached_policy_and_counts_without_one(PolicyFaultKind kind, string detail)
    {
        var fault = new PolicyFault(kind, "");
        TlsSessionResult cached = From(Discovery("enforce") with { Fault = fault }, Attempt(Established()))!.Value;
        Assert.That(cached.IsSuccess, Is.True);
        Assert.That(cached.Details.Select(one => $"{one.ResultType} {one.ReasonCode}"), Is.EqualTo([detail]));

        TlsSessionResult none = From(Discovery(null) with { Fault = fault, Record = new RecordLookup.Found(new StsRecord("1")) }, Attempt(Established()))!.Value;
        Assert.That(none.IsSuccess, Is.False);
        Assert.That(none.Policy, Is.EqualTo(new TlsPolicyKey(TlsPolicyType.Sts, Domain, "")));
        Assert.That(none.Details, Is.EqualTo(cached.Details));

        TlsSessionResult modeNone = From(Discovery("none") with { Fault = fault }, Attempt(Established()))!.Value;
        Assert.That((modeNone.IsSuccess, modeNone.Details.Count, modeNone.Policy.Type), Is.EqualTo((true, 0, TlsPolicyType.NoPolicyFound)));
    }

    /// <summary>RPT-18. A record that cannot be read or found is no policy that failed.</summary>
    [TestCase(PolicyFaultKind.RecordInvalid)]
    [TestCase(PolicyFaultKind.RecordUnavailable)]
    public void A_record_that_cannot_be_had_is_no_policy(PolicyFaultKind kind)
    {
        TlsSessionResult result = From(Discovery(null) with { Fault = new PolicyFault(kind, ""), Record = new RecordLookup.Invalid("") }, Attempt(Established()))!.Value;
        Assert.That((result.IsSuccess, result.Policy.Type), Is.EqualTo((true, TlsPolicyType.NoPolicyFound)));
    }

    /// <summary>RPT-18. That mail did not wait for the policy is no fault of the domain's.</summary>
    [Test]
    public void A_policy_that_is_still_looked_for_is_no_failure()
    {
        PolicyDiscovery discovery = Discovery(null) with { Fault = new PolicyFault(PolicyFaultKind.NotYetKnown, ""), Record = new RecordLookup.Found(new StsRecord("1")) };
        TlsSessionResult result = From(discovery, Attempt(Established()))!.Value;
        Assert.That((result.IsSuccess, result.Policy.Type), Is.EqualTo((true, TlsPolicyType.NoPolicyFound)));
    }

    /// <summary>RPT-40, RPT-41, RPT-43. RFC 5952 §5, RFC 8460 §4.4, §7.</summary>
    [Test]
    public void Addresses_and_names_are_those_of_the_session_in_plain_form()
    {
        var local = new IPEndPoint(IPAddress.Parse("fe80::1%3"), 40000);
        DeliveryAttempt attempt = Attempt(Established(CertificateProblems.Expired)) with
        {
            Local = local,
            Remote = new IPEndPoint(IPAddress.Parse("::ffff:192.0.2.1"), 25),
            ServerName = "a\u0000<script>\ud800" + new string('x', 1000),
        };
        TlsFailureDetail detail = From(Discovery("enforce"), attempt)!.Value.Details.Single();
        Assert.That(detail.SendingIp!.ToString(), Is.EqualTo("fe80::1"));
        Assert.That(detail.ReceivingIp!.ToString(), Is.EqualTo("192.0.2.1"));
        Assert.That(detail.MxHost, Is.EqualTo("mx1.example.com"));
        Assert.That(detail.Helo, Has.Length.EqualTo(255).And.StartsWith("a\uFFFD<script>\uFFFDxxx"));
        TlsSessionResult seen = TlsSessionRules.From(Discovery("enforce"), attempt, Now, IPAddress.Parse("203.0.113.7"))!.Value;
        Assert.That(seen.Details.Single().SendingIp, Is.EqualTo(IPAddress.Parse("203.0.113.7")));
    }

    private static TlsSessionResult? From(PolicyDiscovery discovery, DeliveryAttempt attempt) => TlsSessionRules.From(discovery, attempt, Now, null);

    private static StsPolicy? Policy(string? mode) => mode is null ? null : StsPolicy.Parse(Text.Replace("enforce", mode, StringComparison.Ordinal));

    private static PolicyDiscovery Discovery(string? mode) => Policy(mode) is { } policy
        ? new PolicyDiscovery(Domain, PolicySource.Cache, new CachedPolicy(policy, "1", Now), new RecordLookup.Found(new StsRecord("1")), null)
        : new PolicyDiscovery(Domain, PolicySource.None, null, new RecordLookup.None(), null);

    private static TlsObservation Established(CertificateProblems problems = CertificateProblems.None) =>
        new(StartTlsStep.Established, "Tls13", "TLS_AES_256_GCM_SHA384", CertificateFindings.Without(problems, ""), "");

    private static DeliveryAttempt Attempt(TlsObservation? observation) => new(
        new MxCandidate(DomainName.Parse("mx1.example.com"), null, 10, 25), new TlsRequirement.Opportunistic(), null,
        new IPEndPoint(IPAddress.Parse("192.0.2.25"), 25), new IPEndPoint(IPAddress.Parse("192.0.2.1"), 40000), observation, null, null, "", null, [], TimeSpan.Zero);
}
