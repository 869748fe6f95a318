namespace MtaSts.Delivery.Policies;

/// <summary>What is to be done about a domain's policy, given what is known.</summary>
internal abstract record DiscoveryStep
{
    private DiscoveryStep()
    {
    }

    /// <summary>The cached policy is in force; beside it may stand what went wrong.</summary>
    public sealed record UseCached(CachedPolicy Cached, PolicyFault? Fault) : DiscoveryStep;

    /// <summary>The policy is to be fetched; if that fails, the cached one stays in force.</summary>
    public sealed record Fetch(string Id, CachedPolicy? Fallback) : DiscoveryStep;

    /// <summary>No policy is in force.</summary>
    public sealed record NoPolicy(PolicyFault? Fault) : DiscoveryStep;
}
