using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>Something about a domain's policy that an operator may want to know. RFC 8461 §10.</summary>
/// <param name="PolicyDomain">The domain.</param>
public abstract record PolicyEvent(DomainName PolicyDomain)
{
    /// <summary>The event in one sentence, for people.</summary>
    public sealed override string ToString() => PolicyDomain + ": " + this switch
    {
        FirstSeen { Policy.Policy.Mode: var mode } => $"first policy, mode {Name(mode)}",
        Changed { Before.Policy.Mode: var before, Policy.Policy.Mode: var mode, Weaker: var weaker } =>
            $"the policy changed from mode {Name(before)} to {Name(mode)}{(weaker == PolicyWeakness.None ? "" : $" and protects less ({weaker})")}",
        RefreshFailing { Policy.Policy.Mode: var mode, TimeLeft: var left, Fault: var fault } =>
            FormattableString.Invariant($"the policy, mode {Name(mode)}, cannot be refreshed and holds for {left.TotalHours:0.#} h yet: {fault.Detail}"),
        CoversNoMxHost { Policy.Policy.Mode: var mode, MxHosts: var hosts } => $"the policy, mode {Name(mode)}, covers none of the MX hosts {string.Join(", ", hosts)}",
        NotKept => "the policy was used but not kept: the cache is full",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Name(PolicyMode mode) => mode.ToString().ToLowerInvariant();

    /// <summary>A policy was fetched, and is kept, for a domain that had none in the cache.</summary>
    /// <param name="PolicyDomain">The domain.</param>
    /// <param name="Policy">Its policy.</param>
    public sealed record FirstSeen(DomainName PolicyDomain, CachedPolicy Policy) : PolicyEvent(PolicyDomain);

    /// <summary>Another policy took the place of the cached one.</summary>
    /// <param name="PolicyDomain">The domain.</param>
    /// <param name="Before">The policy until now.</param>
    /// <param name="Policy">The policy from now on.</param>
    /// <param name="Weaker">In what it protects less; <see cref="PolicyWeakness.None"/> when it does not.</param>
    public sealed record Changed(DomainName PolicyDomain, CachedPolicy Before, CachedPolicy Policy, PolicyWeakness Weaker) : PolicyEvent(PolicyDomain);

    /// <summary>A policy that is in use cannot be refreshed; it holds for a while yet. RFC 8461 §3.3, §10.2.</summary>
    /// <param name="PolicyDomain">The domain.</param>
    /// <param name="Policy">The policy that holds.</param>
    /// <param name="Fault">What went wrong.</param>
    /// <param name="TimeLeft">How long it holds yet.</param>
    /// <remarks>Not raised in mode none, where nothing can be lost.</remarks>
    public sealed record RefreshFailing(DomainName PolicyDomain, CachedPolicy Policy, PolicyFault Fault, TimeSpan TimeLeft) : PolicyEvent(PolicyDomain);

    /// <summary>None of a domain's MX hosts is in its policy: in mode enforce it gets no mail.</summary>
    /// <param name="PolicyDomain">The domain.</param>
    /// <param name="Policy">Its policy.</param>
    /// <param name="MxHosts">The hosts of its MX records.</param>
    public sealed record CoversNoMxHost(DomainName PolicyDomain, CachedPolicy Policy, IReadOnlyList<DomainName> MxHosts) : PolicyEvent(PolicyDomain);

    /// <summary>A policy was used but could not be kept: <see cref="PolicyOptions.MaxCachedPolicies"/> or <see cref="PolicyOptions.MaxCachedPolicySize"/> is reached.</summary>
    /// <param name="PolicyDomain">The domain.</param>
    /// <param name="Policy">Its policy, which the next delivery has to fetch again.</param>
    public sealed record NotKept(DomainName PolicyDomain, CachedPolicy Policy) : PolicyEvent(PolicyDomain);
}
