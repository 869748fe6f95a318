using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MtaSts.Delivery.Diagnostics;

namespace MtaSts.Delivery.Reporting;

/// <summary>Counts TLS results in memory and hands the counts to a store, every second unless set. RFC 8460 §4.2.</summary>
/// <remarks>What the store did not take is offered again under the same number, so nothing counts twice; meanwhile counting goes on.
/// Memory is bounded by the options, whatever the peers do.</remarks>
public sealed class TlsResultCollector : ITlsResultSink, IAsyncDisposable
{
    // A policy may have 64 KiB, and strangers write them: without this limit a day's texts could have gigabytes. Real ones have some 150 characters.
    private const long MaxPolicyText = 32 * 1024 * 1024;

    // A usual day has one, and two around midnight; a clock that is wrong for a moment makes one more.
    private const int UsualDays = 3;
    private const int MaxDays = 8;

    // A host gives all its services half a minute for their end.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(10);

    private readonly ITlsResultStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly int _maxPolicies;
    private readonly int _maxFailures;
    private readonly Lock _gate = new();
    private readonly Dictionary<DateOnly, Day> _days = [];
    private readonly SemaphoreSlim _flushing = new(1);
    private readonly SemaphoreSlim _news = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Guid _writer = Guid.NewGuid();
    private readonly Task _loop;
    private readonly List<Tally> _changed = [];
    private long _number;
    private long _notCounted;
    private long _policyText;
    private long _uses;
    private TlsResultBatch? _unsaved;
    private bool _disposed;

