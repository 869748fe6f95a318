namespace MtaSts.Delivery.Policies;

/// <summary>What was decided about a domain, ready to be given again for a while.</summary>
/// <param name="discovery">The decision.</param>
/// <param name="entry">The entry that the policy comes from, so that its use is noted; <see langword="null"/> without a policy.</param>
/// <param name="from">The moment of the decision: before it, the clock has jumped and nothing is certain.</param>
/// <param name="until">The last moment of the DNS answer, the policy, or the silence after a failed fetch, whichever comes first.</param>
internal sealed class Decision(PolicyDiscovery discovery, PolicyEntry? entry, DateTimeOffset from, DateTimeOffset until)
{
    private readonly long _from = from.UtcTicks;
    private readonly long _until = until.UtcTicks;

    public PolicyDiscovery Discovery => discovery;

    public PolicyEntry? Entry => entry;

    public bool HoldsAt(DateTimeOffset now) => now.UtcTicks >= _from && now.UtcTicks <= _until;
}
