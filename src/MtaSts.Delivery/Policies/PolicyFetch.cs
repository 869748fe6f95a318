namespace MtaSts.Delivery.Policies;

/// <summary>What came of one policy fetch.</summary>
internal abstract record PolicyFetch
{
    private PolicyFetch()
    {
    }

    /// <summary>A valid policy.</summary>
    public sealed record Fetched(StsPolicy Policy) : PolicyFetch;

    /// <summary>No policy, and why.</summary>
    public sealed record Failed(PolicyFault Fault) : PolicyFetch;
}
