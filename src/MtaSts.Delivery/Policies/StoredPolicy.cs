using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>A policy as a store keeps it: plain fields, replaced only as a whole.</summary>
/// <param name="Domain">The policy domain.</param>
/// <param name="Id">The id that DNS showed before the fetch: 1 to 32 letters and digits. RFC 8461 §8.1.</param>
/// <param name="Text">The policy's octets as they were fetched, at most 1 MiB.</param>
/// <param name="FetchedAt">When its last successful fetch ended, from which <c>max_age</c> counts. RFC 8461 §3.2.</param>
/// <param name="LastUsedAt">When mail last asked for it, to a day or so; decides whether it is refreshed.</param>
/// <param name="IsPinned">Whether an operator wants it kept fresh though no mail asks for it.</param>
public sealed record StoredPolicy(DomainName Domain, string Id, ReadOnlyMemory<byte> Text, DateTimeOffset FetchedAt, DateTimeOffset LastUsedAt, bool IsPinned)
{
    /// <summary>Two are equal when all fields and every octet of the text are.</summary>
    public bool Equals(StoredPolicy? other) =>
        other is not null && Domain == other.Domain && string.Equals(Id, other.Id, StringComparison.Ordinal) && Text.Span.SequenceEqual(other.Text.Span)
        && FetchedAt == other.FetchedAt && LastUsedAt == other.LastUsedAt && IsPinned == other.IsPinned;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Domain, Id, FetchedAt);
}
