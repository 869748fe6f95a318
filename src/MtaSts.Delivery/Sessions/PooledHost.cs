using System.Net;

namespace MtaSts.Delivery.Sessions;

/// <summary>One host and what its pool knows of it.</summary>
internal sealed class PooledHost
{
    private readonly Dictionary<IPAddress, BackOff> _backOffs = [];

    /// <summary>How many sessions are being opened, lent, kept or being closed.</summary>
    public int Open { get; set; }

    /// <summary>How many of them are being closed.</summary>
    public int Closing { get; set; }

    /// <summary>The sessions that wait for a message, the last used last.</summary>
    public List<SmtpSession> Kept { get; } = [];

    /// <summary>Who waits for a session, first come first served.</summary>
    public LinkedList<SessionWaiter> Waiters { get; } = new();

    /// <summary>Whether it stands in the line of hosts that need a place.</summary>
    public bool IsShort { get; set; }

    /// <summary>When it last did not do as RSET asks, as a timestamp of the clock.</summary>
    public long? IgnoredResetAt { get; set; }

    /// <summary>Which of its addresses are left alone now.</summary>
    public IEnumerable<HeldBackAddress> HeldBackBy(TimeProvider clock) =>
        _backOffs.Where(one => one.Value.HoldsBy(clock)).Select(one => new HeldBackAddress(one.Key, clock.GetUtcNow() + one.Value.LeftBy(clock), one.Value.Reason));

    /// <summary>Whether nothing is to be remembered of its addresses any more.</summary>
    public bool HasRested(PoolOptions options, TimeProvider clock) => _backOffs.Values.All(one => HasRested(one, options, clock));

    /// <summary>Why an address is left alone, or <see langword="null"/>.</summary>
    public SessionFailure? HeldBack(IPAddress address, TimeProvider clock) =>
        _backOffs.TryGetValue(address, out BackOff? backOff) && (backOff.IsBeingTried || backOff.HoldsBy(clock)) ? Describe(backOff, clock) : null;

    /// <summary>Notes whether an address that was left alone is tried, so that only one message does.</summary>
    public void NoteTry(IPAddress address, bool isUnderWay)
    {
        if (_backOffs.TryGetValue(address, out BackOff? backOff))
        {
            _backOffs[address] = backOff with { IsBeingTried = isUnderWay };
        }
    }

    /// <summary>Notes what came of a session: whether its address is left alone from now on, and with it who waits for it.</summary>
    public void NoteAnswer(IPAddress address, string? slowDown, PoolOptions options, TimeProvider clock)
    {
        if (slowDown is null)
        {
            _backOffs.Remove(address);
            return;
        }

        if (options.BackOff == TimeSpan.Zero)
        {
            return;
        }

        foreach ((IPAddress rested, _) in _backOffs.Where(one => HasRested(one.Value, options, clock)).ToArray())
        {
            // A host may have other addresses every time.
            _backOffs.Remove(rested);
        }

        BackOff backOff = BackOff.After(_backOffs.GetValueOrDefault(address), slowDown, options, clock) with { IsBeingTried = false };
        _backOffs[address] = backOff;
        foreach (SessionWaiter waiter in Waiters.Where(waiter => waiter.Address.Equals(address)).ToArray())
        {
            Waiters.Remove(waiter);
            waiter.TrySetResult(new SessionOpening.Failed(Describe(backOff, clock)));
        }
    }

    /// <summary>Gives a waiter what it waits for: a session, or a place to open one.</summary>
    public void Grant(SessionWaiter waiter, SessionOpening? granted)
    {
        Waiters.Remove(waiter);
        if (granted is null)
        {
            NoteTry(waiter.Address, isUnderWay: true);
        }

        waiter.TrySetResult(granted);
    }

    private static bool HasRested(BackOff backOff, PoolOptions options, TimeProvider clock) => backOff.LeftBy(clock) < -options.MaxBackOff;

    private static SessionFailure Describe(BackOff backOff, TimeProvider clock) => new(SessionFailureKind.HeldBack, SmtpPhase.Connect, backOff.IsBeingTried
        ? "not tried, as another message is trying whether it still fails: " + backOff.Reason
        : FormattableString.Invariant($"not tried until {clock.GetUtcNow() + backOff.LeftBy(clock):HH:mm:ss} UTC, as a moment ago it failed: {backOff.Reason}"));
}
