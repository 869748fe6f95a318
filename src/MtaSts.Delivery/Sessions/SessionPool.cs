using System.Collections.Immutable;
using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Sessions;

/// <summary>The sessions with all MX hosts: lent for one message at a time, kept in between, and never more than the options say.</summary>
/// <remarks>
/// <para>A session is lent by judgement: what its connection has shown must satisfy the borrower's own requirement for that very host. RFC 8461 §4.</para>
/// <para>Who finds all places taken waits in line, each host having its own. Where the places of all hosts together are short, hosts take turns, and one that
/// has fewer sessions goes before one that has more, so a slow host cannot starve the others.</para>
/// </remarks>
internal sealed class SessionPool : IAsyncDisposable
{
    private const int MaxWithoutReset = 1000;

    private readonly Lock _gate = new();
    private readonly SmtpSessions _sessions;
    private readonly PoolOptions _options;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly Dictionary<HostKey, Host> _hosts = [];
    private readonly LinkedList<SmtpSession> _kept = new();
    private readonly Queue<Host> _short = new();
    private readonly HashSet<Task> _closing = [];
    private ImmutableHashSet<HostKey> _withoutReset = [];
    private int _open;
    private int _hostsAtSweep = 1000;
    private bool _disposed;

    public SessionPool(SmtpSessions sessions, PoolOptions options, TimeProvider clock)
    {
        _sessions = sessions;
        _options = options.Copy();
        _clock = clock;
        _timer = clock.CreateTimer(static self => ((SessionPool)self!).CloseStale(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether a session is to be kept behind a message.</summary>
    public bool Keeps(SmtpSession session) => _options.KeepsSessions && !_disposed && session.Observation.Step != StartTlsStep.Skipped
        && (_withoutReset.IsEmpty || !_withoutReset.Contains(session.Host)) && !IsSpent(session, _clock.GetTimestamp());

    /// <summary>How many sessions there are, lent or kept, and how many of them are kept.</summary>
    public (int Open, int Kept) Count
    {
        get
        {
            lock (_gate)
            {
                return (_open, _kept.Count);
            }
        }
    }

    /// <summary>Lends a session with one address of a host: a kept one that will do, or a fresh one. It must be given back.</summary>
    /// <param name="candidate">The host.</param>
    /// <param name="address">The address.</param>
    /// <param name="requirement">What the message demands of the connection. A fresh one is not judged yet.</param>
    /// <param name="kind">Whether a kept session will do, and whether STARTTLS is left out.</param>
    /// <param name="cancellationToken">The caller's cancellation.</param>
    public async ValueTask<SessionOpening> BorrowAsync(
        MxCandidate candidate, IPAddress address, TlsRequirement requirement, BorrowKind kind, CancellationToken cancellationToken)
    {
        var key = HostKey.Of(candidate);
        Waiter? waiter = null;
        while (true)
        {
            SmtpSession? kept = null;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, typeof(MailDeliverer));
                Host host = HostFor(key);
                if (HeldBack(host, address) is { } heldBack)
                {
                    return new SessionOpening.Failed(heldBack);
                }

                if (kind == BorrowKind.Any && host.Waiters.Count == 0)
                {
                    kept = TakeKept(host, address, requirement);
                }

                if (kept is null && (host.Waiters.Count > 0 || !TryTakePlace(host)))
                {
                    waiter = new Waiter(host, address, requirement, kind);
                    host.Waiters.AddLast(waiter);
                    NoteShort(host);
                    MakeRoom(host);
                }
                else if (kept is null)
                {
                    NoteTry(host, address);
                }
            }

            if (kept is null)
            {
                break;
            }

            // Asks the system, so not while others wait for the gate.
            if (kept.IsAlive)
            {
                return new SessionOpening.Opened(kept, IsReused: true);
            }

            lock (_gate)
            {
                Close(kept);
            }
        }

        if (waiter is not null && await WaitAsync(waiter, cancellationToken).ConfigureAwait(false) is { } granted)
        {
            return granted;
        }

        return await OpenAsync(candidate, address, requirement.Dane?.BaseDomain, kind == BorrowKind.FreshInClear, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a session back. It is lent again at once, kept, or closed if anything went wrong on it.</summary>
    /// <param name="session">The session, on which nothing is under way.</param>
    /// <param name="slowDown">Why its address is to be left alone for a while; <see langword="null"/> if it is not.</param>
    public void Return(SmtpSession session, string? slowDown)
    {
        lock (_gate)
        {
            Host host = HostFor(session.Host);
            NoteAnswer(host, session.Remote.Address, slowDown);
            if (session.IgnoresReset)
            {
                // Each message there would wait for an answer that does not come.
                _withoutReset = (_withoutReset.Count < MaxWithoutReset ? _withoutReset : []).Add(session.Host);
            }

            if (slowDown is not null || !session.IsReusable || !Keeps(session))
            {
                Close(session);
            }
            else if (host.Waiters.Count > 0 && !IsShortOfMore(host))
            {
                HandOver(host, session);
            }
            else if (_short.Count > 0)
            {
                Close(session);
            }
            else
            {
                Keep(host, session);
            }
        }
    }

    /// <summary>What there is of a host's sessions at this moment.</summary>
    public HostSessions Describe(MxCandidate candidate)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        lock (_gate)
        {
            return _hosts.TryGetValue(HostKey.Of(candidate), out Host? host)
                ? new HostSessions(host.Open, host.Kept.Count, host.Waiters.Count,
                    [.. host.BackOffs.Where(one => one.Value.HoldsAt(now)).Select(one => new HeldBackAddress(one.Key, one.Value.Until, one.Value.Reason))])
                : HostSessions.None;
        }
    }

    /// <summary>Lends nothing more and closes what is kept, with a farewell; what is lent ends with its message.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] closing;
        lock (_gate)
        {
            _disposed = true;
            foreach (Waiter waiter in _hosts.Values.SelectMany(host => host.Waiters))
            {
                waiter.TrySetException(new ObjectDisposedException(nameof(MailDeliverer)));
            }

            while (_kept.First is { } kept)
            {
                DropKept(kept.Value);
            }

            closing = [.. _closing];
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(closing).ConfigureAwait(false);
    }

    private async Task<SessionOpening> OpenAsync(MxCandidate candidate, IPAddress address, DomainName? serverName, bool inClear, CancellationToken cancellationToken)
    {
        try
        {
            SessionOpening opening = await _sessions.OpenAsync(candidate, address, serverName, inClear, cancellationToken).ConfigureAwait(false);
            if (opening is SessionOpening.Failed(var failure))
            {
                lock (_gate)
                {
                    Host host = HostFor(HostKey.Of(candidate));
                    NoteAnswer(host, address, BackOff.IsCalledFor(failure) ? failure.Detail : null);
                    FreePlace(host);
                }
            }

            return opening;
        }
        catch
        {
            lock (_gate)
            {
                Host host = HostFor(HostKey.Of(candidate));
                if (host.BackOffs.TryGetValue(address, out BackOff? backOff))
                {
                    // Nothing is known: the next message may try.
                    host.BackOffs[address] = backOff with { IsBeingTried = false };
                }

                FreePlace(host);
            }

            throw;
        }
    }

    /// <summary>Waits for a session or, when the result is <see langword="null"/>, for a place to open one.</summary>
    private async Task<SessionOpening?> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            return await waiter.Task.WaitAsync(_options.MaxWait, _clock, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                if (!waiter.Task.IsCompleted)
                {
                    waiter.Host.Waiters.Remove(waiter);
                    waiter.TrySetCanceled(CancellationToken.None);
                    return failure is TimeoutException
                        ? new SessionOpening.Failed(new SessionFailure(SessionFailureKind.HeldBack, SmtpPhase.Connect,
                            FormattableString.Invariant($"no session became free within {_options.MaxWait.TotalSeconds:0.#} s: all of this sender's places for it are taken")))
                        : throw new OperationCanceledException(cancellationToken);
                }
            }

            // Granted at the last moment.
            return await waiter.Task.ConfigureAwait(false);
        }
    }

