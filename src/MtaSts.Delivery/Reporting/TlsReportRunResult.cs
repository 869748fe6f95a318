namespace MtaSts.Delivery.Reporting;

/// <summary>What one run did.</summary>
/// <param name="Sent">Reports that a target took.</param>
/// <param name="NotWanted">Domains that want no report.</param>
/// <param name="Failed">Reports that nobody took this time; they are tried again.</param>
/// <param name="GivenUp">Reports that nobody took in time.</param>
/// <param name="NextRun">When the next report is due; <see langword="null"/> when none waits.</param>
public sealed record TlsReportRunResult(int Sent, int NotWanted, int Failed, int GivenUp, DateTimeOffset? NextRun);
