using System.Net;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery;

/// <summary>What would be asked of one host.</summary>
/// <param name="Candidate">The host.</param>
/// <param name="PermittedBy">The policy's pattern that names it; <see langword="null"/> when none does or there is no policy.</param>
/// <param name="Requirement">What must hold before mail is handed over.</param>
/// <param name="Addresses">Its addresses in the order to try them; empty when it has none or DNS did not answer.</param>
/// <param name="AddressFault">Why there are no addresses, for a person; otherwise empty.</param>
/// <param name="Probes">What each address showed, when the plan was made with a probe.</param>
public sealed record HostPlan(
    MxCandidate Candidate, MxPattern? PermittedBy, TlsRequirement Requirement, IReadOnlyList<IPAddress> Addresses, string AddressFault, IReadOnlyList<HostProbe> Probes)
{
    /// <summary>Why DANE does not apply to the host, for a person; <see langword="null"/> when it does, or is off.</summary>
    public string? WithoutDane { get; init; }

    /// <summary>What there is of sessions with the host already, who waits for one, and which addresses are left alone for a while.</summary>
    public HostSessions? Sessions { get; init; }
}
