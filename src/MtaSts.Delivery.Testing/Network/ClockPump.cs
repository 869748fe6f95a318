namespace MtaSts.Delivery.Testing.Network;

/// <summary>Lets simulated time pass while a fake server keeps its client waiting.</summary>
/// <remarks>
/// Time moves only while somebody holds the pump and nobody is at work: it jumps to the next timer on the clock (usually the
/// sender's own deadline), at most 30 seconds at a time so that a timer which is set late is not passed over. Whether somebody
/// is at work is counted in turns and not in real time: a turn goes through the thread pool and the sockets, as the sender must, and
/// one in which the machine was late counts for nothing. So a starved sender is waited for as long as it takes.
/// </remarks>
internal sealed class ClockPump(EventClock clock, BackgroundTasks tasks, CancellationToken ended) : IDisposable
{
    private static readonly TimeSpan LongestJump = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SmallestJump = TimeSpan.FromMilliseconds(1);

    // Real time. The long pause lets the client set a deadline, or react to one that has just passed.
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongPause = TimeSpan.FromMilliseconds(10);

    // A turn that comes back so much too late has seen that the machine is busy: others may not have had theirs.
    private static readonly TimeSpan Tardiness = TimeSpan.FromMilliseconds(10);
    private const int MostPostponed = 500;

    // Turns without a sign of life after which a connection is taken to be idle, and a passed deadline to concern nobody.
    private const int Patience = 40;

    private readonly Lock _gate = new();
    private readonly List<Visit> _visits = [];
    private readonly OwnTime _ownTime = new(clock);
    private readonly Lazy<LoopbackEcho> _echo = new(() => new LoopbackEcho());
    private int _holders;
    private int _expected;
    private long _expectedAt;
    private bool _running;
    private long _activity;
    private long _turn;
    private volatile bool _enabled = true;

    /// <summary>Whether held time passes by itself; otherwise only the test moves the clock.</summary>
    public bool IsEnabled
    {
        get => _enabled;
        set => _enabled = value;
    }

    /// <summary>Turns so far in which the machine was not late.</summary>
    public long Turn => Interlocked.Read(ref _turn);

    /// <summary>Somebody is being served: their time stands still.</summary>
    public void NoteActivity() => Interlocked.Increment(ref _activity);

    /// <summary>Somebody was told the way and is about to connect.</summary>
    public void Expect()
    {
        NoteActivity();
        lock (_gate)
        {
            _expected++;
            _expectedAt = Turn;
        }
    }

    /// <summary>A connection has come; until its visit is disposed, time stands still unless the client waits or is idle.</summary>
    public Visit Enter()
    {
        var visit = new Visit(this);
        lock (_gate)
        {
            _expected = Math.Max(0, _expected - 1);
            _visits.Add(visit);
        }

        return visit;
    }

    public void Leave(Visit visit)
    {
        NoteActivity();
        lock (_gate)
        {
            _visits.Remove(visit);
        }
    }

    /// <summary>Lets time pass until the returned hold is disposed.</summary>
    public Hold Take(Visit? visit = null)
    {
        NoteActivity();
        lock (_gate)
        {
            _holders++;
            visit?.Waits(1);
            if (!_running)
            {
                _running = true;
                tasks.Run(RunAsync);
            }
        }

        return new Hold(this, visit);
    }

    /// <summary>Waits for a simulated time.</summary>
    public async Task DelayAsync(TimeSpan simulated, Visit? visit, CancellationToken cancellationToken)
    {
        using Hold hold = Take(visit);
        await SleepAsync(simulated, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for a simulated time under a hold that the caller has taken already.</summary>
    public Task SleepAsync(TimeSpan simulated, CancellationToken cancellationToken) => Task.Delay(simulated, _ownTime, cancellationToken);

    public void Dispose()
    {
        if (_echo.IsValueCreated)
        {
            _echo.Value.Dispose();
        }
    }

    private async Task RunAsync()
    {
        TimeSpan pause = LongPause;
        (long Activity, long Turn)? fired = null;
        long seen = Activity();
        while (await PauseAsync(pause).ConfigureAwait(false))
        {
            pause = LongPause;
            long now = Activity();
            bool isQuiet = now == seen;
            seen = now;
            if (fired is { } passed && now == passed.Activity && Turn - passed.Turn < Patience)
            {
                // Somebody's deadline has passed and nobody has moved: whoever set it has not had its turn yet.
                continue;
            }

            fired = null;
            if (isQuiet && _enabled && !IsAnyoneAtWork())
            {
                fired = Jump() ? (now, Turn) : null;
                pause = fired is null ? ShortPause : LongPause;
                seen = Activity();
            }
        }
    }

    /// <summary>A turn in which the machine was not late, or the last of very many; false when nobody holds the pump any more, or the internet has ended.</summary>
    private async Task<bool> PauseAsync(TimeSpan pause)
    {
        for (int postponed = 0; ; postponed++)
        {
            long asleep = TimeProvider.System.GetTimestamp();
            await Task.Delay(pause, TimeProvider.System, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested)
            {
                return false;
            }

            await _echo.Value.RoundTripAsync(ended).ConfigureAwait(false);
            lock (_gate)
            {
                if (_holders == 0)
                {
                    _running = false;
                    return false;
                }
            }

            bool isBusy = TimeProvider.System.GetElapsedTime(asleep) > pause + Tardiness || ThreadPool.PendingWorkItemCount > 0;
            if (!isBusy || postponed == MostPostponed)
            {
                Interlocked.Increment(ref _turn);
                return true;
            }
        }
    }

    /// <summary>Changes when somebody is served, or sets or ends a timer: a client that has just set itself a deadline is not stuck yet.</summary>
    private long Activity() => Interlocked.Read(ref _activity) + clock.Changes;

    private bool IsAnyoneAtWork()
    {
        lock (_gate)
        {
            if (_expected > 0 && Turn - _expectedAt >= Patience)
            {
                _expected = 0;
            }

            return _expected > 0 || _visits.Exists(visit => visit.IsAtWork(Patience));
        }
    }

    /// <summary>Moves the clock; true when that let a timer of somebody else's pass.</summary>
    private bool Jump()
    {
        DateTimeOffset now = clock.GetUtcNow();
        DateTimeOffset target = clock.NextDue is { } due && due - now <= LongestJump ? due : now + LongestJump;
        clock.Advance(target - now > SmallestJump ? target - now : SmallestJump);
        return clock.TakeFired();
    }

    private void Release(Visit? visit)
    {
        NoteActivity();
        lock (_gate)
        {
            _holders--;
            visit?.Waits(-1);
        }
    }

    internal sealed class Hold(ClockPump pump, Visit? visit) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                pump.Release(visit);
            }
        }
    }
}
