using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery;

/// <summary>What a sender's own overrides make of a domain's policy. PROTOCOL STS-135.</summary>
internal static class OverrideRules
{
    /// <summary>Those that count now: where DANE is off there are no TLSA records to ignore.</summary>
    public static DeliveryOverride[] Current(IEnumerable<DeliveryOverride> overrides, bool isDaneOn, DateTimeOffset now) =>
        [.. overrides.Where(one => (one.Until is null || now <= one.Until) && (isDaneOn || one is not DeliveryOverride.IgnoreDane))];

    /// <summary>The policy that mail goes by.</summary>
    public static StsPolicy? PolicyFor(PolicyDiscovery discovery, IReadOnlyList<DeliveryOverride> overrides) =>
        overrides.Count > 0 && overrides.OfType<DeliveryOverride.IgnorePolicy>().Any() ? null : discovery.Policy;

    /// <summary>What is demanded beyond the policy: of several demands the strongest.</summary>
    public static TlsDemand? DemandFor(IReadOnlyList<DeliveryOverride> overrides) =>
        overrides.Count == 0 ? null : overrides.OfType<DeliveryOverride.RequireTls>().Select(one => (TlsDemand?)one.Demand).Max();

    /// <summary>Whether mail is held to TLSA records, and whether it must be; <see langword="null"/> when they are ignored.</summary>
    public static bool? IsDaneRequired(IReadOnlyList<DeliveryOverride> overrides) =>
        overrides.Count == 0 ? false : overrides.OfType<DeliveryOverride.IgnoreDane>().Any() ? null : overrides.OfType<DeliveryOverride.RequireDane>().Any();

    /// <summary>Why no host is to be tried at all; <see langword="null"/> when mail may go.</summary>
    public static (FailureCode Code, string Detail)? Forbids(PolicyDiscovery discovery, IReadOnlyList<DeliveryOverride> overrides, bool deferWhenUnknown)
    {
        if (overrides.Count > 0 && overrides.OfType<DeliveryOverride.RequirePolicy>().FirstOrDefault() is { } required && discovery.Mode != PolicyMode.Enforce)
        {
            string found = discovery.Policy is null ? "no policy is in force" : $"the policy is in mode {OutcomeText.Name(discovery.Mode)}";
            return (FailureCode.PolicyRequired, $"this sender requires a policy in mode enforce for {required.PolicyDomain}, and {found}{(discovery.Fault is { } fault ? ": " + fault.Detail : "")}");
        }

        return deferWhenUnknown && !overrides.OfType<DeliveryOverride.IgnorePolicy>().Any() && discovery is { InForce: null, Fault: { Kind: PolicyFaultKind.RecordUnavailable } unknown }
            ? (FailureCode.PolicyUnknown, $"the look-up of the MTA-STS record of {discovery.PolicyDomain} failed: {unknown.Detail}")
            : null;
    }

    /// <summary>An outcome whose explanation names the overrides that had a part in it.</summary>
    public static RecipientOutcome Explain(RecipientOutcome outcome, IReadOnlyList<DeliveryOverride> overrides) => overrides.Count == 0
        ? outcome
        : outcome with { Explanation = $"{outcome.Explanation} By this sender's own rule: {string.Join("; ", overrides.Select(one => one.Describe()))}." };
}
