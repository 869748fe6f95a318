using System.Net;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery;

/// <summary>What one address showed up to EHLO on the connection that mail would take; no mail was offered.</summary>
/// <param name="Address">The address.</param>
/// <param name="Observation">What it showed about TLS; <see langword="null"/> when it did not come that far.</param>
/// <param name="Verdict">Whether mail would be handed over; <see langword="null"/> when it did not come that far.</param>
/// <param name="Failure">What ended the session, or <see langword="null"/>.</param>
public sealed record HostProbe(IPAddress Address, TlsObservation? Observation, TlsVerdict? Verdict, SessionFailure? Failure);
