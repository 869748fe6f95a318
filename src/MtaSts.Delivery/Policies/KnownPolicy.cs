using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>A policy in the cache, as an operator sees it.</summary>
/// <param name="Domain">The policy domain.</param>
/// <param name="Policy">The policy with its id and age.</param>
/// <param name="LastUsedAt">When mail last asked for it, to a day or so.</param>
/// <param name="RefreshAt">When it is looked at next, to be fetched again or left to expire; <see langword="null"/> when nothing refreshes.</param>
/// <param name="IsPinned">Whether it is kept fresh though no mail asks for it.</param>
public sealed record KnownPolicy(DomainName Domain, CachedPolicy Policy, DateTimeOffset LastUsedAt, DateTimeOffset? RefreshAt, bool IsPinned);
