using System.Net;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery;

/// <summary>What one address showed up to EHLO on the connection that mail would take; no mail was offered.</summary>
/// <param name="Address">The address.</param>
/// <param name="Observation">What it showed about TLS; <see langword="null"/> when it did not come that far.</param>
/// <param name="Verdict">Whether mail would be handed over; <see langword="null"/> when it did not come that far.</param>
/// <param name="Failure">What ended the session, or <see langword="null"/>.</param>
public sealed record HostProbe(IPAddress Address, TlsObservation? Observation, TlsVerdict? Verdict, SessionFailure? Failure)
{
    /// <summary>The TLSA record that authenticates the host; <see langword="null"/> when none was asked for or none matched. RFC 7672 §3.1.</summary>
    public TlsaRecord? AuthenticatedBy { get; init; }

    /// <summary>Why no TLSA record authenticates the host, with what was compared and what it presented, for a person; <see langword="null"/> when one does, or none was asked for.</summary>
    public string? TlsaFault { get; init; }
}
