using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>A policy store that may fail, hang or be away without mail being held up or a policy being lost.</summary>
/// <remarks>
/// <para>Writes go one batch after the other, so that the last word on a domain is the last one written; what comes together is written together.</para>
/// <para>When the store fails, mail goes on with what is in memory. The store is tried again, after half a minute at first and ten minutes at
/// last, and then told everything that it missed.</para>
/// </remarks>
internal sealed class GuardedStore : IAsyncDisposable
{
    private const int MostAtOnce = 1000;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(10);

    // Longer than a disk needs on a bad day, shorter than a person waits for mail. Real time: a store is no part of a simulated internet.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly DomainName Probe = DomainName.Parse("probe.invalid");

    private readonly IPolicyStore _store;
    private readonly Func<DomainName, StoredPolicy?> _current;
    private readonly Func<CancellationToken, Task> _recovered;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly HashSet<DomainName> _unsaved = [];
    private readonly ITimer _retry;
    private readonly CancellationTokenSource _ended = new();
    private Batch _next = new();
    private Task _writing = Task.CompletedTask;
    private Task _outstanding = Task.CompletedTask;
    private TimeSpan _retryDelay = FirstRetry;
    private bool _isWriting;
    private volatile bool _isDown;

    /// <summary>Wraps a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="current">What is to be kept for a domain now; <see langword="null"/> to remove it.</param>
    /// <param name="recovered">Called when the store answers again after it did not.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">Where outages are told.</param>
    public GuardedStore(IPolicyStore store, Func<DomainName, StoredPolicy?> current, Func<CancellationToken, Task> recovered, TimeProvider clock, ILogger logger)
    {
        _store = store;
        _current = current;
        _recovered = recovered;
        _logger = logger;
        _retry = clock.CreateTimer(_ => _ = RetryAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the store failed last time and has not been reached since.</summary>
    public bool IsDown => _isDown;

    /// <summary>Writes a domain's current entry. Ends when that is durable, or when the store is away and will be told later.</summary>
    public Task SaveAsync(DomainName domain)
    {
        lock (_gate)
        {
            if (_isDown)
            {
                _unsaved.Add(domain);
                return Task.CompletedTask;
            }

            _next.Domains.Add(domain);
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

        try
        {
            ValueTask<StoredPolicy?> found = _store.FindAsync(domain, _ended.Token);
            return found.IsCompletedSuccessfully ? found.Result : await found.AsTask().WaitAsync(Patience, _ended.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // A store is foreign code: whatever it throws, mail goes on.
            GoDown(failure);
            return null;
        }
    }

    /// <summary>All entries, until the store fails.</summary>
    public async IAsyncEnumerable<StoredPolicy> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        IAsyncEnumerator<StoredPolicy> all = _store.ReadAllAsync(either.Token).GetAsyncEnumerator(either.Token);
        await using (all.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await all.MoveNextAsync().ConfigureAwait(false))
                    {
                        break;
                    }
                }
                catch (Exception failure)
                {
                    GoDown(failure);
                    break;
                }

                yield return all.Current;
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
                if (_next.Domains.Count == 0)
                {
                    _isWriting = false;
                    return;
                }

                batch = _next;
                _next = new Batch();
                isDown = _isDown;
                if (isDown)
                {
                    _unsaved.UnionWith(batch.Domains);
                }
            }

            if (!isDown)
            {
                await WriteAsync(batch.Domains).ConfigureAwait(false);
            }

            batch.Done.SetResult();
        }
    }

    private async Task<bool> WriteAsync(IReadOnlyCollection<DomainName> domains)
    {
        try
        {
            foreach (DomainName[] part in domains.Chunk(MostAtOnce))
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
                _unsaved.UnionWith(domains);
            }

            GoDown(failure);
            return false;
        }
    }

    private async Task WritePartAsync(DomainName[] domains)
    {
        var kept = new List<StoredPolicy>(domains.Length);
        var removed = new List<DomainName>();
        foreach (DomainName domain in domains)
        {
            if (_current(domain) is { } policy)
            {
                kept.Add(policy);
            }
            else
            {
                removed.Add(domain);
            }
        }

        // A call that was given up may still change the store: nothing is written beside it.
        await _outstanding.WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_outstanding.IsCompleted)
        {
            throw new TimeoutException("an earlier call has not come back");
        }

        _outstanding = Task.Run(async () =>
        {
            if (kept.Count > 0)
            {
                await _store.SaveAsync(kept, _ended.Token).ConfigureAwait(false);
            }

            if (removed.Count > 0)
            {
                await _store.RemoveAsync(removed, _ended.Token).ConfigureAwait(false);
            }
        });
        await _outstanding.WaitAsync(Patience).ConfigureAwait(false);
    }

    private void GoDown(Exception failure)
    {
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        lock (_gate)
        {
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
        DomainName[] missed;
        lock (_gate)
        {
            if (_isWriting)
            {
                _retry.Change(FirstRetry, Timeout.InfiniteTimeSpan);
                return;
            }

            _isWriting = true;
            missed = [.. _unsaved];
            _unsaved.Clear();
        }

        // Whether the store is back shows in the reading; what was missed goes in at once.
        bool isBack = missed.Length > 0 ? await WriteAsync(missed).ConfigureAwait(false) : await CanReadAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _isWriting = false;
            if (!isBack)
            {
                return;
            }

            _isDown = false;
            // What came in between.
            _next.Domains.UnionWith(_unsaved);
            _unsaved.Clear();
            if (_next.Domains.Count > 0)
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
            await _store.FindAsync(Probe, _ended.Token).AsTask().WaitAsync(Patience).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure)
        {
            GoDown(failure);
            return false;
        }
    }

    /// <summary>Domains that are written together.</summary>
    private sealed class Batch
    {
        public HashSet<DomainName> Domains { get; } = [];

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
