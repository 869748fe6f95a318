using System.Net.Sockets;
using System.Security.Authentication;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>Everything that runs beside the test, so that disposal can wait for all of it.</summary>
internal sealed class BackgroundTasks
{
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _running = [];
    private readonly List<Exception> _unexpected = [];

    /// <summary>Starts work and keeps it until it ends. A broken connection or the end of the internet ends it quietly.</summary>
    public void Run(Func<Task> work)
    {
        Task whole = WatchAsync(Task.Run(work));
        lock (_gate)
        {
            _running.Add(whole);
        }

        whole.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits for all work, also for what is started meanwhile, and rethrows what nobody expected.</summary>
    public async Task WhenAllAsync()
    {
        while (Snapshot() is { Length: > 0 } pending)
        {
            await Task.WhenAll(pending).ConfigureAwait(false);
            lock (_gate)
            {
                _running.ExceptWith(pending);
            }
        }

        lock (_gate)
        {
            if (_unexpected.Count > 0)
            {
                throw new AggregateException("A fake server failed in a way that it should not.", _unexpected);
            }
        }
    }

    private async Task WatchAsync(Task work)
    {
        // Looked at and not thrown: exceptions are dear, and each server and connection of an internet ends in one.
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (work.Exception?.InnerException is { } ended
            and not (IOException or SocketException or AuthenticationException or OperationCanceledException or ObjectDisposedException))
        {
            // A peer that went away and the end of the internet are ordinary. One broken connection must not take the others along; disposal reports it.
            lock (_gate)
            {
                _unexpected.Add(ended);
            }
        }
    }

    private Task[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _running];
        }
    }

    private void Forget(Task task)
    {
        lock (_gate)
        {
            _running.Remove(task);
        }
    }
}
