namespace MtaSts.Delivery.Policies;

/// <summary>Which policy is in force. RFC 8461 §3.3, §5.1.</summary>
internal static class DiscoveryRules
{
    /// <summary>The next step.</summary>
    /// <remarks>Whatever DNS says, a cached policy holds until its max_age is over (RFC 8461 §3.3, §5.1): otherwise one forged answer
    /// would be enough to take a domain's protection away.</remarks>
    /// <param name="cached">The policy in the cache, if any, expired or not.</param>
    /// <param name="lookup">What DNS says now.</param>
    /// <param name="failed">The last failed fetch, if it is remembered.</param>
    /// <param name="now">The moment of the decision.</param>
    public static DiscoveryStep Next(CachedPolicy? cached, RecordLookup lookup, FailedFetch? failed, DateTimeOffset now)
    {
        CachedPolicy? holding = cached is not null && cached.HoldsAt(now) ? cached : null;
        if (lookup is not RecordLookup.Found { Record.Id: var id })
        {
            return Keep(holding, FaultOf(lookup));
        }

        if (holding?.Id == id)
        {
            return new DiscoveryStep.UseCached(holding, null);
        }

        // Five minutes' silence after a failure, for this id only: a new one is worth a try at once.
        return failed is not null && failed.Id == id && now < failed.RetryAt
            ? Keep(holding, failed.Fault)
            : new DiscoveryStep.Fetch(id, holding);
    }

    private static DiscoveryStep Keep(CachedPolicy? holding, PolicyFault? fault) =>
        holding is null ? new DiscoveryStep.NoPolicy(fault) : new DiscoveryStep.UseCached(holding, fault);

    private static PolicyFault? FaultOf(RecordLookup lookup) => lookup switch
    {
        RecordLookup.Invalid invalid => new PolicyFault(PolicyFaultKind.RecordInvalid, invalid.Fault, invalid.Code),
        RecordLookup.Unavailable unavailable => new PolicyFault(PolicyFaultKind.RecordUnavailable, unavailable.Reason, "record.dns-failure"),
        _ => null,
    };
}
