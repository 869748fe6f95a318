using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>The report to one domain on one day, and how far it has come.</summary>
/// <remarks>What a report says never changes once it was tried: what is counted for its day later goes into a further report, with an id of its own.</remarks>
/// <param name="Day">The UTC day.</param>
/// <param name="Domain">The policy domain.</param>
/// <param name="Part">0 for the day's report, 1, 2, … for those of what was counted after the one before was first tried.</param>
/// <param name="Version">How often it was saved; 0 for one that never was.</param>
/// <param name="State">How far it has come.</param>
/// <param name="ReportId">The report's id, which stays the same however often it is sent; <see langword="null"/> before the first look.</param>
/// <param name="NextAttempt">Not before this moment.</param>
/// <param name="FirstAttempt">When it was first tried; <see langword="null"/> before.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Detail">What came of the last try, for a person.</param>
public sealed record TlsReportJob(
    DateOnly Day, DomainName Domain, int Part, int Version, TlsReportState State, string? ReportId, DateTimeOffset NextAttempt, DateTimeOffset? FirstAttempt, int Attempts, string Detail);
