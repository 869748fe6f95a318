using MtaSts.Delivery.Outcomes;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>What a try, or the decision to make none, came to.</summary>
/// <param name="Outcomes">By recipient, in the order of the lease; <see langword="null"/> for a recipient that was not tried.</param>
/// <param name="IsLast">Whether those that are deferred are given up.</param>
internal sealed record TryResult(IReadOnlyList<RecipientOutcome?> Outcomes, bool IsLast);
