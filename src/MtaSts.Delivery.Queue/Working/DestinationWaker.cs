using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>Makes due what waits because of its destination, when that does better or has another policy.</summary>
internal sealed class DestinationWaker(IQueueStore store, StoreState state, Signal work, TimeProvider clock, ILogger logger)
{
    private const int WakeAtOnce = 1000;

    private readonly ConcurrentQueue<string> _changedPolicies = new();

    /// <summary>Takes note of a policy that has changed: what waited because of the one before may go. A first one only forbids.</summary>
    public void Note(PolicyEvent happened)
    {
        if (happened is PolicyEvent.Changed)
        {
            _changedPolicies.Enqueue(happened.PolicyDomain.Value);
            work.Raise();
        }
    }

    public async Task WakeChangedAsync(CancellationToken cancellationToken)
    {
        while (_changedPolicies.TryDequeue(out string? domain))
        {
            if (await WakeAsync(domain, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                logger.PolicyChanged(domain, count);
            }
        }
    }

    /// <summary>Makes due what waits because of a destination, in steps that hold nobody up.</summary>
    public async Task<int> WakeAsync(string destination, CancellationToken cancellationToken)
    {
        int count = 0;
        try
        {
            int woken;
            do
            {
                woken = await store.WakeAsync(destination, clock.GetUtcNow(), WakeAtOnce, cancellationToken).ConfigureAwait(false);
                count += woken;
            }
            while (woken == WakeAtOnce);
            work.Raise();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // They come when their time comes.
        }
        catch (Exception failure)
        {
            // The same.
            state.Failed(failure);
        }

        return count;
    }
}
