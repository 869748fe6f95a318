using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;

namespace MtaSts.Delivery;

/// <summary>The whole line for the recipients of one domain: route, policy, every attempt.</summary>
/// <param name="Domain">The recipients' domain in A-labels, or an address literal in brackets.</param>
/// <param name="Route">Where its mail goes.</param>
/// <param name="Policy">The policy in force, and what went wrong while it was looked for.</param>
/// <param name="Overrides">What this sender has decided about the domain by itself, as far as it counted.</param>
/// <param name="Attempts">Every try, in order.</param>
/// <param name="LookupElapsed">How long route and policy took, side by side.</param>
/// <param name="Elapsed">How long all of it took.</param>
public sealed record DomainDelivery(
    string Domain,
    Route Route,
    PolicyDiscovery Policy,
    IReadOnlyList<DeliveryOverride> Overrides,
    IReadOnlyList<DeliveryAttempt> Attempts,
    TimeSpan LookupElapsed,
    TimeSpan Elapsed);
