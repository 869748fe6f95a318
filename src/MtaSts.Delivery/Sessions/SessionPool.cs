using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Sessions;

/// <summary>The sessions with all MX hosts: lent for one message at a time, kept in between, and never more than the options say.</summary>
/// <remarks>A session is lent by judgement: what its connection has shown must satisfy the borrower's own requirement for that very host. RFC 8461 §4.</remarks>
internal sealed class SessionPool : IAsyncDisposable
{
    /// <summary>How long a host's sessions are not kept after it did not do as RSET asks: each message there would wait for an answer that does not come.</summary>
    private static readonly TimeSpan WithoutReset = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly SmtpSessions _sessions;
    private readonly PoolOptions _options;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly Dictionary<HostKey, PooledHost> _hosts = [];
    private readonly LinkedList<SmtpSession> _kept = new();
    private readonly SessionPlaces _places;
    private readonly HashSet<Task> _closing = [];
    private int _hostsAtSweep = 1000;
    private bool _disposed;

    public SessionPool(SmtpSessions sessions, PoolOptions options, TimeProvider clock)
    {
        _sessions = sessions;
        _options = options.Copy();
        _places = new SessionPlaces(_options);
        _clock = clock;
        _timer = clock.CreateTimer(static self => ((SessionPool)self!).CloseStale(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether nothing more is lent.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed);

    /// <summary>Whether a session is to be kept behind a message.</summary>
    public bool Keeps(SmtpSession session)
    {
        if (!_options.KeepsSessions || session.Observation.Step == StartTlsStep.Skipped)
        {
            return false;
        }

        lock (_gate)
        {
            return !_disposed && !IsWithoutReset(HostFor(session.Host)) && !IsSpent(session, _clock.GetTimestamp());
        }
    }

    /// <summary>How many sessions there are, lent, kept or taking leave, and how many of them are kept.</summary>
    public (int Open, int Kept) Count
    {
        get
        {
            lock (_gate)
            {
                return (_places.Open, _kept.Count);
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
        SessionWaiter? waiter = null;
        while (true)
        {
            SmtpSession? kept = null;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, typeof(MailDeliverer));
                PooledHost host = HostFor(key);
                if (host.HeldBack(address, _clock) is { } heldBack)
                {
                    return new SessionOpening.Failed(heldBack);
                }

                if (kind == BorrowKind.Any && host.Waiters.Count == 0)
                {
                    kept = TakeKept(host, address, requirement);
                }

                if (kept is null && (host.Waiters.Count > 0 || !_places.TryTake(host)))
                {
                    waiter = new SessionWaiter(host, address, requirement, kind);
                    _places.Wait(waiter);
                    MakeRoom(host);
                }
                else if (kept is null)
                {
                    host.NoteTry(address, isUnderWay: true);
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
            PooledHost host = HostFor(session.Host);
            host.NoteAnswer(session.Remote.Address, slowDown, _options, _clock);
            if (session.IgnoresReset)
            {
                host.IgnoredResetAt = _clock.GetTimestamp();
            }

            if (slowDown is not null || !session.IsReusable || !Keeps(session))
            {
                Close(session);
            }
            else if (host.Waiters.Count > 0 && !_places.IsShortOfMore(host))
            {
                HandOver(host, session);
            }
            else if (_places.IsAnyShort)
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
        lock (_gate)
        {
            return _hosts.TryGetValue(HostKey.Of(candidate), out PooledHost? host)
                ? new HostSessions(host.Open, host.Kept.Count, host.Waiters.Count, [.. host.HeldBackBy(_clock)])
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
            foreach (SessionWaiter waiter in _hosts.Values.SelectMany(host => host.Waiters))
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
                    PooledHost host = HostFor(HostKey.Of(candidate));
                    host.NoteAnswer(address, BackOff.IsCalledFor(failure) ? failure.Detail : null, _options, _clock);
                    _places.Free(host);
                }
            }

            return opening;
        }
        catch
        {
            lock (_gate)
            {
                PooledHost host = HostFor(HostKey.Of(candidate));
                // Nothing is known: the next message may try.
                host.NoteTry(address, isUnderWay: false);
                _places.Free(host);
            }

            throw;
        }
    }

    /// <summary>Waits for a session or, when the result is <see langword="null"/>, for a place to open one.</summary>
    private async Task<SessionOpening?> WaitAsync(SessionWaiter waiter, CancellationToken cancellationToken)
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

    private PooledHost HostFor(HostKey key)
    {
        if (!_hosts.TryGetValue(key, out PooledHost? host))
        {
            SweepHosts();
            _hosts.Add(key, host = new PooledHost());
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

        foreach ((HostKey key, PooledHost host) in _hosts.ToArray())
        {
            if (host.Open == 0 && host.Waiters.Count == 0 && !host.IsShort && !IsWithoutReset(host) && host.HasRested(_options, _clock))
            {
                _hosts.Remove(key);
            }
        }

        _hostsAtSweep = Math.Max(1000, 2 * _hosts.Count);
    }

    private SmtpSession? TakeKept(PooledHost host, IPAddress address, TlsRequirement requirement)
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

    private bool IsWithoutReset(PooledHost host) => host.IgnoredResetAt is { } at && _clock.GetElapsedTime(at) < WithoutReset;

    private bool IsSpent(SmtpSession session, long now) =>
        session.Transactions >= Math.Min(_options.MaxMessagesPerSession, session.Limits.Transactions ?? int.MaxValue) || _clock.GetElapsedTime(session.OpenedAt, now) >= _options.MaxAge;

    /// <summary>Closes a kept session that did not suit, or the oldest of any host, so that somebody who waits for a place has one soon.</summary>
    private void MakeRoom(PooledHost host)
    {
        if (host.Closing >= host.Waiters.Count)
        {
            // Places for all who wait are on their way.
            return;
        }

        // Where they are more than the host may have sessions, only its own can make room.
        SmtpSession? dispensable = host.Open + host.Waiters.Count > _options.MaxSessionsPerHost ? host.Kept.FirstOrDefault() : _kept.First?.Value;
        if (dispensable is not null)
        {
            DropKept(dispensable);
        }
    }

    /// <summary>Lends a session that came back to the first waiter, or gives it the place where the session does not suit: whoever waits longest is never overtaken.</summary>
    private void HandOver(PooledHost host, SmtpSession session)
    {
        SessionWaiter waiter = host.Waiters.First!.Value;
        if (waiter.Kind == BorrowKind.Any && Suits(session, waiter.Address, waiter.Requirement))
        {
            host.Grant(waiter, new SessionOpening.Opened(session, IsReused: true));
            return;
        }

        Close(session);
    }

    private void Keep(PooledHost host, SmtpSession session)
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
        PooledHost host = HostFor(session.Host);
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
                    // A simulated clock may have been set back by more than a timer can be set to.
                    _timer.Change((left < _options.IdleTimeout ? left : _options.IdleTimeout) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                    return;
                }

                DropKept(oldest.Value);
            }
        }
    }

    /// <summary>Takes leave of a session in the background; its place is free when it is gone.</summary>
    private void Close(SmtpSession session)
    {
        PooledHost host = HostFor(session.Host);
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
                    _places.Free(host);
                }
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
