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

    // Who comes back so much too late has seen that the machine is busy: others may not have had their turn.
    private static readonly TimeSpan Tardiness = TimeSpan.FromMilliseconds(10);
    private const int MostTardyPauses = 20;

    private readonly Lock gate = new();
    private readonly List<DateTimeOffset> own = [];
    private int holders;
    private bool running;
    private long activity;
    private long ownTimers;
    private volatile bool enabled = true;

    /// <summary>Whether held time passes by itself; otherwise only the test moves the clock.</summary>
    public bool IsEnabled
    {
        get => enabled;
        set => enabled = value;
    }

    /// <summary>Somebody is being served: their time stands still.</summary>
    public void NoteActivity() => Interlocked.Increment(ref activity);

    /// <summary>Lets time pass until the returned hold is disposed.</summary>
    public Hold Take()
    {
        NoteActivity();
        lock (gate)
        {
            holders++;
            if (!running)
            {
                running = true;
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
        lock (gate)
        {
            own.Add(until);
        }

        try
        {
            Interlocked.Increment(ref ownTimers);
            await Task.Delay(simulated, clock, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (gate)
            {
                own.Remove(until);
            }
        }
    }

    private async Task RunAsync()
    {
        TimeSpan pause = LongPause;
        long seen = Activity();
        int tardy = 0;
        while (true)
        {
            long asleep = TimeProvider.System.GetTimestamp();
            await Task.Delay(pause, TimeProvider.System, ended).ConfigureAwait(false);
            lock (gate)
            {
                if (holders == 0)
                {
                    running = false;
                    return;
                }
            }

            bool isTardy = TimeProvider.System.GetElapsedTime(asleep) > pause + Tardiness;
            tardy = isTardy && tardy < MostTardyPauses ? tardy + 1 : 0;
            long now = Activity();
            pause = now == seen && tardy == 0 && enabled ? Jump() : LongPause;
            seen = now;
        }
    }

    /// <summary>Changes when somebody is served, or starts a timer: a client that has just set itself a deadline is not stuck yet.</summary>
    private long Activity() => Interlocked.Read(ref activity) + clock.Started - Interlocked.Read(ref ownTimers);

    private TimeSpan Jump()
    {
        DateTimeOffset now = clock.GetUtcNow();
        DateTimeOffset target = clock.NextDue is { } due && due - now <= LongestJump ? due : now + LongestJump;
        bool isOurs;
        lock (gate)
        {
            isOurs = own.Contains(target);
        }

        bool firesTheirs = !isOurs && target != now + LongestJump;
        clock.Advance(target - now > SmallestJump ? target - now : SmallestJump);
        return firesTheirs ? LongPause : ShortPause;
    }

    private void Release()
    {
        lock (gate)
        {
            holders--;
        }
    }

    internal sealed class Hold(ClockPump pump) : IDisposable
    {
        private int released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref released, 1) == 0)
            {
                pump.Release();
            }
        }
    }
}
