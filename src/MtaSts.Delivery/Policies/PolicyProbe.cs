using MtaSts.Delivery.Certificates;

namespace MtaSts.Delivery.Policies;

/// <summary>What one policy host showed when it was asked for a policy, whatever record and cache say. RFC 8461 §3.3.</summary>
/// <param name="Reading">What the body is worth; <see langword="null"/> when there was no acceptable answer with one.</param>
/// <param name="Fault">Why the fetch brought no policy; <see langword="null"/> when it brought one.</param>
/// <param name="Certificate">The host's certificate; <see langword="null"/> when it did not come that far.</param>
/// <param name="Elapsed">How long the fetch took.</param>
public sealed record PolicyProbe(PolicyReading? Reading, PolicyFault? Fault, CertificateFindings? Certificate, TimeSpan Elapsed)
{
    /// <summary>The policy, when there is one.</summary>
    public StsPolicy? Policy => Reading?.Policy;
}