    /// <summary>Starts to count; the options are copied.</summary>
    /// <param name="store">Where the counts go.</param>
    /// <param name="options">The limits; the defaults unless given.</param>
    /// <param name="clock">The clock; the system's unless given.</param>
    /// <param name="loggers">Where to log; nowhere unless given.</param>
    /// <exception cref="ArgumentException">The options are not good; the message says which and why.</exception>
    public TlsResultCollector(ITlsResultStore store, CollectorOptions? options = null, TimeProvider? clock = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        options ??= new CollectorOptions();
        if (options.Validate().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _store = store;
        _clock = clock ?? TimeProvider.System;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<TlsResultCollector>();
        _maxPolicies = options.MaxPoliciesPerDay;
        _maxFailures = options.MaxFailuresPerPolicy;
        _loop = FlushRegularlyAsync(options.FlushInterval);
    }

    /// <inheritdoc/>
    public void Record(in TlsSessionResult result)
    {
        var day = DateOnly.FromDateTime(result.Time.UtcDateTime);
        lock (_gate)
        {
            if (TallyOf(day, result.Policy) is not { } tally)
            {
                if (Interlocked.Increment(ref _notCounted) == 1)
                {
                    _news.Release();
                }

                return;
            }

            if (!tally.IsChanged)
            {
                tally.IsChanged = true;
                tally.Day.Changed++;
                _changed.Add(tally);
                if (_changed.Count == 1)
                {
                    _news.Release();
                }
            }

            if (result.IsSuccess)
            {
                tally.Successful++;
            }
            else
            {
                tally.Failed++;
            }

            for (int i = 0; i < result.Details.Count; i++)
            {
                tally.Count(result.Details[i], _maxFailures);
            }
        }
    }

    /// <summary>Hands to the store what was counted since the last time.</summary>
    /// <exception cref="TlsResultStoreException">The store did not take it; nothing is lost, and the next call offers it again.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        await _flushing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // What the store did not take comes first and by itself: its number must not be given to anything else.
            await SaveAsync(cancellationToken).ConfigureAwait(false);
            _unsaved = TakeBatch();
            await SaveAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>Hands the last counts to the store, and ends, after ten seconds at the latest: what a store has not taken by then is lost, and logged.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        using (var limit = new CancellationTokenSource(LongestEnd, _clock))
        {
            try
            {
                // A store may heed no cancellation, or block: the wait ends all the same.
                await Task.Run(() => EndAsync(limit.Token)).WaitAsync(limit.Token).ConfigureAwait(false);
                _stopping.Dispose();
                _flushing.Dispose();
                _news.Dispose();
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                // What the store still holds on to is left to it.
            }
        }

        if (Unsaved() is > 0 and var sessions)
        {
            _logger.TlsResultsLost(sessions);
        }
    }

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await FlushSafelyAsync(cancellationToken).ConfigureAwait(false);
    }

    private long Unsaved()
    {
        lock (_gate)
        {
            return (_unsaved?.Results.Sum(one => one.Sessions.Successful + one.Sessions.Failed) ?? 0) + _changed.Sum(tally => tally.Successful + tally.Failed);
        }
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        if (_unsaved is { } batch)
        {
            await _store.AddAsync(batch, cancellationToken).ConfigureAwait(false);
            _unsaved = null;
        }
    }

    /// <summary>A timer runs only while there is something to save.</summary>
    private async Task FlushRegularlyAsync(TimeSpan interval)
    {
        try
        {
            while (true)
            {
                await _news.WaitAsync(_stopping.Token).ConfigureAwait(false);
                do
                {
                    await Task.Delay(interval, _clock, _stopping.Token).ConfigureAwait(false);
                }
                while (!await FlushSafelyAsync(_stopping.Token).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The collector is disposed.
        }
    }

    /// <summary>Whether the store took all.</summary>
    private async Task<bool> FlushSafelyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Any exception, a store's own time limit too: somebody else's store must not end the counting.
            _logger.TlsResultsNotSaved(failure);
            return false;
        }
    }

    private Tally? TallyOf(DateOnly date, TlsPolicyKey policy)
    {
        if (!_days.TryGetValue(date, out Day? day))
        {
            if (_days.Count >= UsualDays && !ForgetADayBut(date) && _days.Count >= MaxDays)
            {
                return null;
            }

            _days[date] = day = new Day(date);
        }

        day.LastUse = ++_uses;
        if (day.Tallies.TryGetValue(policy, out Tally? known))
        {
            return known;
        }

        while (_policyText + policy.Text.Length > MaxPolicyText)
        {
            if (!ForgetADayBut(date))
            {
                return null;
            }
        }

        if (day.Tallies.Count >= _maxPolicies)
        {
            return null;
        }

        _policyText += policy.Text.Length;
        return day.Tallies[policy] = new Tally(day, policy);
    }

    /// <summary>Forgets the day that was longest not counted for, of those whose counts are all saved. Dates are not compared: any of them may be a wrong clock's.</summary>
    private bool ForgetADayBut(DateOnly date)
    {
        if (_days.Values.Where(day => day.Date != date && day.Changed == 0).MinBy(day => day.LastUse) is not { } idle)
        {
            return false;
        }

        _days.Remove(idle.Date);
        _policyText -= idle.Tallies.Keys.Sum(policy => (long)policy.Text.Length);
        return true;
    }

    private TlsResultBatch? TakeBatch()
    {
        if (Interlocked.Exchange(ref _notCounted, 0) is > 0 and var sessions)
        {
            _logger.TlsResultsNotCounted(sessions, _maxPolicies);
        }

        lock (_gate)
        {
            if (_changed.Count == 0)
            {
                return null;
            }

            TlsResultCounts[] taken = [.. _changed.Select(tally => tally.Take())];
            _changed.Clear();
            return new TlsResultBatch(_writer, ++_number, _clock.GetUtcNow(), taken);
        }
    }

    /// <summary>What is counted on one day.</summary>
    private sealed class Day(DateOnly date)
    {
        public DateOnly Date => date;

        public Dictionary<TlsPolicyKey, Tally> Tallies { get; } = [];

        /// <summary>How many of them hold what is not handed to the store yet.</summary>
        public int Changed { get; set; }

        public long LastUse { get; set; }
    }

    /// <summary>The counts of one policy on one day since the last batch; its failures stay known, so that counting them again costs nothing.</summary>
    private sealed class Tally(Day day, TlsPolicyKey policy)
    {
        private Dictionary<TlsFailureDetail, long>? _failures;

        public Day Day => day;

        public bool IsChanged { get; set; }

        public long Successful { get; set; }

        public long Failed { get; set; }

        public void Count(in TlsFailureDetail failure, int maxFailures)
        {
            _failures ??= [];
            bool isKept = _failures.Count < maxFailures || _failures.ContainsKey(failure);
            // Without what the peer chose, there are only as many failures as we have names for.
            TlsFailureDetail counted = isKept ? failure : new TlsFailureDetail(failure.ResultType, failure.ReasonCode);
            CollectionsMarshal.GetValueRefOrAddDefault(_failures, counted, out _)++;
        }

        public TlsResultCounts Take()
        {
            TlsFailureCount[] failures = _failures is null ? [] : [.. _failures.Where(one => one.Value > 0).Select(one => new TlsFailureCount(one.Key, one.Value))];
            foreach (TlsFailureCount failure in failures)
            {
                _failures![failure.Failure] = 0;
            }

            var taken = new TlsResultCounts(day.Date, policy, new TlsSessionCounts(Successful, Failed), failures);
            IsChanged = false;
            day.Changed--;
            Successful = 0;
            Failed = 0;
            return taken;
        }
    }
}
