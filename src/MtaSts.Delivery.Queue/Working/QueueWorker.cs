using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>Leases what is due, tries it, and writes down what came of it.</summary>
/// <remarks>It looks for work when there may be some (<c>work</c>): a look takes a turn of the store's writer, and the free places with it. Whoever waits for the end of deliveries hears <c>moved</c>.</remarks>
internal sealed class QueueWorker(
    IQueueStore store, MailDeliverer deliverer, QueueOptions options, LeaseEnding ending, WorkerLife life, StoreState state, Signal work, Signal moved, TimeProvider clock, Random random, ILogger logger)
    : IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private readonly DeliveryTry _try = new(deliverer.DeliverAsync, deliverer.Policies.RecheckAsync, logger);
    private readonly ContentShelf _shelf = new(store, options.MaxContentInMemory, clock);
    private readonly DestinationWaker _waker = new(store, state, work, clock, logger);
    // Deliveries under way are not cut off at once: what was handed over shall be written down.
    private readonly CancellationTokenSource _cutOff = new();
    private readonly Lanes _lanes = new(options.MaxConcurrentPerDestination);
    private bool _isEnding;
    // Whether there may be more than there were places for.
    private bool _isFull;
    // Places that are taken, and what must have ended before the worker has: a place is free while the outcome is on its way to the disk.
    private int _count;
    private int _busy;

    /// <summary>When leasing worked last, on the clock's timer.</summary>
    public long LastLease { get; private set; } = clock.GetTimestamp();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        deliverer.Policies.Cache.Happened += _waker.Note;
        try
        {
            await life.Born.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (!cancellationToken.IsCancellationRequested)
            {
                Task next = work.Next;
                bool isMore = await LeaseAsync(cancellationToken).ConfigureAwait(false);
                await _waker.WakeChangedAsync(cancellationToken).ConfigureAwait(false);
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
            deliverer.Policies.Cache.Happened -= _waker.Note;
            // Whoever takes a place after this sees it; whoever took one before is waited for.
            Interlocked.Exchange(ref _isEnding, true);
        }

        Task ended = WaitUntilIdleAsync();
        if (await Task.WhenAny(ended, Task.Delay(Grace, clock, CancellationToken.None)).ConfigureAwait(false) != ended)
        {
            await _cutOff.CancelAsync().ConfigureAwait(false);
        }

        await ended.ConfigureAwait(false);
    }

    /// <summary>Takes a place for one delivery of mail that is on its way into the queue, unless something waits before it; <see cref="Use"/> must follow.</summary>
    public bool TryTakePlace(string destination, [NotNullWhen(true)] out Place? place)
    {
        place = null;
        if (!life.Born.IsCompletedSuccessfully || Volatile.Read(ref _isFull) || !_lanes.TryEnter(destination))
        {
            return false;
        }

        // Before it is asked for the end: from here on the worker waits for whoever has the place.
        Interlocked.Increment(ref _busy);
        if (Interlocked.Increment(ref _count) > options.MaxConcurrentDeliveries || Volatile.Read(ref _isEnding) || life.HasJumped())
        {
            Free(destination, isMore: false);
            Leave();
            return false;
        }

        place = new Place(new LeaseRequest(life.Worker, clock.GetUtcNow(), 1, options.MaxConcurrentPerDestination), life.Shifted, life.Leases);
        return true;
    }

    /// <summary>Notes that mail has come which waits to be leased, and keeps its content at hand if there is room.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="octets">Its content, which is the caller's again when this ends.</param>
    public void Wait(QueueId id, string destination, ReadOnlyMemory<byte> octets)
    {
        _lanes.Wait(destination);
        if (_shelf.HasRoomFor(octets.Length))
        {
            _shelf.Keep(id, MessageContent.From(octets.ToArray()));
        }
    }

    /// <summary>Begins the delivery for which a place was taken, or gives the place up.</summary>
    /// <param name="place">The place.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="lease">The delivery; <see langword="null"/> when the store has leased none.</param>
    /// <param name="content">The message.</param>
    public void Use(Place place, string destination, QueueLease? lease, MessageContent? content)
    {
        // At the end of the worker its leases are given back.
        if (lease is null || Volatile.Read(ref _isEnding))
        {
            // Something waits before it.
            _lanes.Wait(destination);
            Free(destination, isMore: true);
            Leave();
            return;
        }

        if (content is not null)
        {
            _shelf.Put(lease.Id, content);
        }

        Start(lease, place, isMore: false);
    }

    public void Dispose() => _cutOff.Dispose();

    private async Task WaitUntilIdleAsync()
    {
        for (Task next = moved.Next; Volatile.Read(ref _busy) > 0; next = moved.Next)
        {
            await next.ConfigureAwait(false);
        }
    }

    /// <summary>Gives a place up, and looks for more if there may be some.</summary>
    private void Free(string destination, bool isMore)
    {
        Interlocked.Decrement(ref _count);
        if (_lanes.Leave(destination) || isMore || Volatile.Read(ref _isFull))
        {
            work.Raise();
        }
    }

    private void Leave()
    {
        Interlocked.Decrement(ref _busy);
        moved.Raise();
    }

    /// <returns>Whether there may be more that could be leased at once.</returns>
    private async Task<bool> LeaseAsync(CancellationToken cancellationToken)
    {
        // Before the look: whoever leaves from here on wakes this worker.
        Interlocked.Exchange(ref _isFull, true);
        int free = TakeAll();
        if (free == 0)
        {
            return false;
        }

        int begun = 0;
        try
        {
            if (life.HasJumped())
            {
                // Nothing may expire by a clock that was just set; the life wakes this worker when moments have been shifted.
                return false;
            }

            var place = new Place(new LeaseRequest(life.Worker, clock.GetUtcNow(), free, options.MaxConcurrentPerDestination), life.Shifted, life.Leases);
            IReadOnlyList<QueueLease> leases = await store.LeaseAsync(place.Request, cancellationToken).ConfigureAwait(false);
            state.Worked();
            LastLease = clock.GetTimestamp();
            foreach (QueueLease lease in leases)
            {
                begun++;
                Interlocked.Increment(ref _busy);
                _lanes.Enter(lease.Destination.Name);
                Start(lease, place, isMore: true);
            }

            if (leases.Count < free)
            {
                Volatile.Write(ref _isFull, false);
                _lanes.Looked();
            }

            return leases.Count == free;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whatever a store throws, the worker must live on; and no mail is delivered whose outcome could not be written down.
            state.Failed(failure);
            Interlocked.Add(ref _count, begun - free);
            begun = free;
            await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken).ConfigureAwait(false);
            return false;
        }
        finally
        {
            Interlocked.Add(ref _count, begun - free);
        }
    }

    /// <summary>Takes every place that is free: what the store is asked for is not given to others meanwhile.</summary>
    private int TakeAll()
    {
        int taken = Volatile.Read(ref _count);
        while (taken < options.MaxConcurrentDeliveries)
        {
            int seen = Interlocked.CompareExchange(ref _count, options.MaxConcurrentDeliveries, taken);
            if (seen == taken)
            {
                return options.MaxConcurrentDeliveries - taken;
            }

            taken = seen;
        }

        return 0;
    }

    /// <param name="lease">What is to be delivered.</param>
    /// <param name="place">Its place.</param>
    /// <param name="isMore">Whether more may wait where it came from.</param>
    private void Start(QueueLease lease, Place place, bool isMore) => _ = Task.Run(async () =>
    {
        var taken = new TakenPlace(lease.Destination.Name, isMore);
        try
        {
            await RunAsync(lease, place, taken).ConfigureAwait(false);
        }
        finally
        {
            Free(taken);
            Leave();
        }
    });

    private void Free(TakenPlace taken)
    {
        if (taken.IsTaken)
        {
            taken.IsTaken = false;
            Free(taken.Destination, taken.IsMore);
        }
    }

    private void TakeBack(TakenPlace taken)
    {
        taken.IsTaken = true;
        Interlocked.Increment(ref _count);
        _lanes.Enter(taken.Destination);
    }

    private async Task RunAsync(QueueLease lease, Place place, TakenPlace taken)
    {
        CancellationToken cutOff = _cutOff.Token;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(place.Held, cutOff);
        LeaseCompletion completion;
        TryResult? tried = null;
        MessageContent? content = null;
        bool isBorrowed = false;
        try
        {
            try
            {
                if (lease.Order != QueueOrder.Cancel)
                {
                    content = await _shelf.BorrowAsync(lease.Id, lease.Size, ended.Token).ConfigureAwait(false);
                    isBorrowed = true;
                }

                bool isTry = lease.Order is null && content is not null && !CompletionRules.IsOnlyDelay(lease, place.Request.Now);
                tried = isTry ? await _try.RunAsync(lease, content!, place.Request.Now, ended.Token).ConfigureAwait(false) : null;
                // The clock may have been set meanwhile: the next try goes by the shifted moments.
                // At the end of the worker it goes by those of before, as what was delivered must be written down.
                await life.SettleAsync(cutOff).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                TimeSpan jump = life.Shifted - place.Shifted;
                lease = jump == TimeSpan.Zero ? lease : lease with { Arrived = lease.Arrived + jump, NextTry = lease.NextTry + jump, Expires = lease.Expires + jump, DelayNoticeAt = lease.DelayNoticeAt + jump };
                completion = End(lease, content, tried, clock.GetUtcNow());
            }
            catch (OperationCanceledException) when (tried is null && ended.IsCancellationRequested)
            {
                completion = CompletionRules.Untried(lease, clock.GetUtcNow(), clock.GetUtcNow());
            }
            catch (QueueException failure) when (tried is null)
            {
                state.Failed(failure);
                completion = CompletionRules.AfterTrouble(lease, clock.GetUtcNow(), clock.GetUtcNow() + options.FirstDelay, failure.Message);
            }
            catch (Exception fault)
            {
                // A bug of ours in one delivery must not end the others, nor lose its mail.
                logger.InternalError(fault, lease.Id, lease.Destination.Name);
                completion = CompletionRules.AfterFault(lease, tried, clock.GetUtcNow(), clock.GetUtcNow() + options.FirstDelay);
            }

            completion = ending.WithNotices(completion, tried, content);
            await SaveAsync(completion, taken, cutOff).ConfigureAwait(false);
            if (completion.Notices.Count > 0 || completion.Results.Any(result => result.State == RecipientState.Waiting))
            {
                // Also for what stays: an order may have come meanwhile.
                work.Raise();
            }
        }
        finally
        {
            if (isBorrowed)
            {
                _shelf.GiveBack(lease.Id);
            }
        }

        await TellAsync(completion, tried, cutOff).ConfigureAwait(false);
    }

    private LeaseCompletion End(QueueLease lease, MessageContent? content, TryResult? tried, DateTimeOffset now)
    {
        if (tried is not null)
        {
            return CompletionRules.AfterTry(lease, tried, options, now, (random.NextDouble(), random.NextDouble()));
        }

        if (lease.Order is not null)
        {
            return CompletionRules.AfterOrder(lease, now);
        }

        if (content is not null)
        {
            return CompletionRules.AfterDelay(lease, now);
        }

        logger.ContentLost(lease.Id, lease.Destination.Name);
        return CompletionRules.AfterLoss(lease, now);
    }

    /// <summary>Writes the end of a lease down, trying until the store takes it: the mail may be delivered by now.</summary>
    /// <remarks>The place is free as soon as the store has been told, so that what is leased next can be in the same change. When the store cannot do it, the place is taken again until it could.</remarks>
    private async Task SaveAsync(LeaseCompletion completion, TakenPlace taken, CancellationToken cutOff)
    {
        TimeSpan pause = TimeSpan.FromSeconds(0.5);
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                Task<bool> completing = store.CompleteAsync(completion, CancellationToken.None);
                if (isFirst)
                {
                    Free(taken);
                }

                if (!await completing.ConfigureAwait(false))
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
                if (!taken.IsTaken)
                {
                    TakeBack(taken);
                }

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
            await _waker.WakeAsync(lease.Destination.Name, cutOff).ConfigureAwait(false);
        }
    }

    /// <summary>The place that a delivery has until its outcome is on its way to the disk.</summary>
    private sealed class TakenPlace(string destination, bool isMore)
    {
        public string Destination => destination;

        public bool IsMore => isMore;

        public bool IsTaken { get; set; } = true;
    }

    /// <summary>A place for one delivery, or several that are leased together.</summary>
    /// <param name="Request">What is asked of the store; its moment decides what is the last try.</param>
    /// <param name="Shifted">By how much moments had been shifted then.</param>
    /// <param name="Held">Is cancelled when the leases are lost to others.</param>
    public sealed record Place(LeaseRequest Request, TimeSpan Shifted, CancellationToken Held);
}
