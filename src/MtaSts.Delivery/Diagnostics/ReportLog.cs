using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Diagnostics;

/// <summary>What is logged about TLS results and reports, with ids from 40 on; see <see cref="Log"/>.</summary>
internal static partial class ReportLog
{
    [LoggerMessage(40, LogLevel.Error, "A TLS result was not counted: its sink failed")]
    public static partial void TlsResultNotTaken(this ILogger logger, Exception exception);

    [LoggerMessage(41, LogLevel.Error, "TLS results were not saved; they are kept and offered to the store again")]
    public static partial void TlsResultsNotSaved(this ILogger logger, Exception exception);

    [LoggerMessage(42, LogLevel.Error, "{Sessions} sessions were not counted for TLS reports: more than {MaxPolicies} policies in a day (Collector.MaxPoliciesPerDay), too much policy text, or too many days at once")]
    public static partial void TlsResultsNotCounted(this ILogger logger, long sessions, int maxPolicies);

    [LoggerMessage(43, LogLevel.Information, "TLS report to {PolicyDomain} for {Day}: {State}: {Detail}")]
    public static partial void TlsReport(this ILogger logger, string policyDomain, DateOnly day, TlsReportState state, string detail);

    [LoggerMessage(44, LogLevel.Error, "The TLS report to {PolicyDomain} failed by a fault of the program or of its store; it is tried again")]
    public static partial void TlsReportFailed(this ILogger logger, Exception exception, string policyDomain);

    [LoggerMessage(45, LogLevel.Error, "TLS reports could not be sent: the store failed; they are tried again")]
    public static partial void TlsReportRunFailed(this ILogger logger, Exception exception);

    [LoggerMessage(46, LogLevel.Error, "The results of {Sessions} sessions are lost to TLS reports: the store did not take them before the end")]
    public static partial void TlsResultsLost(this ILogger logger, long sessions);
}
