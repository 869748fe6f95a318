using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Diagnostics;

/// <summary>What is logged, with stable ids; never message content, never a whole address above Debug.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Policy of {PolicyDomain} fetched: mode {Mode}, id {Id}")]
    public static partial void PolicyFetched(this ILogger logger, string policyDomain, PolicyMode mode, string id);

    [LoggerMessage(2, LogLevel.Warning, "Policy of {PolicyDomain} could not be fetched: {Fault}: {Detail}")]
    public static partial void PolicyFetchFailed(this ILogger logger, string policyDomain, PolicyFaultKind fault, string detail);

    [LoggerMessage(3, LogLevel.Warning, "{MxHost} was refused for mail to {Domain}: {Failure}: {Detail}")]
    public static partial void HostRefused(this ILogger logger, string mxHost, string domain, FailureCode failure, string detail);

    [LoggerMessage(4, LogLevel.Warning, "{MxHost} would be refused for mail to {Domain} if its policy were in mode enforce: {Failures}")]
    public static partial void HostWouldBeRefused(this ILogger logger, string mxHost, string domain, string failures);

    [LoggerMessage(5, LogLevel.Debug, "{Recipient}: {Outcome} {Status}: {Explanation}")]
    public static partial void Outcome(this ILogger logger, string recipient, string outcome, string status, string explanation);

    [LoggerMessage(6, LogLevel.Error, "Delivery to {Domain} failed by a fault of the program; its mail is deferred")]
    public static partial void InternalError(this ILogger logger, Exception exception, string domain);

    [LoggerMessage(7, LogLevel.Warning, "No EhloName is set and the system has no fully qualified name: EHLO will give an address literal, which many servers distrust")]
    public static partial void NoEhloName(this ILogger logger);
}