    private Host HostFor(HostKey key)
    {
        if (!_hosts.TryGetValue(key, out Host? host))
        {
            SweepHosts();
            _hosts.Add(key, host = new Host(key));
        }

        return host;
    }

    /// <summary>Forgets hosts of which there is nothing to know, when there are twice as many as after the last time.</summary>
    private void SweepHosts()
    {
        if (_hosts.Count < _hostsAtSweep)
        {
            return;
        }

        DateTimeOffset now = _clock.GetUtcNow();
        foreach ((HostKey key, Host host) in _hosts.ToArray())
        {
            if (host.Open == 0 && host.Waiters.Count == 0 && !host.IsShort && host.BackOffs.Values.All(one => one.Until + _options.MaxBackOff < now))
            {
                _hosts.Remove(key);
            }
        }

        _hostsAtSweep = Math.Max(1000, 2 * _hosts.Count);
    }

    private SessionFailure? HeldBack(Host host, IPAddress address)
    {
        if (!host.BackOffs.TryGetValue(address, out BackOff? backOff))
        {
            return null;
        }

        return backOff.IsBeingTried || backOff.HoldsAt(_clock.GetUtcNow()) ? Describe(backOff) : null;
    }

    private static SessionFailure Describe(BackOff backOff) => new(SessionFailureKind.HeldBack, SmtpPhase.Connect,
        FormattableString.Invariant($"not tried until {backOff.Until:HH:mm:ss} UTC, as a moment ago it failed: {backOff.Reason}"));

