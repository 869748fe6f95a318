using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Tls;

public sealed class TlsRulesTests
{
    /// <summary>STS-132.</summary>
    [Test]
    public void A_refusal_always_says_why()
    {
        foreach (StartTlsStep step in Enum.GetValues<StartTlsStep>().Where(step => step != StartTlsStep.Established))
        {
            TlsVerdict verdict = TlsRules.Judge(new TlsRequirement.Enforced(), TlsObservation.Without(step, ""));
            Assert.That(verdict, Is.InstanceOf<TlsVerdict.Refuse>(), step.ToString());
            Assert.That(verdict.Failures, Is.Not.Empty, step.ToString());
        }
    }

    private static readonly DomainName Listed = DomainName.Parse("mx1.example.com");
    private static readonly DomainName Unlisted = DomainName.Parse("mx9.example.com");

    /// <summary>STS-120, STS-125, STS-126, TLS-01. RFC 8461 §4, §5, RFC 3207 §6.</summary>
    [TestCase(null, null, true, "Opportunistic { }")]
    [TestCase(null, null, false, "Opportunistic { }")]
    [TestCase("none", null, true, "Opportunistic { }")]
    [TestCase("none", null, false, "Opportunistic { }")]
    [TestCase("testing", null, true, "Observed { HostPermitted = True }")]
    [TestCase("testing", null, false, "Observed { HostPermitted = False }")]
    [TestCase("enforce", null, true, "Enforced { Testing =  }")]
    [TestCase("enforce", null, false, "HostNotPermitted { }")]
    [TestCase(null, TlsDemand.Encrypted, false, "Encrypted { Testing =  }")]
    [TestCase("none", TlsDemand.Encrypted, false, "Encrypted { Testing =  }")]
    [TestCase("testing", TlsDemand.Encrypted, true, "Encrypted { Testing = Observed { HostPermitted = True } }")]
    [TestCase("testing", TlsDemand.Encrypted, false, "Encrypted { Testing = Observed { HostPermitted = False } }")]
    [TestCase("enforce", TlsDemand.Encrypted, true, "Enforced { Testing =  }")]
    [TestCase("enforce", TlsDemand.Encrypted, false, "HostNotPermitted { }")]
    [TestCase(null, TlsDemand.Verified, false, "Enforced { Testing =  }")]
    [TestCase("none", TlsDemand.Verified, false, "Enforced { Testing =  }")]
    [TestCase("testing", TlsDemand.Verified, true, "Enforced { Testing = Observed { HostPermitted = True } }")]
    [TestCase("testing", TlsDemand.Verified, false, "Enforced { Testing = Observed { HostPermitted = False } }")]
    [TestCase("enforce", TlsDemand.Verified, true, "Enforced { Testing =  }")]
    [TestCase("enforce", TlsDemand.Verified, false, "HostNotPermitted { }")]
    public void The_stronger_of_policy_and_demand_is_required(string? mode, TlsDemand? demand, bool permitted, string requirement) =>
        Assert.That(TlsRules.Require(Policy(mode), permitted ? Listed : Unlisted, demand).ToString(), Is.EqualTo(requirement));

    [Test]
    public void No_policy_names_an_address_literal() =>
        Assert.That(TlsRules.Require(Policy("enforce"), null, null), Is.InstanceOf<TlsRequirement.HostNotPermitted>());

    private static readonly StartTlsStep[] Steps = Enum.GetValues<StartTlsStep>();

    private static readonly CertificateProblems[] Problems =
        [.. Enumerable.Range(0, 256).Select(bits => (CertificateProblems)bits)];

    /// <summary>STS-120, STS-132, TLS-02, TLS-04, TLS-10, TLS-11. RFC 8461 §4, §5.</summary>
    [Test]
    public void Under_enforce_only_a_verified_connection_proceeds_and_none_is_tried_in_clear() => ForAll((requirement, observation, verdict) =>
        requirement is not TlsRequirement.Enforced
        || (observation.IsVerified ? verdict is TlsVerdict.Proceed : verdict is TlsVerdict.Refuse && (verdict.Failures.Count > 0 || observation.Step == StartTlsStep.Skipped)));

