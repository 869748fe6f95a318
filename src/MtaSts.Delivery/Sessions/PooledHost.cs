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

    /// <summary>Which of its addresses are left alone at a moment.</summary>
    public IEnumerable<HeldBackAddress> HeldBackAt(DateTimeOffset now) =>
        _backOffs.Where(one => one.Value.HoldsAt(now)).Select(one => new HeldBackAddress(one.Key, one.Value.Until, one.Value.Reason));

    /// <summary>Whether nothing is to be remembered of its addresses any more.</summary>
    public bool HasRested(DateTimeOffset now, PoolOptions options) => _backOffs.Values.All(one => one.Until + options.MaxBackOff < now);

    /// <summary>Why an address is left alone, or <see langword="null"/>.</summary>
    public SessionFailure? HeldBack(IPAddress address, DateTimeOffset now) =>
        _backOffs.TryGetValue(address, out BackOff? backOff) && (backOff.IsBeingTried || backOff.HoldsAt(now)) ? Describe(backOff) : null;

    /// <summary>Notes whether an address that was left alone is tried, so that only one message does.</summary>
    public void NoteTry(IPAddress address, bool isUnderWay)
    {
        if (_backOffs.TryGetValue(address, out BackOff? backOff))
        {
            _backOffs[address] = backOff with { IsBeingTried = isUnderWay };
        }
    }

    /// <summary>Notes what came of a session: whether its address is left alone from now on, and with it who waits for it.</summary>
    public void NoteAnswer(IPAddress address, string? slowDown, PoolOptions options, DateTimeOffset now)
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

        BackOff backOff = BackOff.After(_backOffs.GetValueOrDefault(address), slowDown, options, now) with { IsBeingTried = false };
        _backOffs[address] = backOff;
        foreach (SessionWaiter waiter in Waiters.Where(waiter => waiter.Address.Equals(address)).ToArray())
        {
            Waiters.Remove(waiter);
            waiter.TrySetResult(new SessionOpening.Failed(Describe(backOff)));
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

    private static SessionFailure Describe(BackOff backOff) => new(SessionFailureKind.HeldBack, SmtpPhase.Connect,
        FormattableString.Invariant($"not tried until {backOff.Until:HH:mm:ss} UTC, as a moment ago it failed: {backOff.Reason}"));
}
