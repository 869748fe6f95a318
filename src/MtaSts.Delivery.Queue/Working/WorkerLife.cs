using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>Keeps this worker's leases, takes over those of workers that have died, and sees that a clock that jumps does no harm.</summary>
internal sealed class WorkerLife(IQueueStore store, QueueOptions options, StoreState state, Signal moved, TimeProvider clock, ILogger logger) : IDisposable
{
    private readonly TimeSpan _interval = options.LeaseTime / 4;
    private readonly JumpWatch _jumps = new(clock);
    private readonly TaskCompletionSource _born = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _leases = new();
    private TimeSpan _jump;
    private long _shifts;
    private long _count;
    private long _lastBeat;

    public Guid Worker { get; } = Guid.NewGuid();

    /// <summary>Whether this worker is the one of all that work on the store who tells listeners.</summary>
    public bool IsFirst { get; private set; }

    /// <summary>Ends when this worker can take leases.</summary>
    public Task Born => _born.Task;

    /// <summary>Is cancelled when the leases of this moment are lost to others.</summary>
    public CancellationToken Leases => _leases.Token;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var silence = new SilenceWatch(Worker, options.LeaseTime, _interval);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // Not cut off: a sign of life whose answer is not known would look like somebody else's.
                await BeatAsync(silence, CancellationToken.None).ConfigureAwait(false);
                state.Worked();
            }
            catch (Exception failure)
            {
                // Whatever a store throws, the worker must live on.
                state.Failed(failure);
            }

            await Task.Delay(_interval, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Gives back what is still leased, so that nobody has to wait for it.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_count > 0)
        {
            await store.ReclaimAsync(new WorkerBeat(Worker, _count), clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _leases.Dispose();

    private async Task BeatAsync(SilenceWatch silence, CancellationToken cancellationToken)
    {
        DateTimeOffset now = clock.GetUtcNow();
        _jump += _jumps.Look();
        QueuePulse pulse = await store.BeatAsync(Worker, now, cancellationToken).ConfigureAwait(false);
        long ticks = clock.GetTimestamp();
        TimeSpan elapsed = _count == 0 ? TimeSpan.Zero : clock.GetElapsedTime(_lastBeat, ticks);
        _lastBeat = ticks;
        await MindClockAsync(pulse, now, cancellationToken).ConfigureAwait(false);
        NoteOwn(pulse);
        foreach (WorkerBeat silent in silence.Look(pulse.Workers, elapsed))
        {
            if (await store.ReclaimAsync(silent, now, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                logger.TakenBack(count);
                moved.Raise();
            }
        }
    }

    private void NoteOwn(QueuePulse pulse)
    {
        long count = pulse.Workers.First(worker => worker.Worker == Worker).Count;
        if (count != _count + 1)
        {
            // Others took this worker for dead: what it is delivering they deliver again, so it had better stop.
            CancellationTokenSource lost = Interlocked.Exchange(ref _leases, new CancellationTokenSource());
            lost.Cancel();
        }

        _count = count;
        IsFirst = pulse.Workers.Min(worker => worker.Worker) == Worker;
        _born.TrySetResult();
    }

    /// <summary>Shifts what is kept when the clock was set, while this worker ran or, as far as one can tell, before.</summary>
    private async Task MindClockAsync(QueuePulse pulse, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_count == 0)
        {
            _shifts = pulse.Shifts;
            // A clock that stands before the last moment that a worker wrote down was set in between; one that stands behind it may just have gone on.
            _jump = pulse is { LastSeen: { } last, Workers.Count: 1 } && now < last - JumpWatch.Least ? now - last : _jump;
        }
        else if (pulse.Shifts != _shifts)
        {
            _shifts = pulse.Shifts;
            // Another worker saw the same jump.
            _jump = (_jump - pulse.LastShift).Duration() <= JumpWatch.Least ? TimeSpan.Zero : _jump;
        }

        if (_jump != TimeSpan.Zero && await store.ShiftAsync(_shifts, _jump, cancellationToken).ConfigureAwait(false))
        {
            logger.ClockJumped(_jump);
            _shifts++;
            _jump = TimeSpan.Zero;
            moved.Raise();
        }
    }
}
