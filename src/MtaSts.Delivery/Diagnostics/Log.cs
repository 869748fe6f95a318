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

    [LoggerMessage(8, LogLevel.Information, "The store has been read: {Count} policies are known, {New} of them from this reading")]
    public static partial void PoliciesLoaded(this ILogger logger, int count, int @new);

    [LoggerMessage(9, LogLevel.Error, "The policy store cannot be used: {Reason} Mail goes on with the policies in memory; the store is tried again")]
    public static partial void PolicyStoreDown(this ILogger logger, Exception? exception, string reason);

    [LoggerMessage(10, LogLevel.Warning, "The policy store can be used again, and has been told what it missed")]
    public static partial void PolicyStoreBack(this ILogger logger);

    [LoggerMessage(11, LogLevel.Error, "{Count} policies were not written to the store before the end")]
    public static partial void PoliciesUnsaved(this ILogger logger, int count);

    [LoggerMessage(12, LogLevel.Warning, "The stored policy of {PolicyDomain} cannot be read and is left out")]
    public static partial void StoredPolicyUnreadable(this ILogger logger, string policyDomain);

    [LoggerMessage(13, LogLevel.Warning, "The policy of {PolicyDomain} was removed from the cache by hand")]
    public static partial void PolicyRemoved(this ILogger logger, string policyDomain);

    [LoggerMessage(14, LogLevel.Warning, "The clock jumped by {Jump}; the moments of all refreshes are worked out anew")]
    public static partial void ClockJumped(this ILogger logger, TimeSpan jump);

    [LoggerMessage(15, LogLevel.Error, "The refresh of the policy of {PolicyDomain} failed by a fault of the program")]
    public static partial void RefreshFailed(this ILogger logger, Exception exception, string policyDomain);

    [LoggerMessage(16, LogLevel.Error, "The listener to policy events failed at {Event}")]
    public static partial void ListenerFailed(this ILogger logger, Exception exception, string @event);

    [LoggerMessage(17, LogLevel.Information, "First policy of {PolicyDomain}: mode {Mode}")]
    private static partial void FirstSeen(ILogger logger, string policyDomain, PolicyMode mode);

    [LoggerMessage(18, LogLevel.Information, "The policy of {PolicyDomain} changed: mode {Mode}, before {Before}")]
    private static partial void Changed(ILogger logger, string policyDomain, PolicyMode mode, PolicyMode before);

    [LoggerMessage(19, LogLevel.Warning, "The policy of {PolicyDomain} protects less than before ({Weaker}): mode {Mode}, before {Before}")]
    private static partial void Weakened(ILogger logger, string policyDomain, PolicyWeakness weaker, PolicyMode mode, PolicyMode before);

    [LoggerMessage(20, LogLevel.Warning, "The policy of {PolicyDomain} (mode {Mode}) cannot be refreshed and holds for {TimeLeft} yet: {Fault}: {Detail}")]
    private static partial void RefreshFailing(ILogger logger, string policyDomain, PolicyMode mode, TimeSpan timeLeft, PolicyFaultKind fault, string detail);

    [LoggerMessage(21, LogLevel.Warning, "The policy of {PolicyDomain} (mode {Mode}) covers none of its MX hosts")]
    private static partial void CoversNoMxHost(ILogger logger, string policyDomain, PolicyMode mode);

    [LoggerMessage(22, LogLevel.Warning, "The policy of {PolicyDomain} is used but not kept: the cache is full")]
    private static partial void NotKept(ILogger logger, string policyDomain);

    [LoggerMessage(23, LogLevel.Warning, "Mail to {PolicyDomain} goes by an override of this sender: {Override}")]
    public static partial void OverrideApplied(this ILogger logger, string policyDomain, string @override);

    [LoggerMessage(24, LogLevel.Warning, "{File}, line {Line}: no domain name; the line is passed over")]
    public static partial void NoDomainName(this ILogger logger, string file, int line);

    [LoggerMessage(25, LogLevel.Error, "The preload file {File} cannot be read")]
    public static partial void PreloadFailed(this ILogger logger, Exception exception, string file);

    /// <summary>Tells what happened to a policy.</summary>
    public static void Tell(this ILogger logger, PolicyEvent happened)
    {
        string domain = happened.PolicyDomain.Value;
        switch (happened)
        {
            case PolicyEvent.FirstSeen seen:
                FirstSeen(logger, domain, seen.Policy.Policy.Mode);
                break;
            case PolicyEvent.Changed { Weaker: PolicyWeakness.None } changed:
                Changed(logger, domain, changed.Policy.Policy.Mode, changed.Before.Policy.Mode);
                break;
            case PolicyEvent.Changed changed:
                Weakened(logger, domain, changed.Weaker, changed.Policy.Policy.Mode, changed.Before.Policy.Mode);
                break;
            case PolicyEvent.RefreshFailing failing:
                RefreshFailing(logger, domain, failing.Policy.Policy.Mode, failing.TimeLeft, failing.Fault.Kind, failing.Fault.Detail);
                break;
            case PolicyEvent.CoversNoMxHost uncovered:
                CoversNoMxHost(logger, domain, uncovered.Policy.Policy.Mode);
                break;
            case PolicyEvent.NotKept:
                NotKept(logger, domain);
                break;
        }
    }
}
