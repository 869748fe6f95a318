namespace MtaSts.Delivery.Queue;

/// <summary>Wakes those who wait for something to happen. What happens while nobody waits wakes the next who takes a ticket before it.</summary>
internal sealed class Signal
{
    private volatile TaskCompletionSource _next = New();

    /// <summary>A task that ends with the next <see cref="Raise"/>; to be taken before one looks whether there is anything to do.</summary>
    public Task Next => _next.Task;

    public void Raise() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    /// <summary>Waits for a ticket, but no longer than so long.</summary>
    public static async Task WaitAsync(Task next, TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await next.WaitAsync(timeout, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Time to look again.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
