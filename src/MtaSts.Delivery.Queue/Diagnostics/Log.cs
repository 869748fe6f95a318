using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Outcomes;

namespace MtaSts.Delivery.Queue.Diagnostics;

/// <summary>What is logged, with stable ids; never message content, never a whole address above Debug.</summary>
internal static partial class Log
{
    [LoggerMessage(201, LogLevel.Information, "{QueueId}: taken; octets: {Size}, recipients: {Recipients}")]
    public static partial void Taken(this ILogger logger, QueueId queueId, long size, int recipients);

    [LoggerMessage(202, LogLevel.Information, "{QueueId}: try {Attempt} for {Destination}: {Delivered} delivered, {Deferred} deferred, {Failed} given up; failure: {Failure}, next try: {NextTry}")]
    public static partial void Tried(this ILogger logger, QueueId queueId, int attempt, string destination, int delivered, int deferred, int failed, string failure, string nextTry);

    [LoggerMessage(203, LogLevel.Debug, "{QueueId}: {Recipient}: {State} {Status}: {Explanation}")]
    public static partial void Recipient(this ILogger logger, QueueId queueId, string recipient, RecipientState state, string status, string explanation);

    [LoggerMessage(204, LogLevel.Information, "{QueueId}: a notice goes to its sender: {Action}, recipients: {Recipients}")]
    public static partial void NoticeSent(this ILogger logger, QueueId queueId, string action, int recipients);

    [LoggerMessage(205, LogLevel.Error, "The queue's store cannot be used; mail that was taken is safe, and it is tried again: {Reason}")]
    public static partial void StoreDown(this ILogger logger, string reason);

    [LoggerMessage(206, LogLevel.Warning, "The queue's store can be used again")]
    public static partial void StoreUp(this ILogger logger);

    [LoggerMessage(207, LogLevel.Warning, "{QueueId}: the lease for {Destination} was lost to another worker: recipients may get the message twice")]
    public static partial void LeaseLost(this ILogger logger, QueueId queueId, string destination);

    [LoggerMessage(208, LogLevel.Warning, "Taken back from a worker that has given no sign of life; deliveries: {Count}")]
    public static partial void TakenBack(this ILogger logger, long count);

    [LoggerMessage(209, LogLevel.Warning, "The clock jumped by {Jump}; the moments of mail taken before were shifted as far")]
    public static partial void ClockJumped(this ILogger logger, TimeSpan jump);

    [LoggerMessage(210, LogLevel.Warning, "{Destination} is left alone until {NotBefore:u}: tries in a row that found no server there that would talk about mail: {Failures}, the last by {Failure}")]
    public static partial void DestinationFailing(this ILogger logger, string destination, DateTimeOffset notBefore, int failures, FailureCode? failure);

    [LoggerMessage(211, LogLevel.Information, "{Destination} takes mail again")]
    public static partial void DestinationRecovered(this ILogger logger, string destination);

    [LoggerMessage(212, LogLevel.Information, "{Destination}: its policy changed; deliveries that are due at once: {Count}")]
    public static partial void PolicyChanged(this ILogger logger, string destination, int count);

    [LoggerMessage(213, LogLevel.Error, "{QueueId}: a fault of the program in the delivery to {Destination}; it is tried again")]
    public static partial void InternalError(this ILogger logger, Exception exception, QueueId queueId, string destination);

    [LoggerMessage(214, LogLevel.Error, "{QueueId}: the writer of notices failed; the notice goes out in the plainest form")]
    public static partial void NoticeWriterFailed(this ILogger logger, Exception exception, QueueId queueId);

    [LoggerMessage(215, LogLevel.Error, "The listener to queue events failed; they are told again")]
    public static partial void ListenerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(216, LogLevel.Information, "{QueueId}: {Destination}: policy asked afresh before the mail is given up: {Mode}, id {Id}")]
    public static partial void PolicyRechecked(this ILogger logger, QueueId queueId, string destination, string mode, string id);

    [LoggerMessage(217, LogLevel.Warning, "{QueueId}: {Destination}: the mail may have been delivered, as the server's answer was lost; another try can make a duplicate")]
    public static partial void MayHaveBeenDelivered(this ILogger logger, QueueId queueId, string destination);

    [LoggerMessage(218, LogLevel.Error, "{QueueId}: its content is gone from the store, so its delivery to {Destination} has failed")]
    public static partial void ContentLost(this ILogger logger, QueueId queueId, string destination);

    [LoggerMessage(219, LogLevel.Warning, "{QueueId}: a notice to a sender at {Destination} could not be delivered, and nobody else is told: use a sender address that takes mail")]
    public static partial void NoticeUndeliverable(this ILogger logger, QueueId queueId, string destination);
}
