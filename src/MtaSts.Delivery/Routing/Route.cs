using System.Text.Json.Serialization;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Routing;

/// <summary>Where mail for one domain can go. RFC 5321 §5.1.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ToHosts), "toHosts")]
[JsonDerivedType(typeof(NoMail), "noMail")]
[JsonDerivedType(typeof(Unavailable), "unavailable")]
public abstract record Route
{
    private Route()
    {
    }

    /// <summary>To these hosts, in this order.</summary>
    /// <param name="Candidates">At least one; ascending preference, equals shuffled.</param>
    /// <param name="Origin">Where the hosts come from.</param>
    /// <param name="Ignored">MX records that were left out, each with the reason.</param>
    public sealed record ToHosts(IReadOnlyList<MxCandidate> Candidates, RouteOrigin Origin, IReadOnlyList<string> Ignored) : Route
    {
        /// <summary>Whether DNSSEC vouches for the MX records, or for there being none; an operator's own smart host needs no such word.</summary>
        internal bool IsAuthenticated { get; init; }

        /// <summary>The domain whose MX records were looked up, or the smart host; <see langword="null"/> for an address literal.</summary>
        internal DomainName? NextHop { get; init; }

        /// <summary>The name that the next hop is an alias of, or itself, where DNSSEC vouches for that.</summary>
        internal DomainName? ExpandedNextHop { get; init; }
    }

    /// <summary>Nowhere: the domain takes no mail, and trying again will not help.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Detail">What was seen, for a person.</param>
    public sealed record NoMail(NoMailReason Reason, string Detail) : Route;

    /// <summary>Not known now: DNS did not answer.</summary>
    /// <param name="Detail">What was seen, for a person.</param>
    public sealed record Unavailable(string Detail) : Route;
}
