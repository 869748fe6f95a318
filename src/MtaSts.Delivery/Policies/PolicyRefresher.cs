using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>Fetches policies again before they expire. RFC 8461 §3.3, §10.2.</summary>
/// <remarks>A heap of moments: each tick looks at what is due and at nothing else. What is in it and no longer so is passed over when its moment comes.</remarks>
internal sealed class PolicyRefresher(
    PolicyCache cache, Func<DomainName, CancellationToken, Task<PolicyDiscovery>> refresh, PolicyOptions options, TimeProvider clock, Random random, ILogger logger)
{
    private static readonly TimeSpan LongestNap = TimeSpan.FromMinutes(15);

    // Until the clock can be trusted, what it says to forget is looked at again that much later.
    private static readonly TimeSpan Delay = TimeSpan.FromHours(6);

    private readonly TimeSpan _interval = options.RefreshInterval;
    private readonly TimeSpan _usedWithin = options.RefreshIfUsedWithin;
    private readonly int _concurrency = options.RefreshConcurrency;
    private readonly Lock _gate = new();
    private readonly PriorityQueue<DomainName, long> _due = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isStale;
    private bool _isRunning;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isRunning)
            {
                throw new InvalidOperationException("The refresh of policies runs already: AddMtaStsDelivery starts it with the host; start it by hand only without one.");
            }

            _isRunning = _isStale = true;
            cache.Changed = OnChanged;
            cache.Loaded = OnLoaded;
        }

        try
        {
            // Not disposed: what is being fetched when this ends gives its slot back later.
            await RunAsync(new SemaphoreSlim(_concurrency), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // That is how it ends. What is being fetched goes on by itself, and ends by its own deadline.
        }
        finally
        {
            lock (_gate)
            {
                cache.Changed = null;
                cache.Loaded = null;
                _isRunning = false;
                _due.Clear();
            }
        }
    }

    /// <summary>Notes that mail asked for a policy, and takes one up again that was left to expire.</summary>
    public void NoteUse(DomainName domain, PolicyEntry entry, DateTimeOffset now)
    {
        bool wasLeft = now - entry.LastUsedAt > _usedWithin && !entry.IsPinned;
        if (RefreshRules.IsUseNews(entry.LastUsedAt, now))
        {
            entry.LastUsedAt = now;
        }

        if (wasLeft)
        {
            OnChanged(domain, entry, isDue: true);
        }
    }

    private async Task RunAsync(SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        cache.Clock.Look();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            DateTimeOffset now = clock.GetUtcNow();
            if (cache.Clock.Look() is var jump && jump != TimeSpan.Zero)
            {
                logger.ClockJumped(jump);
                _isStale = true;
            }

            TakeStock(now);
            while (TakeDue(now) is var (domain, entry))
            {
                await ActAsync(domain, entry, now, slots, cancellationToken).ConfigureAwait(false);
            }

            await NapAsync(now, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Works the moments out anew, once after the start, a load, or a jump of the clock.</summary>
    private void TakeStock(DateTimeOffset now)
    {
        lock (_gate)
        {
            // Whatever is in the heap beyond one moment a domain is left over from earlier ones.
            if (!_isStale && _due.Count <= (2 * cache.Count) + 1000)
            {
                return;
            }

            _isStale = false;
            _due.Clear();
        }

        foreach ((DomainName domain, PolicyEntry entry) in cache.Entries)
        {
            if (cache.Read(entry) is not { } policy)
            {
                logger.StoredPolicyUnreadable(domain.Value);
                cache.Forget(domain);
                continue;
            }

            DateTimeOffset fetchedAt = RefreshRules.FetchedAt(policy.FetchedAt, now);
            DateTimeOffset expiresAt = fetchedAt + policy.Policy.MaxAge;
            DateTimeOffset? due = fetchedAt == policy.FetchedAt ? RefreshRules.AfterFetch(fetchedAt, policy.Policy.MaxAge, _interval, random.NextDouble()) : now;
            Schedule(domain, entry, due is { } moment ? RefreshRules.AfterStart(moment, expiresAt, now, random.NextDouble()) : RefreshRules.AfterLeaving(expiresAt));
        }
    }

    private (DomainName Domain, PolicyEntry Entry)? TakeDue(DateTimeOffset now)
    {
        lock (_gate)
        {
            while (_due.TryPeek(out DomainName? domain, out long moment) && moment <= now.UtcTicks)
            {
                _due.Dequeue();
                if (cache.Find(domain) is { } entry && entry.DueAt == moment)
                {
                    return (domain, entry);
                }
            }

            return null;
        }
    }

    private async Task ActAsync(DomainName domain, PolicyEntry entry, DateTimeOffset now, SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        if (cache.Read(entry) is not { } policy)
        {
            cache.Forget(domain);
            return;
        }

        switch (RefreshRules.Next(entry, policy.ExpiresAt, _usedWithin, now))
        {
            case RefreshStep.Refresh:
                await slots.WaitAsync(cancellationToken).ConfigureAwait(false);
                _ = RefreshAsync(domain, entry, policy, slots);
                break;

            case RefreshStep.Leave:
                Schedule(domain, entry, RefreshRules.AfterLeaving(policy.ExpiresAt));
                break;

            case RefreshStep.Forget when !cache.Clock.IsSettled():
                Schedule(domain, entry, now + Delay);
                break;

            case RefreshStep.Forget:
                cache.Forget(domain);
                break;
        }
    }

    private async Task RefreshAsync(DomainName domain, PolicyEntry entry, CachedPolicy policy, SemaphoreSlim slots)
    {
        PolicyFault? fault;
        try
        {
            PolicyDiscovery found = await refresh(domain, CancellationToken.None).ConfigureAwait(false);
            fault = found.Source == PolicySource.Fetched ? null : found.Fault ?? new PolicyFault(PolicyFaultKind.RecordUnavailable, "nothing was fetched");
        }
        catch (Exception failure)
        {
            // A resolver is foreign code; the other domains go on.
            logger.RefreshFailed(failure, domain.Value);
            fault = new PolicyFault(PolicyFaultKind.RecordUnavailable, failure.Message);
        }
        finally
        {
            slots.Release();
        }

        if (cache.Find(domain) != entry)
        {
            // A new entry has been given its own moment.
            return;
        }

        // Also when nothing failed: there was no room for what was fetched, or it was the end of an earlier fetch.
        DateTimeOffset now = clock.GetUtcNow();
        entry.Failures++;
        Schedule(domain, entry, RefreshRules.AfterFailure(now, policy.ExpiresAt, entry.Failures, random.NextDouble()));
        if (fault is not null && policy.Policy.Mode != PolicyMode.None && policy.HoldsAt(now))
        {
            cache.Raise(new PolicyEvent.RefreshFailing(domain, policy, fault, policy.ExpiresAt - now));
        }
    }

    private void OnChanged(DomainName domain, PolicyEntry entry, bool isDue)
    {
        DateTimeOffset now = clock.GetUtcNow();
        if (cache.Read(entry) is { } policy)
        {
            DateTimeOffset? due = isDue ? now : RefreshRules.AfterFetch(policy.FetchedAt, policy.Policy.MaxAge, _interval, random.NextDouble());
            Schedule(domain, entry, due ?? RefreshRules.AfterLeaving(policy.ExpiresAt));
        }
    }

    private void OnLoaded()
    {
        lock (_gate)
        {
            _isStale = true;
            _news.TrySetResult();
        }
    }

    private void Schedule(DomainName domain, PolicyEntry entry, DateTimeOffset due)
    {
        lock (_gate)
        {
            if (!_isRunning)
            {
                return;
            }

            bool isFirst = !_due.TryPeek(out _, out long first) || due.UtcTicks < first;
            entry.DueAt = due.UtcTicks;
            _due.Enqueue(domain, due.UtcTicks);
            if (isFirst)
            {
                _news.TrySetResult();
            }
        }
    }

    private async Task NapAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        Task news;
        TimeSpan nap = LongestNap;
        lock (_gate)
        {
            if (_news.Task.IsCompleted)
            {
                _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return;
            }

            news = _news.Task;
            if (_due.TryPeek(out _, out long first) && first - now.UtcTicks < nap.Ticks)
            {
                nap = TimeSpan.FromTicks(Math.Max(first - now.UtcTicks, 1));
            }
        }

        // A millisecond more: a timer that rings early would find nothing due.
        Task rest = news.WaitAsync(nap + TimeSpan.FromMilliseconds(1), clock, cancellationToken);
        if (clock.GetUtcNow() - now < nap)
        {
            // Otherwise time has passed before the timer was set, and it would ring too late.
            await rest.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
