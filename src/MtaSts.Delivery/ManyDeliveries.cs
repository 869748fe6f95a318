using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace MtaSts.Delivery;

/// <summary>Takes messages one after another, has many under way at the same time, and gives each result when it comes.</summary>
internal sealed class ManyDeliveries(Func<DeliveryRequest, CancellationToken, Task<DeliveryResult>> deliver, int atOnce) : IDisposable
{
    private readonly SemaphoreSlim _room = new(atOnce);
    private readonly Channel<CompletedDelivery> _done = Channel.CreateUnbounded<CompletedDelivery>(new UnboundedChannelOptions { SingleReader = true });
    private int _open = 1;
    private Exception? _fault;

    /// <summary>Delivers all; no request is taken before there is room for its result, so memory does not grow with their number.</summary>
    /// <remarks>When the caller cancels, no further request is taken, those under way are cancelled, and their results told before the end; who leaves early
    /// only waits for them. When the requests end in an exception, those under way are finished and told before it is thrown.</remarks>
    public async IAsyncEnumerable<CompletedDelivery> RunAsync(IAsyncEnumerable<DeliveryRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task taking = TakeAsync(requests, stop.Token);
        try
        {
            await foreach (CompletedDelivery one in _done.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return one;
                _room.Release();
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await taking.ConfigureAwait(false);
            while (await _done.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                // Nobody asks any more, but nothing may go on behind the caller's back.
                _done.Reader.TryRead(out _);
            }
        }

        if (_fault is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_fault);
        }
    }

    public void Dispose() => _room.Dispose();

    private async Task TakeAsync(IAsyncEnumerable<DeliveryRequest> requests, CancellationToken stop)
    {
        try
        {
            await foreach (DeliveryRequest request in requests.WithCancellation(stop).ConfigureAwait(false))
            {
                await _room.WaitAsync(stop).ConfigureAwait(false);
                Interlocked.Increment(ref _open);
                _ = DeliverAsync(request, stop);
            }
        }
        catch (Exception fault)
        {
            // Whatever the source of requests throws is its caller's to see, behind the results of those taken before.
            _fault ??= fault;
        }
        finally
        {
            End();
        }
    }

    private async Task DeliverAsync(DeliveryRequest request, CancellationToken stop)
    {
        await Task.Yield();
        try
        {
            _done.Writer.TryWrite(new CompletedDelivery(request, await deliver(request, stop).ConfigureAwait(false)));
        }
        catch (DeliveryCanceledException cancelled)
        {
            _done.Writer.TryWrite(new CompletedDelivery(request, cancelled.Result));
        }
        catch (Exception fault)
        {
            // A misuse, such as a request that is null or a deliverer that was disposed: told at the end.
            _fault ??= fault;
        }
        finally
        {
            End();
        }
    }

    private void End()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _done.Writer.Complete();
        }
    }
}
