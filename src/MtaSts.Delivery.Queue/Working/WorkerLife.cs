using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>Keeps this worker's leases, takes over those of workers that have died, and sees that a clock that jumps does no harm.</summary>
internal sealed class WorkerLife(IQueueStore store, QueueOptions options, StoreState state, Signal work, TimeProvider clock, ILogger logger) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval = options.LeaseTime / 4;
    private readonly JumpWatch _jumps = new(clock);
    private readonly TaskCompletionSource _born = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Signal _wanted = new();
    private readonly Signal _beaten = new();
    private readonly Lock _gate = new();
    private CancellationTokenSource _leases = new();
    private TimeSpan _jump;
    private long _shifted;
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

    /// <summary>By how much in all moments in the store have been shifted since this worker began.</summary>
    public TimeSpan Shifted => new(Interlocked.Read(ref _shifted));

    /// <summary>Whether the clock has jumped and moments in the store are still those of before: nothing may be judged by them.</summary>
    public bool HasJumped()
    {
        lock (_gate)
        {
            _jump += _jumps.Look();
            if (_jump == TimeSpan.Zero)
            {
                return false;
            }
        }

        _wanted.Raise();
        return true;
    }

    /// <summary>Waits until moments in the store go by the clock again.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        for (Task next = _beaten.Next; HasJumped() && !cancellationToken.IsCancellationRequested; next = _beaten.Next)
        {
            await Signal.WaitAsync(next, _interval, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var silence = new SilenceWatch(Worker, options.LeaseTime, _interval);
        while (!cancellationToken.IsCancellationRequested)
        {
            Task wanted = _wanted.Next;
            try
            {
                // Not cut off: a sign of life whose answer is not known would look like somebody else's.
                await BeatAsync(silence, CancellationToken.None).ConfigureAwait(false);
                state.Worked();
            }
            catch (Exception failure)
            {
                // Whatever a store throws, the worker must live on; and whoever waits for the clock to settle wants the next sign of life at once.
                state.Failed(failure);
                await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            _beaten.Raise();
            await Task.WhenAny(wanted, Task.Delay(_interval, clock, cancellationToken)).ConfigureAwait(false);
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
        _ = HasJumped();
        DateTimeOffset now = clock.GetUtcNow();
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
                work.Raise();
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
        // The oldest: so whoever begins takes nothing over from one that lives.
        IsFirst = pulse.Workers[0].Worker == Worker;
        _born.TrySetResult();
    }

    /// <summary>Shifts what is kept when the clock was set, while this worker ran or, as far as one can tell, before.</summary>
    private async Task MindClockAsync(QueuePulse pulse, DateTimeOffset now, CancellationToken cancellationToken)
    {
        TimeSpan jump;
        lock (_gate)
        {
            if (_count == 0)
            {
                // A clock that stands before the last moment that a worker wrote down was set in between; one that stands behind it may just have gone on.
                _jump = pulse is { LastSeen: { } last, Workers.Count: 1 } && now < last - JumpWatch.Least ? now - last : _jump;
            }
            else if (pulse.Shifts != _shifts)
            {
                Interlocked.Add(ref _shifted, pulse.LastShift.Ticks);
                // Another worker saw the same jump.
                _jump = (_jump - pulse.LastShift).Duration() <= JumpWatch.Least ? TimeSpan.Zero : _jump;
            }

            _shifts = pulse.Shifts;
            jump = _jump;
        }

        if (jump != TimeSpan.Zero && await store.ShiftAsync(_shifts, jump, clock.GetUtcNow(), cancellationToken).ConfigureAwait(false))
        {
            logger.ClockJumped(jump);
            Interlocked.Add(ref _shifted, jump.Ticks);
            _shifts++;
            lock (_gate)
            {
                _jump -= jump;
            }

            work.Raise();
        }
    }
}
