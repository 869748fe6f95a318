namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>One way of sending the messages of a run, made anew for each round.</summary>
internal interface ICompetitor : IAsyncDisposable
{
    /// <summary>Makes ready what stands before the clock starts.</summary>
    Task StartAsync();

    /// <summary>Sends one message; a failure of any kind is an exception.</summary>
    /// <param name="worker">Which worker sends it; each sends one after another.</param>
    /// <param name="id">The message's id.</param>
    /// <param name="domain">The domain it goes to.</param>
    Task SendAsync(int worker, long id, int domain);

    /// <summary>Waits until everything that was sent has arrived; at once where sending is arriving.</summary>
    Task FinishAsync() => Task.CompletedTask;
}