    /// <summary>STS-120. RFC 8461 §4.1.</summary>
    [Test]
    public void A_host_that_the_policy_does_not_name_is_refused_whatever_TLS_shows() => ForAll((requirement, _, verdict) =>
        requirement is not TlsRequirement.HostNotPermitted || (verdict is TlsVerdict.Refuse && verdict.Failures[0] == TlsFailure.HostNotPermitted));

    /// <summary>STS-125. RFC 8461 §5.</summary>
    [Test]
    public void Mode_testing_never_refuses_and_always_tells() => ForAll((requirement, observation, verdict) =>
        requirement is not TlsRequirement.Observed observed
        || (verdict is not TlsVerdict.Refuse && (verdict.Failures.Count == 0) == (observed.HostPermitted && (observation.IsVerified || observation.Step == StartTlsStep.Skipped))));

    /// <summary>STS-126, TLS-21. RFC 8461 §5.</summary>
    [Test]
    public void Without_a_policy_nothing_is_refused_and_any_certificate_will_do() => ForAll((requirement, observation, verdict) =>
        requirement is not TlsRequirement.Opportunistic
        || (verdict is not TlsVerdict.Refuse && (!observation.IsEncrypted || (verdict is TlsVerdict.Proceed && verdict.Failures.Count == 0))));

    /// <summary>TLS-01. RFC 3207 §6.</summary>
    [Test]
    public void A_demand_for_encryption_is_met_by_encryption_alone() => ForAll((requirement, observation, verdict) =>
        requirement is not TlsRequirement.Encrypted || verdict is TlsVerdict.Proceed == observation.IsEncrypted && verdict is not TlsVerdict.RetryInClear);

    /// <summary>TLS-06. RFC 7435 §4, RFC 3207 §4.</summary>
    [Test]
    public void A_spoilt_connection_never_carries_mail() => ForAll((_, observation, verdict) =>
        observation.Step is not (StartTlsStep.HandshakeFailed or StartTlsStep.Injected or StartTlsStep.Refused) || verdict is not TlsVerdict.Proceed);

    [Test]
    public void No_failure_is_told_twice() => ForAll((_, _, verdict) => verdict.Failures.Distinct().Count() == verdict.Failures.Count);

    /// <summary>STS-120, TLS-02, TLS-04. RFC 8461 §5.</summary>
    [TestCase(StartTlsStep.NotOffered, TlsFailure.StartTlsNotOffered, "Proceed")]
    [TestCase(StartTlsStep.Refused, TlsFailure.StartTlsRefused, "RetryInClear")]
    [TestCase(StartTlsStep.Injected, TlsFailure.StartTlsInjected, "RetryInClear")]
    [TestCase(StartTlsStep.HandshakeFailed, TlsFailure.HandshakeFailed, "RetryInClear")]
    public void Each_way_without_TLS_has_its_failure(StartTlsStep step, TlsFailure failure, string withoutPolicy)
    {
        var observation = TlsObservation.Without(step, "");
        Assert.That(TlsRules.Judge(new TlsRequirement.Enforced(), observation).Failures, Is.EqualTo([failure]));
        Assert.That(TlsRules.Judge(new TlsRequirement.Opportunistic(), observation).GetType().Name, Is.EqualTo(withoutPolicy));
        Assert.That(TlsRules.Judge(new TlsRequirement.Observed(true), observation).GetType().Name, Is.EqualTo(withoutPolicy));
    }

