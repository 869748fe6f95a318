using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>Tells the listener what is kept for it; of several workers the first does it.</summary>
internal sealed class EventTeller(IQueueStore store, IQueueListener listener, WorkerLife life, StoreState state, Signal moved, TimeSpan pollInterval, TimeProvider clock, ILogger logger)
{
    private const int AtOnce = 100;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Whether the listener failed last time.</summary>
    public bool IsFailing { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.FromSeconds(1);
        while (!cancellationToken.IsCancellationRequested)
        {
            Task next = moved.Next;
            try
            {
                if (life.IsFirst && await store.ReadEventsAsync(AtOnce, cancellationToken).ConfigureAwait(false) is { Count: > 0 } events)
                {
                    await listener.HandleAsync(events, cancellationToken).ConfigureAwait(false);
                    await store.RemoveEventsAsync([.. events.Select(one => one.Number)], cancellationToken).ConfigureAwait(false);
                    (pause, IsFailing) = (TimeSpan.FromSeconds(1), false);
                    continue;
                }

                await Signal.WaitAsync(next, pollInterval, clock, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (QueueException failure)
            {
                state.Failed(failure);
                await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception fault)
            {
                // Any exception: somebody else's listener must not end the queue.
                IsFailing = true;
                logger.ListenerFailed(fault);
                await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = 2 * pause < LongestPause ? 2 * pause : LongestPause;
            }
        }
    }
}
