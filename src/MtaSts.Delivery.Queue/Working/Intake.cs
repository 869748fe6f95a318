using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>Takes mail into the store and, where a worker of this process has a place for it, straight on into its delivery.</summary>
internal sealed class Intake(IQueueStore store, QueueOptions limits, bool isListening, StoreState state, QueueTelemetry telemetry, Signal work, TimeProvider clock, ILogger logger)
{
    // What is larger waits to be leased, and is not handed over.
    private const int MaxHandedOver = 1 << 20;

    /// <summary>Takes a message that can be taken; when the task ends, it is durable.</summary>
    /// <param name="content">The message.</param>
    /// <param name="envelope">Sender and recipients.</param>
    /// <param name="options">How it is handled.</param>
    /// <param name="run">Who works on the queue here, if somebody does; that may end meanwhile.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<QueueId> TakeAsync(MessageContent content, Envelope envelope, EnqueueOptions options, QueueRun? run, CancellationToken cancellationToken)
    {
        if (run?.Life is { } life && life.HasJumped())
        {
            // Otherwise its moments, which go by the new clock, would be shifted with the others.
            await life.SettleAsync(cancellationToken).ConfigureAwait(false);
        }

        DateTimeOffset now = clock.GetUtcNow();
        DateTimeOffset first = options.NotBefore > now ? options.NotBefore.Value.ToUniversalTime() : now;
        var message = new NewMessage(
            envelope, content.Octets, now, first, first + (options.Lifetime ?? limits.Lifetime), options.Priority, options.Tag, IsNotice: false, WantsEvents: isListening)
        {
            DelayNoticeAt = limits.DelayNoticeAfter == Timeout.InfiniteTimeSpan ? null : first + limits.DelayNoticeAfter,
        };
        cancellationToken.ThrowIfCancellationRequested();
        QueueWorker? worker = run?.Worker;
        QueueWorker.Place? place = null;
        string destination = envelope.Recipients[0].DomainText;
        bool isForThisWorker = first == now && envelope.Recipients.Count == 1 && content.Octets.Length <= MaxHandedOver && worker?.TryTakePlace(destination, out place) == true;
        try
        {
            QueueId id = isForThisWorker
                ? await WithoutMeAsync(HandOverAsync(worker!, place!, message, cancellationToken.CanBeCanceled), cancellationToken).ConfigureAwait(false)
                : await KeepAsync(message, destination, worker, cancellationToken).ConfigureAwait(false);
            state.Worked();
            telemetry.Taken();
            logger.Taken(id, content.Octets.Length, envelope.Recipients.Count);
            return id;
        }
        catch (QueueException failure) when (!isForThisWorker)
        {
            state.Failed(failure);
            throw;
        }
    }

    /// <summary>Takes a message that is found and read by whoever leases it.</summary>
    private async Task<QueueId> KeepAsync(NewMessage message, string destination, QueueWorker? worker, CancellationToken cancellationToken)
    {
        // The caller's octets are the caller's again when the caller leaves, though they may be on their way into the store.
        message = cancellationToken.CanBeCanceled ? message with { Octets = message.Octets.ToArray() } : message;
        bool isDue = message.NextTry <= message.Arrived;
        try
        {
            QueueId id = await store.AddAsync(message, cancellationToken).ConfigureAwait(false);
            if (isDue)
            {
                worker?.Wait(id, destination, message.Octets);
            }

            return id;
        }
        finally
        {
            // It may be kept although the caller has left, or the answer was lost.
            if (isDue)
            {
                work.Raise();
            }
        }
    }

    /// <summary>Takes a message and begins its delivery, where there is a place for it: it need not be found and read again.</summary>
    /// <remarks>Nobody can end the wait here: what is leased must be delivered.</remarks>
    private async Task<QueueId> HandOverAsync(QueueWorker worker, QueueWorker.Place place, NewMessage message, bool canLeave)
    {
        // The caller's octets are the caller's again when the caller leaves.
        MessageContent? content = canLeave ? Copied(message) : null;
        message = content is null ? message : message with { Octets = content.Octets };
        QueueLease? lease = null;
        try
        {
            (QueueId id, lease) = await store.AddLeasedAsync(message, place.Request, CancellationToken.None).ConfigureAwait(false);
            content ??= lease is null ? null : Copied(message);
            return id;
        }
        catch (QueueException failure)
        {
            state.Failed(failure);
            throw;
        }
        finally
        {
            worker.Use(place, message.Envelope.Recipients[0].DomainText, lease, content);
        }
    }

    private static MessageContent Copied(NewMessage message) => MessageContent.From(message.Octets.ToArray());

    /// <summary>Waits for a task that goes on when its caller leaves; its failure is then nobody's surprise.</summary>
    private static Task<T> WithoutMeAsync<T>(Task<T> task, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _ = task.ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return task.WaitAsync(cancellationToken);
    }
}
