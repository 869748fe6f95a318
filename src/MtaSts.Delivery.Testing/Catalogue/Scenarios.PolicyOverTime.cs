using System.Runtime.CompilerServices;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <content>Policies that change, end or vanish between two deliveries.</content>
public static partial class Scenarios
{
    /// <summary>The record vanishes from DNS while the policy still holds, and the MX host is not what it was.</summary>
    public static Scenario RecordVanishes { get; } = PolicyOverTime(
        "RFC 8461 §5.1", "The record vanishes from DNS while the policy still holds, and the MX host is not what it was.",
        _ => { },
        Delivered())
        .Then("an hour later, without record and with another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).NoRecord();
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            PolicyHolds());

    /// <summary>The look-up of the record fails while the policy still holds, and the MX host is not what it was.</summary>
    public static Scenario RecordLookupFailsLater { get; } = PolicyOverTime(
        "RFC 8461 §5.1", "The look-up of the record fails while the policy still holds, and the MX host is not what it was.",
        _ => { },
        Delivered())
        .Then("an hour later, SERVFAIL and another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Dns.ServFail(RecordName);
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            PolicyHolds());

    /// <summary>A second record appears while the policy still holds, and the MX host is not what it was.</summary>
    public static Scenario RecordDoubledLater { get; } = PolicyOverTime(
        "RFC 8461 §3.1", "A second record appears while the policy still holds, and the MX host is not what it was.",
        _ => { },
        Delivered())
        .Then("an hour later, two records and another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Dns.AddTxt(RecordName, "v=STSv1; id=2;");
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            PolicyHolds());

