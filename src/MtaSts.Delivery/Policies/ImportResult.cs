namespace MtaSts.Delivery.Policies;

/// <summary>What came of an import.</summary>
/// <param name="Imported">How many policies were taken over.</param>
/// <param name="LeftOut">How many were left out because the cache has the same or a later fetch, or because they have expired.</param>
/// <param name="Faults">Lines that are no policies, each with its number and what is wrong; the first hundred.</param>
public sealed record ImportResult(int Imported, int LeftOut, IReadOnlyList<string> Faults);
