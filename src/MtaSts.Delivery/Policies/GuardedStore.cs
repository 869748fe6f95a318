using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>A policy store that may fail, hang or be away without mail being held up or a policy being lost.</summary>
/// <remarks>
/// <para>Before each write the store is read: another process may have fetched later, and what it wrote is taken over.</para>
/// <para>Writes go one batch after the other, so that the last word on a domain is the last one written; what comes together is written together.</para>
/// <para>When the store fails, mail goes on with what is in memory. The store is tried again, after half a minute at first and ten minutes at
/// last, and then told everything that it missed.</para>
/// </remarks>
internal sealed class GuardedStore : IAsyncDisposable
{
    private const int MostAtOnce = 1000;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan PatienceForReading = TimeSpan.FromSeconds(30);
    private static readonly DomainName Probe = DomainName.Parse("probe.invalid");

    private readonly IPolicyStore _store;
    private readonly TimeSpan _patience;
    private readonly Settling _settle;
    private readonly Func<CancellationToken, Task> _recovered;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<DomainName, Change> _unsaved = [];
    private readonly ITimer _retry;
    private readonly CancellationTokenSource _ended = new();
    private readonly TimeProvider _clock;
    private Batch _next = new();
    private Task _writing = Task.CompletedTask;
    private Task _outstanding = Task.CompletedTask;
    private TimeSpan _retryDelay = FirstRetry;
    private bool _isWriting;
    private volatile bool _isDown;

