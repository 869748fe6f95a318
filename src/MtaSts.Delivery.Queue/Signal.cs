namespace MtaSts.Delivery.Queue;

/// <summary>Wakes those who wait for something to happen. What happens while nobody waits wakes the next who takes a ticket before it.</summary>
internal sealed class Signal
{
    // Made for whoever takes a ticket: most of the time nobody waits.
    private TaskCompletionSource? _next;

    /// <summary>A task that ends with the next <see cref="Raise"/>; to be taken before one looks whether there is anything to do.</summary>
    public Task Next
    {
        get
        {
            if (Volatile.Read(ref _next) is { } before)
            {
                return before.Task;
            }

            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _next, made, null) ?? made).Task;
        }
    }

    public void Raise() => Interlocked.Exchange(ref _next, null)?.TrySetResult();

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
}
