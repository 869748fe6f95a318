namespace MtaSts.Delivery.Reporting;

/// <summary>One way in which a received report differs from RFC 8460.</summary>
/// <param name="Kind">Which; its name is stable.</param>
/// <param name="Path">Where, for example <c>policies[0].policy.mx-host</c>.</param>
/// <param name="Detail">What is wrong, for a person.</param>
public sealed record TlsReportDeviation(TlsReportDeviationKind Kind, string Path, string Detail);
