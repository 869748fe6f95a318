using MtaSts.Delivery.Findings;

namespace MtaSts.Delivery.Policies;

/// <summary>What a text is worth as a policy, and all that was noticed while it was read. RFC 8461 §3.2.</summary>
/// <param name="Policy">The policy; <see langword="null"/> when the text is none.</param>
/// <param name="Findings">What was noticed, the fault that decided first; at most 100.</param>
public sealed record PolicyReading(StsPolicy? Policy, IReadOnlyList<Finding> Findings)
{
    /// <summary>The fault that makes the text no policy; <see langword="null"/> when it is one.</summary>
    internal Finding? Fault { get; init; }
}
