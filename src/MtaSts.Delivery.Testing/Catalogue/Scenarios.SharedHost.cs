using System.Runtime.CompilerServices;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <content>Several domains on one MX host.</content>
public static partial class Scenarios
{
    /// <summary>Two domains share an MX host with a self-signed certificate; one of them has a policy.</summary>
    public static Scenario SharedHostOneDomainEnforces { get; } = SharedHost(
        "RFC 8461 §5", "Two domains share an MX host with a self-signed certificate; one of them has a policy.",
        internet =>
        {
            internet.Domain(Domain).Mx(10, Provider).Policy(PolicyMode.Enforce, Provider);
            internet.Domain(OtherDomain).Mx(10, Provider);
            internet.MxHost(Provider).Certificate(c => c.SelfSigned());
        },
        Pair(OutcomeClass.Deferred, "4.7.5", Protection.None, OutcomeClass.Delivered, "2.0.0", Protection.Encrypted).Reports(NotTrusted));

    /// <summary>Two domains share an MX host with an expired certificate; one enforces its policy, the other tests it.</summary>
    public static Scenario SharedHostDifferentModes { get; } = SharedHost(
        "RFC 8461 §5", "Two domains share an MX host with an expired certificate; one enforces its policy, the other tests it.",
        internet =>
        {
            internet.Domain(Domain).Mx(10, Provider).Policy(PolicyMode.Enforce, Provider);
            internet.Domain(OtherDomain).Mx(10, Provider).Policy(PolicyMode.Testing, Provider);
            internet.MxHost(Provider).Certificate(c => c.Expired());
        },
        Pair(OutcomeClass.Deferred, "4.7.5", Protection.None, OutcomeClass.Delivered, "2.0.0", Protection.Encrypted).Reports(Expired));

    /// <summary>Two domains share a good MX host, and only one of their policies names it.</summary>
    public static Scenario SharedHostNamedByOnePolicy { get; } = SharedHost(
        "RFC 8461 §4.1", "Two domains share a good MX host, and only one of their policies names it.",
        internet =>
        {
            internet.Domain(Domain).Mx(10, Provider).Policy(PolicyMode.Enforce, "*.example.test");
            internet.Domain(OtherDomain).Mx(10, Provider).Policy(PolicyMode.Enforce, Provider);
        },
        Pair(OutcomeClass.Deferred, "4.7.5", Protection.None, OutcomeClass.Delivered, "2.0.0", Protection.Verified).Reports(ValidationFailure));

    /// <summary>Two domains share an MX host without STARTTLS; one of them has a policy.</summary>
    public static Scenario SharedHostWithoutTls { get; } = SharedHost(
        "RFC 8461 §5", "Two domains share an MX host without STARTTLS; one of them has a policy.",
        internet =>
        {
            internet.Domain(Domain).Mx(10, Provider).Policy(PolicyMode.Enforce, Provider);
            internet.Domain(OtherDomain).Mx(10, Provider);
            internet.MxHost(Provider).NoStartTls();
        },
        Pair(OutcomeClass.Deferred, "4.7.4", Protection.None, OutcomeClass.Delivered, "2.0.0", Protection.None).Reports(NoStartTls));

    /// <summary>Two domains with policies share a good MX host.</summary>
    public static Scenario SharedHostGood { get; } = SharedHost(
        "RFC 8461 §5", "Two domains with policies share a good MX host.",
        internet =>
        {
            internet.Domain(Domain).Mx(10, Provider).Policy(PolicyMode.Enforce, Provider);
            internet.Domain(OtherDomain).Mx(10, Provider).Policy(PolicyMode.Enforce, "*.provider.test");
        },
        Pair(OutcomeClass.Delivered, "2.0.0", Protection.Verified, OutcomeClass.Delivered, "2.0.0", Protection.Verified));

    private const string OtherDomain = "other.test";
    private const string Provider = "mx.provider.test";

    private static Scenario SharedHost(string source, string summary, Action<FakeInternet> arrange, ScenarioStep expected, [CallerMemberName] string name = "") =>
        New(ScenarioCategory.SharedHost, source, summary, arrange, expected, name);

    private static ScenarioStep Pair(OutcomeClass first, string firstStatus, Protection firstProtection, OutcomeClass second, string secondStatus, Protection secondProtection)
    {
        var step = new ScenarioStep(
            new ExpectedOutcome(Recipient, first, firstStatus) { Protection = firstProtection, MxHost = first == OutcomeClass.Delivered ? Provider : null },
            new ExpectedOutcome($"john@{OtherDomain}", second, secondStatus) { Protection = secondProtection, MxHost = second == OutcomeClass.Delivered ? Provider : null });
        step = first == OutcomeClass.Delivered ? step : step.Forbids(NeverSent.Mail, recipient: Recipient);
        return secondProtection == Protection.None ? step : step.Forbids(NeverSent.MailInClear);
    }
}
