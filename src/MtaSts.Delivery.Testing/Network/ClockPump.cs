namespace MtaSts.Delivery.Testing.Network;

/// <summary>Lets simulated time pass while a fake server keeps its client waiting.</summary>
/// <remarks>
/// Time moves only while somebody holds the pump and nobody is being served: it jumps to the next timer on the clock
/// (usually the sender's own deadline), at most 30 seconds at a time so that a timer which is set late is not passed over.
/// </remarks>
internal sealed class ClockPump(EventClock clock, BackgroundTasks tasks, CancellationToken ended)
{
    private static readonly TimeSpan LongestJump = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SmallestJump = TimeSpan.FromMilliseconds(1);

    // Real time. The long pause lets the client set a deadline, or react to one that has just passed.
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongPause = TimeSpan.FromMilliseconds(10);
    private const int MostPostponed = 50;

    private readonly Lock _gate = new();
    private readonly List<DateTimeOffset> _own = [];
    private int _holders;
    private bool _running;
    private long _activity;
    private volatile bool _enabled = true;

    /// <summary>Whether held time passes by itself; otherwise only the test moves the clock.</summary>
    public bool IsEnabled
    {
        get => _enabled;
        set => _enabled = value;
    }

    /// <summary>Somebody is being served: their time stands still.</summary>
    public void NoteActivity() => Interlocked.Increment(ref _activity);

    /// <summary>Lets time pass until the returned hold is disposed.</summary>
    public Hold Take()
    {
        NoteActivity();
        lock (_gate)
        {
            _holders++;
            if (!_running)
            {
                _running = true;
                tasks.Run(RunAsync);
            }
        }

        return new Hold(this);
    }

    /// <summary>Waits for a simulated time.</summary>
    public async Task DelayAsync(TimeSpan simulated, CancellationToken cancellationToken)
    {
        using Hold hold = Take();
        await SleepAsync(simulated, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for a simulated time under a hold that the caller has taken already.</summary>
    public async Task SleepAsync(TimeSpan simulated, CancellationToken cancellationToken)
    {
        DateTimeOffset until = clock.GetUtcNow() + simulated;
        lock (_gate)
        {
            _own.Add(until);
        }

        try
        {
            await Task.Delay(simulated, clock, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _own.Remove(until);
            }
        }
    }

    private async Task RunAsync()
    {
        TimeSpan pause = LongPause;
        long seen = Interlocked.Read(ref _activity);
        int postponed = 0;
        while (true)
        {
            await Task.Delay(pause, TimeProvider.System, ended).ConfigureAwait(false);
            lock (_gate)
            {
                if (_holders == 0)
                {
                    _running = false;
                    return;
                }
            }

            long now = Interlocked.Read(ref _activity);

            // On a busy machine silence may only mean that somebody's turn has not come yet.
            postponed = now == seen && ThreadPool.PendingWorkItemCount > 0 && postponed < MostPostponed ? postponed + 1 : 0;
            pause = now == seen && postponed == 0 && _enabled ? Jump() : LongPause;
            seen = now;
        }
    }

    private TimeSpan Jump()
    {
        DateTimeOffset now = clock.GetUtcNow();
        DateTimeOffset target = clock.NextDue is { } due && due - now <= LongestJump ? due : now + LongestJump;
        bool isOurs;
        lock (_gate)
        {
            isOurs = _own.Contains(target);
        }

        bool firesTheirs = !isOurs && target != now + LongestJump;
        clock.Advance(target - now > SmallestJump ? target - now : SmallestJump);
        return firesTheirs ? LongPause : ShortPause;
    }

    private void Release()
    {
        lock (_gate)
        {
            _holders--;
        }
    }

    internal sealed class Hold(ClockPump pump) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                pump.Release();
            }
        }
    }
}
