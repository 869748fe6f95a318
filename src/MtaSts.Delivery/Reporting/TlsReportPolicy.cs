namespace MtaSts.Delivery.Reporting;

/// <summary>The sessions that one policy was applied to. RFC 8460 §4.4.</summary>
/// <param name="PolicyType"><c>sts</c>, <c>tlsa</c> or <c>no-policy-found</c>; in a received report perhaps something else.</param>
/// <param name="PolicyString">The lines of the MTA-STS policy, or the TLSA records; empty without a policy.</param>
/// <param name="PolicyDomain">The domain of the policy, in A-labels.</param>
/// <param name="MxHosts">The policy's <c>mx</c> patterns; empty unless the type is <c>sts</c>.</param>
/// <param name="SuccessfulSessions">How many sessions met the policy.</param>
/// <param name="FailedSessions">How many did not, delivered or not.</param>
/// <param name="FailureDetails">What failed. One session may stand behind several of these.</param>
public sealed record TlsReportPolicy(
    string? PolicyType,
    IReadOnlyList<string> PolicyString,
    string? PolicyDomain,
    IReadOnlyList<string> MxHosts,
    long? SuccessfulSessions,
    long? FailedSessions,
    IReadOnlyList<TlsReportFailure> FailureDetails);