    /// <summary>Notes that an address which was left alone is tried, so that only one message does.</summary>
    private static void NoteTry(Host host, IPAddress address)
    {
        if (host.BackOffs.TryGetValue(address, out BackOff? backOff))
        {
            host.BackOffs[address] = backOff with { IsBeingTried = true };
        }
    }

    /// <summary>Notes what came of a session: whether its address is left alone from now on, and with it who waits for it.</summary>
    private void NoteAnswer(Host host, IPAddress address, string? slowDown)
    {
        if (slowDown is null)
        {
            host.BackOffs.Remove(address);
            return;
        }

        if (_options.BackOff == TimeSpan.Zero)
        {
            return;
        }

        BackOff backOff = BackOff.After(host.BackOffs.GetValueOrDefault(address), slowDown, _options, _clock.GetUtcNow()) with { IsBeingTried = false };
        host.BackOffs[address] = backOff;
        foreach (Waiter waiter in host.Waiters.Where(waiter => waiter.Address.Equals(address)).ToArray())
        {
            host.Waiters.Remove(waiter);
            waiter.TrySetResult(new SessionOpening.Failed(Describe(backOff)));
        }
    }

    private SmtpSession? TakeKept(Host host, IPAddress address, TlsRequirement requirement)
    {
        for (int i = host.Kept.Count - 1; i >= 0; i--)
        {
            SmtpSession session = host.Kept[i];
            if (!Suits(session, address, requirement))
            {
                continue;
            }

            if (!IsSpent(session, _clock.GetTimestamp()))
            {
                host.Kept.RemoveAt(i);
                _kept.Remove(session.Place!);
                return session;
            }

            DropKept(session);
        }

        return null;
    }

    private bool Suits(SmtpSession session, IPAddress address, TlsRequirement requirement) =>
        session.Remote.Address.Equals(address) && TlsRules.Judge(requirement, session.Observation.At(_clock.GetUtcNow())) is TlsVerdict.Proceed;

    private bool IsSpent(SmtpSession session, long now) =>
        session.Messages >= Math.Min(_options.MaxMessagesPerSession, session.Limits.Transactions ?? int.MaxValue) || _clock.GetElapsedTime(session.OpenedAt, now) >= _options.MaxAge;

    /// <summary>Takes a place for a fresh session, if there is one.</summary>
    private bool TryTakePlace(Host host)
    {
        if (host.Open >= _options.MaxSessionsPerHost || _open >= _options.MaxSessions)
        {
            return false;
        }

        host.Open++;
        _open++;
        return true;
    }

    /// <summary>Closes a kept session that did not suit, or the oldest of any host, so that somebody who waits for a place has one soon.</summary>
    private void MakeRoom(Host host)
    {
        SmtpSession? dispensable = host.Open >= _options.MaxSessionsPerHost ? host.Kept.FirstOrDefault() : _kept.First?.Value;
        if (dispensable is not null)
        {
            DropKept(dispensable);
        }
    }

    /// <summary>Gives up the place of a session that has ended, to whose turn it is.</summary>
    private void FreePlace(Host host)
    {
        host.Open--;
        _open--;
        NoteShort(host);
        while (_short.TryPeek(out Host? next))
        {
            if (next.Waiters.First is not { } first)
            {
                _short.Dequeue();
                next.IsShort = false;
                continue;
            }

            if (next.Open >= _options.MaxSessionsPerHost)
            {
                // Its own sessions' ends will bring it back.
                _short.Dequeue();
                next.IsShort = false;
                continue;
            }

            if (!TryTakePlace(next))
            {
                return;
            }

            _short.Dequeue();
            next.IsShort = false;
            Grant(next, first.Value, null);
            NoteShort(next);
        }
    }

