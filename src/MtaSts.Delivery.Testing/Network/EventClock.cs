using Microsoft.Extensions.Time.Testing;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>A fake clock that also knows when its next timer is due, so that time can jump there instead of creeping.</summary>
internal sealed class EventClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<EventTimer, DateTimeOffset> _due = [];
    private long _changes;
    private int _fired;

    /// <summary>How often a sender has started or ended a timer.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>When the earliest timer is due, if any is running.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_gate)
            {
                return _due.Count == 0 ? null : _due.Values.Min();
            }
        }
    }

    /// <summary>Whether a sender's timer has passed since this was last asked.</summary>
    public bool TakeFired() => Interlocked.Exchange(ref _fired, 0) > 0;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Create(callback, state, dueTime, period, isOurs: false);

    /// <summary>A timer of the fake servers themselves.</summary>
    public ITimer CreateOwnTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Create(callback, state, dueTime, period, isOurs: true);

    private EventTimer Create(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period, bool isOurs)
    {
        var timer = new EventTimer(this, callback, isOurs);
        timer.Start(base.CreateTimer(timer.Fire, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), dueTime, period);
        return timer;
    }

    private void Schedule(EventTimer timer, TimeSpan dueTime)
    {
        lock (_gate)
        {
            if (dueTime < TimeSpan.Zero)
            {
                _due.Remove(timer);
            }
            else
            {
                _due[timer] = GetUtcNow() + dueTime;
            }
        }
    }

    private sealed class EventTimer(EventClock clock, TimerCallback callback, bool isOurs) : ITimer
    {
        private ITimer? _inner;
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public void Start(ITimer timer, TimeSpan dueTime, TimeSpan newPeriod)
        {
            _inner = timer;
            Change(dueTime, newPeriod);
        }

        public void Fire(object? state)
        {
            clock.Schedule(this, _period);
            if (!isOurs)
            {
                Interlocked.Increment(ref clock._fired);
            }

            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            // A period of zero means "once", as it does for System.Threading.Timer.
            _period = newPeriod == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : newPeriod;
            clock.Schedule(this, dueTime);
            Note();
            return _inner!.Change(dueTime, _period);
        }

        public void Dispose()
        {
            clock.Schedule(this, Timeout.InfiniteTimeSpan);
            Note();
            _inner!.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Note()
        {
            if (!isOurs)
            {
                Interlocked.Increment(ref clock._changes);
            }
        }
    }
}
