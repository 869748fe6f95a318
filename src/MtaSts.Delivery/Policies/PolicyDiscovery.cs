using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>The policy in force for a domain, how it was found, and what went wrong on the way. RFC 8461 §3.</summary>
/// <param name="PolicyDomain">The domain that was asked about: the recipient's or the smart host's; <see langword="null"/> for an address literal. RFC 8461 §3.4.</param>
/// <param name="Source">Where the policy comes from.</param>
/// <param name="InForce">The policy with its id and age, or <see langword="null"/> when none is in force.</param>
/// <param name="Record">What <c>_mta-sts</c> said.</param>
/// <param name="Fault">What went wrong, or <see langword="null"/>; it never weakens the policy in force.</param>
public sealed record PolicyDiscovery(DomainName? PolicyDomain, PolicySource Source, CachedPolicy? InForce, RecordLookup Record, PolicyFault? Fault)
{
    /// <summary>The policy in force, or <see langword="null"/>.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public StsPolicy? Policy => InForce?.Policy;

    /// <summary>The mode in force; <see cref="PolicyMode.None"/> also when there is no policy.</summary>
    public PolicyMode Mode => Policy?.Mode ?? PolicyMode.None;

    /// <summary>No policy can apply: an address literal, or a name too long for the record's. RFC 8461 §3.4.</summary>
    internal static PolicyDiscovery NotApplicable(DomainName? domain) => new(domain, PolicySource.None, null, new RecordLookup.NotApplicable(), null);
}
