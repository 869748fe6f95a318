using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>Leases what is due, tries it, and writes down what came of it.</summary>
internal sealed class QueueWorker(
    IQueueStore store, MailDeliverer deliverer, QueueOptions options, LeaseEnding ending, WorkerLife life, StoreState state, Signal moved, TimeProvider clock, Random random, ILogger logger)
{
    private const int WakeAtOnce = 1000;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private readonly DeliveryTry _try = new(deliverer, logger);
    private readonly ContentShelf _shelf = new(store, options.MaxContentInMemory);
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly ConcurrentQueue<string> _changedPolicies = new();
    private int _count;

    /// <summary>When leasing worked last, on the clock's timer.</summary>
    public long LastLease { get; private set; } = clock.GetTimestamp();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        deliverer.Policies.Cache.Happened += Note;
        // Deliveries under way are not cut off at once: what was handed over shall be written down.
        using var cutOff = new CancellationTokenSource();
        try
        {
            await life.Born.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (!cancellationToken.IsCancellationRequested)
            {
                Task next = moved.Next;
                bool isMore = await LeaseAsync(cutOff.Token, cancellationToken).ConfigureAwait(false);
                await WakeChangedAsync(cancellationToken).ConfigureAwait(false);
                if (!isMore)
                {
                    await Signal.WaitAsync(next, options.PollInterval, clock, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end.
        }
        finally
        {
            deliverer.Policies.Cache.Happened -= Note;
        }

        Task ended = Task.WhenAll(_running.Keys);
        if (await Task.WhenAny(ended, Task.Delay(Grace, clock, CancellationToken.None)).ConfigureAwait(false) != ended)
        {
            await cutOff.CancelAsync().ConfigureAwait(false);
        }

        await ended.ConfigureAwait(false);
    }

    /// <returns>Whether there may be more that could be leased at once.</returns>
    private async Task<bool> LeaseAsync(CancellationToken cutOff, CancellationToken cancellationToken)
    {
        int free = options.MaxConcurrentDeliveries - _count;
        if (free <= 0)
        {
            return false;
        }

        try
        {
            if (life.HasJumped())
            {
                // Nothing may expire by a clock that was just set; the life wakes this worker when moments have been shifted.
                return false;
            }

            (CancellationToken held, DateTimeOffset now, TimeSpan shifted) = (life.Leases, clock.GetUtcNow(), life.Shifted);
            IReadOnlyList<QueueLease> leases = await store.LeaseAsync(new LeaseRequest(life.Worker, now, free, options.MaxConcurrentPerDestination), cancellationToken).ConfigureAwait(false);
            state.Worked();
            LastLease = clock.GetTimestamp();
            foreach (QueueLease lease in leases)
            {
                Start(lease, now, shifted, held, cutOff);
            }

            return leases.Count == free && _count < options.MaxConcurrentDeliveries;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whatever a store throws, the worker must live on; and no mail is delivered whose outcome could not be written down.
            state.Failed(failure);
            await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken).ConfigureAwait(false);
            return false;
        }
    }

    private void Start(QueueLease lease, DateTimeOffset leasedAt, TimeSpan shifted, CancellationToken held, CancellationToken cutOff)
    {
        Interlocked.Increment(ref _count);
        Task running = Task.Run(async () =>
        {
            try
            {
                await RunAsync(lease, leasedAt, shifted, held, cutOff).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _count);
                moved.Raise();
            }
        });
        _running[running] = true;
        _ = running.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
    }

    private async Task RunAsync(QueueLease lease, DateTimeOffset leasedAt, TimeSpan shifted, CancellationToken held, CancellationToken cutOff)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(held, cutOff);
        LeaseCompletion completion;
        TryResult? tried = null;
        MessageContent? content = null;
        try
        {
            try
            {
                content = lease.Order == QueueOrder.Cancel ? null : await _shelf.BorrowAsync(lease.Id, lease.Size, ended.Token).ConfigureAwait(false);
                tried = lease.Order is null && content is not null ? await _try.RunAsync(lease, content, leasedAt, ended.Token).ConfigureAwait(false) : null;
                // The clock may have been set meanwhile: the next try goes by the shifted moments.
                await life.SettleAsync(cutOff).ConfigureAwait(false);
                TimeSpan jump = life.Shifted - shifted;
                lease = lease with { Arrived = lease.Arrived + jump, Expires = lease.Expires + jump };
                completion = tried is null
                    ? CompletionRules.AfterOrder(lease, options, clock.GetUtcNow())
                    : CompletionRules.AfterTry(lease, tried, options, clock.GetUtcNow(), (random.NextDouble(), random.NextDouble()));
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                completion = CompletionRules.Untried(lease, clock.GetUtcNow(), clock.GetUtcNow());
            }
            catch (QueueException failure)
            {
                state.Failed(failure);
                completion = CompletionRules.Untried(lease, clock.GetUtcNow(), clock.GetUtcNow() + options.FirstDelay);
            }
            catch (Exception fault)
            {
                // A bug of ours in one delivery must not end the others, nor lose its mail.
                logger.InternalError(fault, lease.Id, lease.Destination.Name);
                completion = CompletionRules.Untried(lease, clock.GetUtcNow(), clock.GetUtcNow() + options.FirstDelay) with { WasTried = true };
            }

            await SaveAsync(content is null ? completion : ending.WithNotices(completion, tried, content), cutOff).ConfigureAwait(false);
        }
        finally
        {
            if (content is not null)
            {
                _shelf.GiveBack(lease.Id);
            }
        }

        await TellAsync(completion, tried, cutOff).ConfigureAwait(false);
    }

    /// <summary>Writes the end of a lease down, trying until the store takes it: the mail may be delivered by now.</summary>
    private async Task SaveAsync(LeaseCompletion completion, CancellationToken cutOff)
    {
        TimeSpan pause = TimeSpan.FromSeconds(0.5);
        while (true)
        {
            try
            {
                if (!await store.CompleteAsync(completion, CancellationToken.None).ConfigureAwait(false))
                {
                    logger.LeaseLost(completion.Lease.Id, completion.Lease.Destination.Name);
                }

                state.Worked();
                return;
            }
            catch (Exception failure)
            {
                // Whatever a store throws: what was delivered must not be delivered again because of it.
                state.Failed(failure);
                if (cutOff.IsCancellationRequested)
                {
                    logger.LeaseLost(completion.Lease.Id, completion.Lease.Destination.Name);
                    return;
                }
            }

            await Task.Delay(pause, clock, cutOff).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = 2 * pause < LongestPause ? 2 * pause : LongestPause;
        }
    }

    private async Task TellAsync(LeaseCompletion completion, TryResult? tried, CancellationToken cutOff)
    {
        QueueLease lease = completion.Lease;
        ending.Tell(completion, tried);
        if (completion.Destination is { Failures: > 0, NotBefore: { } notBefore } failing)
        {
            logger.DestinationFailing(failing.Name, notBefore, failing.Failures, failing.LastFailure?.Failure);
        }
        else if (completion.Destination is { Failures: 0 } well)
        {
            logger.DestinationRecovered(well.Name);
            await WakeAsync(lease.Destination.Name, cutOff).ConfigureAwait(false);
        }
    }

    private void Note(PolicyEvent happened)
    {
        if (happened is PolicyEvent.Changed or PolicyEvent.FirstSeen)
        {
            _changedPolicies.Enqueue(happened.PolicyDomain.Value);
            moved.Raise();
        }
    }

    private async Task WakeChangedAsync(CancellationToken cancellationToken)
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
    private async Task<int> WakeAsync(string destination, CancellationToken cancellationToken)
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
            moved.Raise();
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