    /// <summary>The MX host stops offering STARTTLS while the policy holds.</summary>
    public static Scenario StarttlsStrippedLater { get; } = PolicyOverTime(
        "RFC 8461 §5", "The MX host stops offering STARTTLS while the policy holds.",
        _ => { },
        Delivered())
        .Then("an hour later, without STARTTLS", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.MxHost(MxHost).NoStartTls();
            },
            Refused("4.7.4", NoStartTls));

    /// <summary>The MX host's certificate ends between two deliveries.</summary>
    public static Scenario CertificateEndsLater { get; } = PolicyOverTime(
        "RFC 8461 §4.2", "The MX host's certificate ends between two deliveries.",
        internet => internet.MxHost(MxHost).Certificate(c => c.ValidTo(internet.Clock.GetUtcNow().AddMinutes(30))),
        Delivered())
        .Then("an hour later", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
            },
            Refused("4.7.5", Expired));

    /// <summary>The id changes, but the policy host is down: the old policy holds.</summary>
    public static Scenario IdChangesAndPolicyHostIsDown { get; } = PolicyOverTime(
        "RFC 8461 §3.3", "The id changes, but the policy host is down: the old policy holds.",
        _ => { },
        Delivered())
        .Then("an hour later, another id, no policy host, another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).PolicyId("new1").PolicyHost.Down();
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            PolicyHolds(FetchError));

    /// <summary>The id changes, but the new policy is malformed: the old policy holds.</summary>
    public static Scenario IdChangesAndPolicyIsBroken { get; } = PolicyOverTime(
        "RFC 8461 §3.3", "The id changes, but the new policy is malformed: the old policy holds.",
        _ => { },
        Delivered())
        .Then("an hour later, another id, a malformed policy, another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).PolicyText("mode: none\r\n").PolicyId("new1");
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            PolicyHolds(PolicyInvalid));

    /// <summary>The id changes, but the policy host has somebody else's certificate: the old policy holds.</summary>
    public static Scenario IdChangesAndPolicyHostIsForged { get; } = PolicyOverTime(
        "RFC 8461 §3.3", "The id changes, but the policy host has somebody else's certificate: the old policy holds.",
        _ => { },
        Delivered())
        .Then("an hour later, another id, a forged policy host, another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).Policy(PolicyMode.None).PolicyHost.Certificate(c => c.SelfSigned());
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            PolicyHolds(FetchCertificate));

    /// <summary>The policy changes to mode none, with a new id.</summary>
    public static Scenario PolicyBecomesNone { get; } = PolicyOverTime(
        "RFC 8461 §8.3", "The policy changes to mode none, with a new id.",
        _ => { },
        Delivered())
        .Then("an hour later, mode none and another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).Policy(PolicyMode.None);
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            DeliveredUnverified());

    /// <summary>The policy changes to mode testing, with a new id.</summary>
    public static Scenario PolicyBecomesTesting { get; } = PolicyOverTime(
        "RFC 8461 §5", "The policy changes to mode testing, with a new id.",
        _ => { },
        Delivered())
        .Then("an hour later, mode testing and another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).Policy(PolicyMode.Testing, MxHost);
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            DeliveredUnverified().Reports(NotTrusted));

    /// <summary>The policy changes from testing to enforce, with a new id.</summary>
    public static Scenario PolicyBecomesEnforce { get; } = PolicyOverTime(
        "RFC 8461 §5", "The policy changes from testing to enforce, with a new id.",
        internet => Unauthenticated(internet).Domain(Domain).Policy(PolicyMode.Testing, MxHost),
        DeliveredUnverified().Reports(NotTrusted))
        .Then("an hour later, mode enforce", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).Policy(PolicyMode.Enforce, MxHost);
            },
            PolicyHolds());

    /// <summary>The new policy no longer names the MX host.</summary>
    public static Scenario PolicyDropsTheHost { get; } = PolicyOverTime(
        "RFC 8461 §5.1", "The new policy no longer names the MX host.",
        _ => { },
        Delivered())
        .Then("an hour later, another host in the policy", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).Policy(PolicyMode.Enforce, SecondMxHost);
            },
            Refused("4.7.5", ValidationFailure).Forbids(NeverSent.Connection));

    /// <summary>The text of the policy changes, but not the id: nobody is told, and the old policy holds.</summary>
    public static Scenario PolicyTextChangesWithoutId { get; } = PolicyOverTime(
        "RFC 8461 §3.3", "The text of the policy changes, but not the id: nobody is told, and the old policy holds.",
        _ => { },
        Delivered())
        .Then("an hour later, mode none under the old id, another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).PolicyText("version: STSv1\r\nmode: none\r\nmax_age: 604800\r\n");
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            PolicyHolds());

    /// <summary>The max_age passes, and the record is gone: there is no policy any more.</summary>
    public static Scenario PolicyExpires { get; } = PolicyOverTime(
        "RFC 8461 §3.3", "The max_age passes, and the record is gone: there is no policy any more.",
        _ => { },
        Delivered())
        .Then("eight days later, without record, another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromDays(8));
                internet.Domain(Domain).NoRecord();
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            DeliveredUnverified());

    /// <summary>The max_age passes, and the policy is still there.</summary>
    public static Scenario PolicyExpiresAndIsFetchedAgain { get; } = PolicyOverTime(
        "RFC 8461 §3.3", "The max_age passes, and the policy is still there.",
        _ => { },
        Delivered())
        .Then("eight days later, another certificate", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromDays(8));
                internet.MxHost(MxHost).Certificate(c => c.SelfSigned());
            },
            PolicyHolds());

    /// <summary>The first fetch fails; five minutes later the policy host works.</summary>
    public static Scenario PolicyHostComesBack { get; } = PolicyOverTime(
        "RFC 8461 §3.3", "The first fetch fails; five minutes later the policy host works.",
        internet => Unauthenticated(internet).Domain(Domain).PolicyHost.Down(),
        DeliveredUnverified().Reports(FetchError))
        .Then("ten minutes later, the policy host is up", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromMinutes(10));
                internet.Domain(Domain).PolicyHost.Healthy();
            },
            PolicyHolds());

    /// <summary>The policy names the wrong host; the domain mends it and changes the id.</summary>
    public static Scenario PolicyMended { get; } = PolicyOverTime(
        "RFC 8461 §5.1", "The policy names the wrong host; the domain mends it and changes the id.",
        internet => internet.Domain(Domain).Policy(PolicyMode.Enforce, SecondMxHost),
        Refused("4.7.5", ValidationFailure).Forbids(NeverSent.Connection))
        .Then("an hour later, the policy names the MX host", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromHours(1));
                internet.Domain(Domain).Policy(PolicyMode.Enforce, MxHost);
            },
            Delivered());

    private static Scenario PolicyOverTime(string source, string summary, Action<FakeInternet> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Enforced(ScenarioCategory.PolicyOverTime, source, summary, change, expected, name);
}
