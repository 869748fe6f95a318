namespace MtaSts.Delivery.Policies;

/// <summary>A policy that was fetched, with what is needed to know how long it holds.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Id">The id that DNS showed before the fetch. RFC 8461 §8.1.</param>
/// <param name="FetchedAt">When its last successful fetch ended.</param>
public sealed record CachedPolicy(StsPolicy Policy, string Id, DateTimeOffset FetchedAt)
{
    /// <summary>The last moment at which the policy holds. RFC 8461 §3.2.</summary>
    public DateTimeOffset ExpiresAt => FetchedAt + Policy.MaxAge;

    /// <summary>Whether the policy still holds: its age has not exceeded max_age. RFC 8461 §3.2.</summary>
    /// <remarks>A policy whose max_age is zero governs only the attempt that fetched it.</remarks>
    public bool HoldsAt(DateTimeOffset now) => now <= ExpiresAt && Policy.MaxAge > TimeSpan.Zero;
}
