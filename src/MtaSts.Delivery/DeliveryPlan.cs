using System.Text.Json;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;

namespace MtaSts.Delivery;

/// <summary>What would happen to mail for one domain, decided by the code that delivers; nothing is sent.</summary>
/// <param name="Domain">The domain in A-labels, or an address literal in brackets.</param>
/// <param name="Route">Where its mail goes.</param>
/// <param name="Policy">The policy in force.</param>
/// <param name="Overrides">What this sender has decided about the domain by itself, as far as it counts now.</param>
/// <param name="Hosts">Each host in order, with what would be asked of it; empty when there is no route.</param>
public sealed record DeliveryPlan(string Domain, Route Route, PolicyDiscovery Policy, IReadOnlyList<DeliveryOverride> Overrides, IReadOnlyList<HostPlan> Hosts)
{
    /// <summary>The plan as JSON, for logs and tools.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ResultJson.Indented.DeliveryPlan);
}
