using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>What belongs to the end of a lease: notices that go with it, logs and metrics that follow it.</summary>
internal sealed class LeaseEnding(QueueOptions options, INoticeWriter notices, QueueTelemetry telemetry, ILogger logger)
{
    private static readonly PlainNoticeWriter Plain = new();

    // What a notice quotes of a message that is gone: a header without a field.
    private static readonly MessageContent Gone = MessageContent.From("\r\n"u8.ToArray());

    /// <summary>Adds the notices that the sender is to get; the store keeps them in the transaction that ends the lease.</summary>
    /// <param name="completion">The end of the lease.</param>
    /// <param name="tried">What its try came to, if there was one.</param>
    /// <param name="content">The message; <see langword="null"/> when it is gone.</param>
    public LeaseCompletion WithNotices(LeaseCompletion completion, TryResult? tried, MessageContent? content) =>
        CompletionRules.Notices(completion, tried, content ?? Gone, options) is { Count: > 0 } requests
            ? completion with { Notices = [.. requests.Select(request => CompletionRules.NoticeMessage(request.Envelope.Sender!, Write(request), completion.Now, options.Lifetime))] }
            : completion;

    /// <summary>Tells the log and the metrics of a lease that has ended.</summary>
    public void Tell(LeaseCompletion completion, TryResult? tried)
    {
        QueueLease lease = completion.Lease;
        int delivered = completion.Results.Count(result => result.State == RecipientState.Delivered);
        int waiting = completion.Results.Count(result => result.State == RecipientState.Waiting);
        if (completion.WasTried)
        {
            FailureCode? failure = tried?.Outcomes.OfType<RecipientOutcome.Deferred>().FirstOrDefault()?.Failure ?? tried?.Outcomes.OfType<RecipientOutcome.Failed>().FirstOrDefault()?.Failure;
            logger.Tried(
                lease.Id, lease.Attempts + 1, lease.Destination.Name, delivered, waiting, completion.Results.Count - delivered - waiting, failure?.ToString() ?? "none", waiting == 0 ? "none" : $"{completion.NextTry:u}");
            telemetry.Tried(delivered == completion.Results.Count ? "delivered" : waiting > 0 ? "deferred" : "failed");
            if (tried?.Outcomes.Any(outcome => outcome is RecipientOutcome.Deferred { MayHaveBeenDelivered: true }) == true)
            {
                logger.MayHaveBeenDelivered(lease.Id, lease.Destination.Name);
            }
        }

        if (lease.IsNotice && completion.Results.Any(result => result.State is RecipientState.Failed or RecipientState.Expired))
        {
            logger.NoticeUndeliverable(lease.Id, lease.Destination.Name);
        }

        foreach (RecipientResult finished in completion.Results.Where(result => result.State != RecipientState.Waiting))
        {
            telemetry.Finished(finished.State, completion.Now - lease.Arrived);
        }

        if (logger.IsEnabled(LogLevel.Debug))
        {
            foreach ((LeasedRecipient recipient, RecipientResult result) in lease.Recipients.Zip(completion.Results))
            {
                QueueAttempt? last = result.Attempt ?? recipient.LastAttempt;
                logger.Recipient(lease.Id, recipient.Address.ToString(), result.State, last?.Status.ToString() ?? "", last?.Explanation ?? "");
            }
        }
    }

    private MessageContent Write(NoticeRequest request)
    {
        logger.NoticeSent(request.Id, request.Action.ToString(), request.Recipients.Count);
        telemetry.Noticed(request.Action.ToString());
        try
        {
            MessageContent content = notices.Write(request);
            if (content.Fault is null)
            {
                return content;
            }

            logger.NoticeWriterFailed(new InvalidOperationException(content.Fault), request.Id);
        }
        catch (Exception fault)
        {
            // Whatever it was, the sender has to be told.
            logger.NoticeWriterFailed(fault, request.Id);
        }

        return Plain.Write(request);
    }
}