    /// <summary>TLS-10, TLS-11, TLS-19. RFC 8461 §4.2, RFC 8460 §4.3.</summary>
    [TestCase(CertificateProblems.HostMismatch, TlsFailure.CertificateHostMismatch)]
    [TestCase(CertificateProblems.Expired, TlsFailure.CertificateExpired)]
    [TestCase(CertificateProblems.NotYetValid, TlsFailure.CertificateNotYetValid)]
    [TestCase(CertificateProblems.NotTrusted, TlsFailure.CertificateNotTrusted)]
    [TestCase(CertificateProblems.NotTrusted | CertificateProblems.SelfSigned, TlsFailure.CertificateNotTrusted)]
    [TestCase(CertificateProblems.WrongUsage, TlsFailure.CertificateNotTrusted)]
    [TestCase(CertificateProblems.Invalid, TlsFailure.CertificateNotTrusted)]
    [TestCase(CertificateProblems.Missing, TlsFailure.CertificateNotTrusted)]
    [TestCase(CertificateProblems.Expired | CertificateProblems.HostMismatch, TlsFailure.CertificateHostMismatch, TlsFailure.CertificateExpired)]
    public void Each_problem_of_a_certificate_has_its_failure(CertificateProblems problems, params TlsFailure[] failures)
    {
        Assert.That(TlsRules.Judge(new TlsRequirement.Enforced(), Encrypted(problems)), Is.InstanceOf<TlsVerdict.Refuse>());
        Assert.That(TlsRules.Judge(new TlsRequirement.Enforced(), Encrypted(problems)).Failures, Is.EqualTo(failures));
        Assert.That(TlsRules.Judge(new TlsRequirement.Observed(true), Encrypted(problems)).Failures, Is.EqualTo(failures));
    }

    /// <summary>STS-125. RFC 8461 §5: what mode testing only wants to know is no reason to refuse.</summary>
    [Test]
    public void What_refuses_is_told_from_what_mode_testing_would_refuse() =>
        Assert.Multiple(() =>
        {
            var unlisted = new TlsRequirement.Observed(false);
            Assert.That(Reasons(new TlsRequirement.Enforced(unlisted), Encrypted(CertificateProblems.Expired)), Is.EqualTo([TlsFailure.CertificateExpired]));
            Assert.That(Reasons(new TlsRequirement.Encrypted(unlisted), TlsObservation.Without(StartTlsStep.NotOffered, "")), Is.EqualTo([TlsFailure.StartTlsNotOffered]));
            Assert.That(Reasons(unlisted, TlsObservation.Without(StartTlsStep.Refused, "")), Is.EqualTo([TlsFailure.StartTlsRefused]));
            Assert.That(Reasons(new TlsRequirement.HostNotPermitted(), Encrypted(CertificateProblems.Expired)), Is.EqualTo([TlsFailure.HostNotPermitted, TlsFailure.CertificateExpired]));
        });

    private static IEnumerable<TlsFailure> Reasons(TlsRequirement requirement, TlsObservation observation) =>
        TlsRules.Reasons(requirement, TlsRules.Judge(requirement, observation));

    /// <summary>LIB-03. RFC 8461 §4.2.</summary>
    [Test]
    public void A_certificate_that_nobody_examined_verifies_nothing() =>
        Assert.That(TlsRules.Judge(new TlsRequirement.Enforced(), new TlsObservation(StartTlsStep.Established, "Tls13", null, null, "")), Is.InstanceOf<TlsVerdict.Refuse>());

    private static void ForAll(Func<TlsRequirement, TlsObservation, TlsVerdict, bool> holds)
    {
        TlsObservation[] observations =
        [
            .. Steps.Where(step => step != StartTlsStep.Established).Select(step => TlsObservation.Without(step, "")),
            .. Problems.Select(Encrypted),
            new TlsObservation(StartTlsStep.Established, "Tls12", null, null, ""),
        ];
        foreach (string? mode in new[] { null, "none", "testing", "enforce" })
        {
            foreach (TlsDemand? demand in new TlsDemand?[] { null, TlsDemand.Encrypted, TlsDemand.Verified })
            {
                foreach (DomainName? host in new[] { Listed, Unlisted, null })
                {
                    TlsRequirement requirement = TlsRules.Require(Policy(mode), host, demand);
                    TlsObservation? failed = Array.Find(observations, observation => !holds(requirement, observation, TlsRules.Judge(requirement, observation)));
                    Assert.That(failed, Is.Null, $"{mode} {demand} {host}");
                }
            }
        }
    }

    private static TlsObservation Encrypted(CertificateProblems problems) =>
        new(StartTlsStep.Established, "Tls13", "TLS_AES_256_GCM_SHA384", CertificateFindings.Without(problems, ""), "");

    private static StsPolicy? Policy(string? mode) => mode is null ? null : StsPolicy.Parse($"version: STSv1\nmode: {mode}\nmx: mx1.example.com\nmax_age: 1\n");
}