    /// <summary>Wraps a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="patience">How long one call of the store may take.</param>
    /// <param name="settle">Says what is to be kept for a domain now.</param>
    /// <param name="recovered">Called when the store answers again after it did not.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">Where outages are told.</param>
    public GuardedStore(IPolicyStore store, TimeSpan patience, Settling settle, Func<CancellationToken, Task> recovered, TimeProvider clock, ILogger logger)
    {
        _store = store;
        _patience = patience;
        _settle = settle;
        _clock = clock;
        _recovered = recovered;
        _logger = logger;
        _retry = clock.CreateTimer(_ => _ = RetryAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What is to stand in the store for a domain; <see langword="null"/> for nothing.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="stored">What stands there now.</param>
    /// <param name="changedAt">When the domain's entry was changed here.</param>
    /// <param name="isPin">Whether it was pinned, or no longer so, in that change.</param>
    public delegate StoredPolicy? Settling(DomainName domain, StoredPolicy? stored, DateTimeOffset changedAt, bool isPin);

    /// <summary>Whether the store failed last time and has not been reached since.</summary>
    public bool IsDown => _isDown;

    /// <summary>Writes a domain's current entry. Ends when that is durable, or when the store is away and will be told later.</summary>
    public Task SaveAsync(DomainName domain, bool isPin = false)
    {
        var change = new Change(_clock.GetUtcNow(), isPin);
        lock (_gate)
        {
            if (_isDown)
            {
                Add(_unsaved, domain, change);
                return Task.CompletedTask;
            }

            Add(_next.Changes, domain, change);
            if (!_isWriting)
            {
                _isWriting = true;
                _writing = Task.Run(WriteAllAsync);
            }

            return _next.Done.Task;
        }
    }

    /// <summary>The entry of a domain; <see langword="null"/> also when the store is away.</summary>
    public async ValueTask<StoredPolicy?> FindAsync(DomainName domain)
    {
        if (_isDown)
        {
            return null;
        }

        // Whoever waits for a store that hangs leaves its queue when the patience is over.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        limit.CancelAfter(_patience);
        try
        {
            return await Task.Run(() => FindInStoreAsync(domain, limit.Token), limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // A store is foreign code: whatever it throws, mail goes on.
            GoDown(failure is OperationCanceledException ? NoAnswer() : failure);
            return null;
        }
    }

    /// <summary>All entries, until the store fails.</summary>
    public async IAsyncEnumerable<StoredPolicy> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        IAsyncEnumerator<StoredPolicy>? all = null;
        bool isHanging = false;
        try
        {
            while (true)
            {
                StoredPolicy? policy;
                try
                {
                    all ??= _store.ReadAllAsync(either.Token).GetAsyncEnumerator(either.Token);
                    ValueTask<bool> next = all.MoveNextAsync();
                    isHanging = !next.IsCompleted;
                    if (!await (isHanging ? new ValueTask<bool>(next.AsTask().WaitAsync(PatienceForReading, either.Token)) : next).ConfigureAwait(false))
                    {
                        isHanging = false;
                        break;
                    }

                    isHanging = false;

                    policy = all.Current;
                }
                catch (Exception failure)
                {
                    either.Token.ThrowIfCancellationRequested();
                    GoDown(failure is TimeoutException ? NoAnswer() : failure);
                    break;
                }

                if (policy is not null)
                {
                    yield return policy;
                }
            }
        }
        finally
        {
            if (all is not null && !isHanging)
            {
                await all.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes what is left, as far as the store is willing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _retry.DisposeAsync().ConfigureAwait(false);
        Task writing;
        lock (_gate)
        {
            writing = _writing;
        }

        await writing.ConfigureAwait(false);
        await _ended.CancelAsync().ConfigureAwait(false);
        int unsaved;
        lock (_gate)
        {
            unsaved = _unsaved.Count;
        }

        if (unsaved > 0)
        {
            _logger.PoliciesUnsaved(unsaved);
        }
    }

    private async Task WriteAllAsync()
    {
        while (true)
        {
            Batch batch;
            bool isDown;
            lock (_gate)
            {
                if (_next.Changes.Count == 0)
                {
                    _isWriting = false;
                    return;
                }

                batch = _next;
                _next = new Batch();
                isDown = _isDown;
                if (isDown)
                {
                    AddAll(_unsaved, batch.Changes);
                }
            }

            if (!isDown)
            {
                await WriteAsync(batch.Changes).ConfigureAwait(false);
            }

            batch.Done.SetResult();
        }
    }

    private async Task<bool> WriteAsync(IReadOnlyDictionary<DomainName, Change> changes, bool isRetry = false)
    {
        try
        {
            foreach (KeyValuePair<DomainName, Change>[] part in changes.Chunk(MostAtOnce))
            {
                await WritePartAsync(part).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception failure)
        {
            // A store is foreign code: whatever it throws, mail goes on.
            lock (_gate)
            {
                AddAll(_unsaved, changes);
            }

            GoDown(failure is TimeoutException ? NoAnswer() : failure, isRetry);
            return false;
        }
    }

    private async Task WritePartAsync(KeyValuePair<DomainName, Change>[] changes)
    {
        // A call that was given up may still change the store: nothing is written beside it.
        await _outstanding.WaitAsync(_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_outstanding.IsCompleted)
        {
            throw new TimeoutException("an earlier call has not come back");
        }

        _outstanding = Task.Run(async () =>
        {
            var kept = new List<StoredPolicy>(changes.Length);
            var removed = new List<DomainName>();
            foreach ((DomainName domain, Change change) in changes)
            {
                StoredPolicy? stored = await FindInStoreAsync(domain, _ended.Token).ConfigureAwait(false);
                StoredPolicy? wanted = _settle(domain, stored, change.At, change.IsPin);
                if (wanted is null && stored is not null)
                {
                    removed.Add(domain);
                }
                else if (wanted is not null && wanted != stored)
                {
                    kept.Add(wanted);
                }
            }

            if (kept.Count > 0)
            {
                await _store.SaveAsync(kept, _ended.Token).ConfigureAwait(false);
            }

            if (removed.Count > 0)
            {
                await _store.RemoveAsync(removed, _ended.Token).ConfigureAwait(false);
            }
        });
        await _outstanding.WaitAsync(_patience).ConfigureAwait(false);
    }

    private async Task<StoredPolicy?> FindInStoreAsync(DomainName domain, CancellationToken cancellationToken)
    {
        StoredPolicy? found = await _store.FindAsync(domain, cancellationToken).ConfigureAwait(false);
        return found is null || found.Domain == domain ? found : throw new PolicyStoreException($"Asked for {domain}, it gave the entry of {found.Domain}.");
    }

    private static PolicyStoreException NoAnswer() => new("It does not answer in time.");

    private void GoDown(Exception failure, bool isRetry = false)
    {
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        lock (_gate)
        {
            if (_isDown && !isRetry)
            {
                // The same outage, seen by another caller.
                return;
            }

            bool wasDown = _isDown;
            _isDown = true;
            _retryDelay = wasDown ? _retryDelay * 2 < LastRetry ? _retryDelay * 2 : LastRetry : FirstRetry;
            _retry.Change(_retryDelay, Timeout.InfiniteTimeSpan);
            if (wasDown)
            {
                return;
            }
        }

        // A store's own exception says all there is to say; a stranger's may need its stack.
        _logger.PolicyStoreDown(failure is PolicyStoreException ? null : failure, failure.Message);
    }

    private async Task RetryAsync()
    {
        Dictionary<DomainName, Change> missed;
        lock (_gate)
        {
            if (_isWriting)
            {
                _retry.Change(FirstRetry, Timeout.InfiniteTimeSpan);
                return;
            }

            _isWriting = true;
            missed = new(_unsaved);
            _unsaved.Clear();
        }

        // Whether the store is back shows in the reading; what was missed goes in at once.
        bool isBack = missed.Count > 0 ? await WriteAsync(missed, isRetry: true).ConfigureAwait(false) : await CanReadAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _isWriting = false;
            if (!isBack)
            {
                return;
            }

            _isDown = false;
            // What came in between.
            AddAll(_next.Changes, _unsaved);
            _unsaved.Clear();
            if (_next.Changes.Count > 0)
            {
                _isWriting = true;
                _writing = Task.Run(WriteAllAsync);
            }
        }

        _logger.PolicyStoreBack();
        await _recovered(_ended.Token).ConfigureAwait(false);
    }

    private async Task<bool> CanReadAsync()
    {
        try
        {
            await Task.Run(() => FindInStoreAsync(Probe, _ended.Token)).WaitAsync(_patience).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure)
        {
            GoDown(failure is TimeoutException ? NoAnswer() : failure, isRetry: true);
            return false;
        }
    }

    private static void AddAll(Dictionary<DomainName, Change> changes, IEnumerable<KeyValuePair<DomainName, Change>> further)
    {
        foreach ((DomainName domain, Change change) in further)
        {
            Add(changes, domain, change);
        }
    }

    /// <summary>Adds a change to those that wait; of two for one domain the later moment counts, and a pin is not forgotten.</summary>
    private static void Add(Dictionary<DomainName, Change> changes, DomainName domain, Change change)
    {
        Change earlier = changes.GetValueOrDefault(domain, change);
        changes[domain] = new Change(change.At > earlier.At ? change.At : earlier.At, change.IsPin || earlier.IsPin);
    }

    /// <summary>That a domain's entry changed: when, and whether the pin did.</summary>
    private readonly record struct Change(DateTimeOffset At, bool IsPin);

    /// <summary>Changes that are written together.</summary>
    private sealed class Batch
    {
        public Dictionary<DomainName, Change> Changes { get; } = [];

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
