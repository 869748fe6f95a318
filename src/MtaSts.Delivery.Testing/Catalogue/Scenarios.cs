using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <summary>The catalogue of scenarios: everything that can be wrong between a sender and its recipient, by name.</summary>
/// <remarks>
/// The sender is <see cref="Sender"/>, the recipient <see cref="Recipient"/>, and the domain's MX host <see cref="MxHost"/>. Unless a
/// scenario says otherwise, everything else is in good order and the policy is in mode enforce and names that host.
/// </remarks>
public static partial class Scenarios
{
    /// <summary>The reverse-path of each delivery.</summary>
    public const string Sender = "noreply@sender.example";

    /// <summary>The domain that mail goes to.</summary>
    public const string Domain = "example.test";

    /// <summary>The recipient, where there is one.</summary>
    public const string Recipient = "jane@example.test";

    /// <summary>The preferred MX host of <see cref="Domain"/>.</summary>
    public const string MxHost = "mx1.example.test";

    /// <summary>The second MX host of <see cref="Domain"/>, where there is one.</summary>
    public const string SecondMxHost = "mx2.example.test";

    private const string RecordName = $"_mta-sts.{Domain}";
    private const string FetchError = "sts-policy-fetch-error";
    private const string FetchCertificate = "sts-webpki-invalid";
    private const string PolicyInvalid = "sts-policy-invalid";
    private const string NoStartTls = "starttls-not-supported";
    private const string ValidationFailure = "validation-failure";
    private const string HostMismatch = "certificate-host-mismatch";
    private const string Expired = "certificate-expired";
    private const string NotTrusted = "certificate-not-trusted";

    /// <summary>All scenarios, by category and in the order of the catalogue.</summary>
    public static IReadOnlyList<Scenario> All => field ??= [.. Listed.Scenarios.OrderBy(scenario => scenario.Category)];

    /// <summary>The scenario of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message names some that are like it.</exception>
    public static Scenario Find(string name) =>
        All.FirstOrDefault(scenario => scenario.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"There is no scenario '{name}'. docs/scenarios.md lists them; some begin alike: {string.Join(", ", Alike(name))}.", nameof(name));

    private static IEnumerable<string> Alike(string name) =>
        All.Select(scenario => scenario.Name)
            .OrderByDescending(known => known.Zip(name).TakeWhile(pair => char.ToUpperInvariant(pair.First) == char.ToUpperInvariant(pair.Second)).Count())
            .Take(3);

    /// <summary>A scenario that starts from the good domain.</summary>
    private static Scenario Enforced(ScenarioCategory category, string source, string summary, Action<FakeInternet> change, ScenarioStep expected, string name) =>
        New(category, source, summary, internet => change(Good(internet)), expected, name);

    /// <summary>A scenario whose MX host has a certificate that only an enforced policy objects to, so that it shows whether the policy holds.</summary>
    private static Scenario Revealing(ScenarioCategory category, string source, string summary, Action<FakeDomain> change, ScenarioStep expected, string name) =>
        New(category, source, summary, internet => change(Good(Unauthenticated(internet)).Domain(Domain)), expected, name);

    private static Scenario New(ScenarioCategory category, string source, string summary, Action<FakeInternet> arrange, ScenarioStep expected, string name)
    {
        var scenario = new Scenario(name, category, source, summary, [expected.Arranged("", arrange)]);
        Listed.Add(scenario);
        return scenario;
    }

    private static FakeInternet Good(FakeInternet internet)
    {
        internet.Domain(Domain).Mx(10, MxHost).Policy(PolicyMode.Enforce, MxHost);
        return internet;
    }

    private static FakeInternet GoodWithTwoHosts(FakeInternet internet)
    {
        internet.Domain(Domain).Mx(10, MxHost).Mx(20, SecondMxHost).Policy(PolicyMode.Enforce, MxHost, SecondMxHost);
        return internet;
    }

    private static FakeInternet Unauthenticated(FakeInternet internet)
    {
        internet.MxHost(MxHost).Certificate(certificate => certificate.SelfSigned());
        return internet;
    }

    private static ScenarioStep Delivered(string? host = MxHost, Protection protection = Protection.Verified, string status = "2.0.0")
    {
        var step = new ScenarioStep(new ExpectedOutcome(Recipient, OutcomeClass.Delivered, status) { MxHost = host, Protection = protection });
        return protection == Protection.None ? step : step.Forbids(NeverSent.MailInClear);
    }

    /// <summary>Delivered as to a domain without policy, to a host that no policy would let through.</summary>
    private static ScenarioStep DeliveredUnverified() => Delivered(protection: Protection.Encrypted);

    private static ScenarioStep Deferred(string status) =>
        new ScenarioStep(new ExpectedOutcome(Recipient, OutcomeClass.Deferred, status)).Forbids(NeverSent.MailInClear);

    private static ScenarioStep Failed(string status) =>
        new ScenarioStep(new ExpectedOutcome(Recipient, OutcomeClass.Failed, status)).Forbids(NeverSent.MailInClear);

    /// <summary>Refused by policy: deferred, and not a word about the mail.</summary>
    private static ScenarioStep Refused(string status, string resultType) =>
        new ScenarioStep(new ExpectedOutcome(Recipient, OutcomeClass.Deferred, status)).Reports(resultType).Forbids(NeverSent.Mail);

    /// <summary>Refused because the policy holds and the host's certificate is self-signed.</summary>
    private static ScenarioStep PolicyHolds(params string[] resultTypes) => Refused("4.7.5", NotTrusted).Reports([NotTrusted, .. resultTypes]);

    /// <summary>Filled while the properties are; a class of its own, so that it is there before the first of them.</summary>
    private static class Listed
    {
        private static ImmutableList<Scenario> _scenarios = [];

        public static IReadOnlyList<Scenario> Scenarios => _scenarios;

        public static void Add(Scenario scenario) => _scenarios = _scenarios.Add(scenario);
    }
}
