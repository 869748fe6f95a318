using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace MtaSts.Delivery;

/// <summary>Takes messages one after another, has many under way at the same time, and gives each result when it comes.</summary>
internal sealed class ManyDeliveries(Func<DeliveryRequest, CancellationToken, Task<DeliveryResult>> deliver, IAsyncEnumerable<DeliveryRequest> requests, int atOnce)
{
    /// <summary>Delivers all; no request is taken before there is room for its result, so memory does not grow with their number.</summary>
    /// <remarks>When the caller cancels, no further request is taken, those under way are cancelled, and their results told before the end; who leaves early
    /// only waits for them. When the requests end in an exception, those under way are finished and told before it is thrown.</remarks>
    public async IAsyncEnumerable<CompletedDelivery> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var run = new Run(atOnce, stop.Token);
        Task taking = TakeAsync(run, stop.Token);
        try
        {
            await foreach (CompletedDelivery one in run.Done.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return one;
                run.Room.Release();
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await taking.ConfigureAwait(false);
            while (await run.Done.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                // Nobody asks any more, but nothing may go on behind the caller's back.
                run.Done.Reader.TryRead(out _);
            }
        }

        if (run.Fault is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(run.Fault);
        }
    }

    private async Task TakeAsync(Run run, CancellationToken stop)
    {
        try
        {
            IAsyncEnumerator<DeliveryRequest> next = requests.GetAsyncEnumerator(run.NoMore);
            await using (next.ConfigureAwait(false))
            {
                while (true)
                {
                    // Room first: a request that was taken is delivered and told of, whatever happens.
                    await run.Room.WaitAsync(run.NoMore).ConfigureAwait(false);
                    stop.ThrowIfCancellationRequested();
                    if (!await next.MoveNextAsync().ConfigureAwait(false))
                    {
                        return;
                    }

                    run.Begin();
                    _ = DeliverAsync(run, next.Current, stop);
                }
            }
        }
        catch (Exception fault)
        {
            // Whatever the source of requests throws is its caller's to see, behind the results of those taken before.
            run.Fail(fault);
        }
        finally
        {
            run.End();
        }
    }

    private async Task DeliverAsync(Run run, DeliveryRequest request, CancellationToken stop)
    {
        await Task.Yield();
        try
        {
            ArgumentNullException.ThrowIfNull(request);
            run.Done.Writer.TryWrite(new CompletedDelivery(request, await deliver(request, stop).ConfigureAwait(false)));
        }
        catch (DeliveryCanceledException cancelled)
        {
            run.Done.Writer.TryWrite(new CompletedDelivery(request, cancelled.Result));
        }
        catch (Exception fault)
        {
            // A misuse, such as a request that is null or a deliverer that was disposed: nothing more is taken, and it is told at the end.
            run.Fail(fault);
        }
        finally
        {
            run.End();
        }
    }

    /// <summary>One enumeration: the results that wait, and how much is under way.</summary>
    private sealed class Run(int atOnce, CancellationToken stop) : IDisposable
    {
        private readonly CancellationTokenSource _noMore = CancellationTokenSource.CreateLinkedTokenSource(stop);
        private Exception? _fault;
        private int _open = 1;

        public SemaphoreSlim Room { get; } = new(atOnce);

        public Channel<CompletedDelivery> Done { get; } = Channel.CreateUnbounded<CompletedDelivery>(new UnboundedChannelOptions { SingleReader = true });

        /// <summary>What ended the taking of requests; the first of several.</summary>
        public Exception? Fault => _fault;

        /// <summary>Ends the taking of requests, also one that is awaited.</summary>
        public CancellationToken NoMore => _noMore.Token;

        public void Fail(Exception fault)
        {
            Interlocked.CompareExchange(ref _fault, fault, null);
            _noMore.Cancel();
        }

        public void Begin() => Interlocked.Increment(ref _open);

        public void End()
        {
            if (Interlocked.Decrement(ref _open) == 0)
            {
                Done.Writer.Complete();
            }
        }

        public void Dispose()
        {
            Room.Dispose();
            _noMore.Dispose();
        }
    }
}