    /// <summary>Remembers a host that has waiters and could have another session, if only there were a place.</summary>
    private void NoteShort(Host host)
    {
        if (!host.IsShort && host.Waiters.Count > 0 && host.Open < _options.MaxSessionsPerHost)
        {
            host.IsShort = true;
            _short.Enqueue(host);
        }
    }

    /// <summary>Whether another host waits for a place that has fewer sessions by more than one: it goes first.</summary>
    private bool IsShortOfMore(Host host) => _short.Any(other => other != host && other.Waiters.Count > 0 && other.Open + 1 < host.Open);

    /// <summary>Lends a session that came back to the first waiter, or gives it the place where the session does not suit: whoever waits longest is never overtaken.</summary>
    private void HandOver(Host host, SmtpSession session)
    {
        Waiter waiter = host.Waiters.First!.Value;
        if (waiter.Kind == BorrowKind.Any && Suits(session, waiter.Address, waiter.Requirement))
        {
            Grant(host, waiter, new SessionOpening.Opened(session, IsReused: true));
            return;
        }

        Close(session);
    }

    private static void Grant(Host host, Waiter waiter, SessionOpening? granted)
    {
        host.Waiters.Remove(waiter);
        if (granted is null)
        {
            NoteTry(host, waiter.Address);
        }

        waiter.TrySetResult(granted);
    }

    private void Keep(Host host, SmtpSession session)
    {
        session.KeptSince = _clock.GetTimestamp();
        session.Place = _kept.AddLast(session);
        host.Kept.Add(session);
        if (_kept.Count == 1)
        {
            _timer.Change(_options.IdleTimeout, Timeout.InfiniteTimeSpan);
        }
    }

    private void DropKept(SmtpSession session)
    {
        Host host = HostFor(session.Host);
        host.Kept.Remove(session);
        _kept.Remove(session.Place!);
        Close(session);
    }

    /// <summary>Closes what has waited too long; the first in line has waited longest.</summary>
    private void CloseStale()
    {
        lock (_gate)
        {
            while (!_disposed && _kept.First is { } oldest)
            {
                TimeSpan left = _options.IdleTimeout - _clock.GetElapsedTime(oldest.Value.KeptSince);
                if (left > TimeSpan.Zero)
                {
                    _timer.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                    return;
                }

                DropKept(oldest.Value);
            }
        }
    }

    /// <summary>Takes leave of a session in the background; its place is free when it is gone.</summary>
    private void Close(SmtpSession session)
    {
        Host host = HostFor(session.Host);
        host.Closing++;
        Task closing = Task.Run(async () =>
        {
            await using (session.ConfigureAwait(false))
            {
                await session.QuitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        });
        _closing.Add(closing);
        _ = closing.ContinueWith(
            ended =>
            {
                lock (_gate)
                {
                    _closing.Remove(ended);
                    host.Closing--;
                    FreePlace(host);
                }
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>One host and what there is of its sessions.</summary>
    private sealed class Host(HostKey key)
    {
        public HostKey Key { get; } = key;

        /// <summary>How many sessions are being opened, lent, kept or being closed.</summary>
        public int Open { get; set; }

        /// <summary>How many of them are being closed.</summary>
        public int Closing { get; set; }

        /// <summary>The sessions that wait for a message, the last used last.</summary>
        public List<SmtpSession> Kept { get; } = [];

        /// <summary>Who waits for a session, first come first served.</summary>
        public LinkedList<Waiter> Waiters { get; } = new();

        public Dictionary<IPAddress, BackOff> BackOffs { get; } = [];

        /// <summary>Whether it stands in the line of hosts that need a place.</summary>
        public bool IsShort { get; set; }
    }

    /// <summary>Somebody who waits for a session with an address of a host.</summary>
    private sealed class Waiter(Host host, IPAddress address, TlsRequirement requirement, BorrowKind kind)
        : TaskCompletionSource<SessionOpening?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Host Host { get; } = host;

        public IPAddress Address { get; } = address;

        public TlsRequirement Requirement { get; } = requirement;

        public BorrowKind Kind { get; } = kind;
    }
}
