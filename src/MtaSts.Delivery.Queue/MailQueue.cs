using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MimeKit;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Queue.Working;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>The queue: takes mail into a store, and delivers it from there while <see cref="RunAsync"/> runs.</summary>
/// <remarks>Several queues, in one process or many, may work on one store.</remarks>
public sealed class MailQueue : IMailQueue, IDisposable
{
    private const int MessagesAtOnce = 500;
    private const int LeasesAtOnce = 100;
    private const int FewLeft = 1000;
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SlowMeasureInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SlowCount = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IQueueStore _store;
    private readonly MailDeliverer? _deliverer;
    private readonly QueueOptions _options;
    private readonly IQueueListener? _listener;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Random _random;
    private readonly QueueTelemetry _telemetry;
    private readonly StoreState _state;
    private readonly LeaseEnding _ending;
    // There may be something to lease; a delivery has ended.
    private readonly Signal _work = new();
    private readonly Signal _moved = new();
    private readonly Intake _intake;
    private volatile QueueRun? _run;
    private int _running;
    private int _draining;

    /// <summary>Creates a queue; the options are copied. Nothing is delivered before <see cref="RunAsync"/> is called.</summary>
    /// <param name="store">What the mail is kept in. It is not disposed with the queue.</param>
    /// <param name="deliverer">Delivers the mail; without one the queue only takes mail and orders for a worker elsewhere.</param>
    /// <param name="options">How mail is kept and retried; the defaults unless given.</param>
    /// <param name="notices">Writes the notices to senders; a <see cref="NoticeWriter"/> unless given, in which this host has the name that the deliverer gives in EHLO.</param>
    /// <param name="listener">Is told what becomes of the mail that this queue takes; nobody unless given.</param>
    /// <param name="clock">The clock; the system's unless given.</param>
    /// <param name="loggers">Where to log; nowhere unless given.</param>
    /// <param name="random">Spreads the tries; a fresh one unless given. Used from several threads.</param>
    /// <exception cref="ArgumentException">The options are not good; the message says which and why.</exception>
    public MailQueue(
        IQueueStore store, MailDeliverer? deliverer = null, QueueOptions? options = null, INoticeWriter? notices = null, IQueueListener? listener = null, TimeProvider? clock = null,
        ILoggerFactory? loggers = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _options = (options ?? new QueueOptions()).Copy();
        if (_options.Validate().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _store = store;
        _deliverer = deliverer;
        _listener = listener;
        _clock = clock ?? TimeProvider.System;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<MailQueue>();
        _random = random ?? new Random();
        _telemetry = new QueueTelemetry(_clock);
        _state = new StoreState(_logger, _telemetry);
        _intake = new Intake(store, _options, listener is not null, _state, _telemetry, _work, _clock, _logger);
        _ending = new LeaseEnding(_options, notices ?? new NoticeWriter(new NoticeOptions { ReportingMta = FullName(deliverer?.EhloName) }), _telemetry, _logger);
    }

    /// <summary>Delivers what is due, until it is cancelled; then takes nothing new, gives deliveries under way twenty seconds, and ends without an exception.</summary>
    /// <remarks>Runs by itself in a host (<c>AddSqliteQueue</c>). A store that fails does not end it: it goes on trying.</remarks>
    /// <exception cref="InvalidOperationException">The queue has no deliverer, or runs already.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_deliverer is null)
        {
            throw new InvalidOperationException("This queue has no deliverer, so it cannot deliver: give it one.");
        }

        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            throw new InvalidOperationException("This queue runs already; one worker delivers many messages at a time.");
        }

        try
        {
            using var ended = new CancellationTokenSource();
            using var life = new WorkerLife(_store, _options, _state, _work, _clock, _logger);
            using var worker = new QueueWorker(_store, _deliverer, _options, _ending, life, _state, _work, _moved, _clock, _random, _logger);
            EventTeller? teller = _listener is null ? null : new EventTeller(_store, _listener, life, _state, _moved, _options.PollInterval, _clock, _logger);
            _run = new QueueRun(life, worker, teller);
            // The signs of life go on until the last delivery has been written down.
            Task living = life.RunAsync(ended.Token);
            await Task.WhenAll(worker.RunAsync(cancellationToken), teller?.RunAsync(cancellationToken) ?? Task.CompletedTask, MeasureAsync(cancellationToken)).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            await living.ConfigureAwait(false);
            await EndAsync(life).ConfigureAwait(false);
        }
        finally
        {
            _run = null;
            _running = 0;
        }
    }

    /// <inheritdoc/>
    public Task<QueueId> EnqueueAsync(MessageContent content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(envelope);
        options ??= new EnqueueOptions();
        if (EnqueueRules.Fault(content, envelope, options, _options, _clock.GetUtcNow()) is { } fault)
        {
            throw new ArgumentException(fault);
        }

        if (Volatile.Read(ref _draining) > 0)
        {
            throw new InvalidOperationException("The queue is being drained and takes no mail; hand it in again afterwards.");
        }

        return _intake.TakeAsync(content, envelope, options, _run, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<QueueId> EnqueueAsync(MimeMessage content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default) =>
        EnqueueAsync(MessageContent.From(content), envelope, options, cancellationToken);

    /// <inheritdoc/>
    public async Task<QueueId> EnqueueAsync(Stream content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        byte[] octets = await EnqueueRules.ReadAsync(content, _options.MaxMessageSize, cancellationToken).ConfigureAwait(false);
        return await EnqueueAsync(MessageContent.From(octets), envelope, options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<QueuePage> ListAsync(QueueFilter? filter = null, QueueId? from = null, int count = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1000);
        return _store.ListAsync(EnqueueRules.Checked(filter ?? QueueFilter.All), from, count, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<QueuedMessage?> FindAsync(QueueId id, CancellationToken cancellationToken = default) => _store.FindAsync(id, cancellationToken);

    /// <inheritdoc/>
    public async Task<MessageContent?> ReadContentAsync(QueueId id, CancellationToken cancellationToken = default) =>
        await _store.ReadOctetsAsync(id, cancellationToken).ConfigureAwait(false) is { } octets ? MessageContent.From(octets) : null;

    /// <inheritdoc/>
    public Task<QueueCounts> CountAsync(CancellationToken cancellationToken = default) => _store.CountAsync(_clock.GetUtcNow(), cancellationToken);

    /// <inheritdoc/>
    public async Task<QueueHealth> CheckHealthAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            QueueCounts counts = await CountAsync(cancellationToken).ConfigureAwait(false);
            QueueRun? run = _run;
            return QueueHealthRules.Judge(
                counts, _state.Trouble, isIdle: _deliverer is not null && run is null, run is null ? TimeSpan.Zero : _clock.GetElapsedTime(run.Worker.LastLease), run?.Teller?.IsFailing == true, _options.MaxConcurrentDeliveries);
        }
        catch (QueueException failure)
        {
            return new QueueHealth(QueueHealthState.Unhealthy, failure.Message, null);
        }
    }

    /// <inheritdoc/>
    public Task<long> RetryNowAsync(QueueFilter filter, CancellationToken cancellationToken = default) => OrderAsync(QueueOrder.Retry, filter, null, cancellationToken);

    /// <inheritdoc/>
    public Task<long> HoldAsync(QueueFilter filter, CancellationToken cancellationToken = default) => OrderAsync(QueueOrder.Hold, filter, null, cancellationToken);

    /// <inheritdoc/>
    public Task<long> ReleaseAsync(QueueFilter filter, CancellationToken cancellationToken = default) => OrderAsync(QueueOrder.Release, filter, null, cancellationToken);

    /// <inheritdoc/>
    public async Task<long> CancelAsync(QueueFilter filter, CancellationToken cancellationToken = default)
    {
        long count = await OrderAsync(QueueOrder.Cancel, filter, null, cancellationToken).ConfigureAwait(false);
        await CarryOutAsync(cancellationToken).ConfigureAwait(false);
        return count;
    }

    /// <inheritdoc/>
    public async Task<long> DropAsync(QueueFilter filter, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        if (reason.Length > 500 || reason.Any(char.IsControl))
        {
            throw new ArgumentException("The reason goes into the notice to the sender: use at most 500 characters, without control characters.", nameof(reason));
        }

        long count = await OrderAsync(QueueOrder.Drop, filter, reason, cancellationToken).ConfigureAwait(false);
        await CarryOutAsync(cancellationToken).ConfigureAwait(false);
        return count;
    }

    /// <inheritdoc/>
    public async Task<QueueCounts> DrainAsync(CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _draining);
        try
        {
            await RetryNowAsync(QueueFilter.All, cancellationToken).ConfigureAwait(false);
            QueueCounts? before = null;
            long moved = 0;
            while (true)
            {
                Task next = _moved.Next;
                QueueCounts counts = await CountAsync(cancellationToken).ConfigureAwait(false);
                if (counts is { Due: 0, Delivering: 0 })
                {
                    return counts;
                }

                (before, moved) = counts == before && _run is null ? (before, moved) : (counts, _clock.GetTimestamp());
                if (_clock.GetElapsedTime(moved) >= (counts.Delivering == 0 ? Patience : _options.LeaseTime))
                {
                    throw new InvalidOperationException(
                        FormattableString.Invariant($"Nobody works on the queue: {counts.Due} deliveries are due and {counts.Delivering} are being tried, and for {_clock.GetElapsedTime(moved)} nothing has changed. Start the host, or call RunAsync beside this."));
                }

                await Signal.WaitAsync(next, _options.PollInterval, _clock, cancellationToken).ConfigureAwait(false);
                if (counts.Due + counts.Delivering > FewLeft)
                {
                    // Not with every delivery that ends: to count a long queue takes longer than that.
                    await Task.Delay(CountInterval, _clock, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _draining);
        }
    }

    /// <summary>Ends the metrics. What runs is ended by its own cancellation.</summary>
    public void Dispose() => _telemetry.Dispose();

    private static string? FullName(string? ehlo) => DomainName.TryParse(ehlo, out DomainName? name) && name is { IsHostName: true, Parent: not null } ? name.Value : null;

    private async Task<long> OrderAsync(QueueOrder order, QueueFilter filter, string? reason, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        filter = EnqueueRules.Checked(filter);
        long count = 0;
        QueueId? from = null;
        try
        {
            do
            {
                OrderResult result = await _store.OrderAsync(order, filter, reason, _clock.GetUtcNow(), from, MessagesAtOnce, cancellationToken).ConfigureAwait(false);
                count += result.Count;
                from = result.Next;
            }
            while (from is not null);
            return count;
        }
        finally
        {
            // A part may be done although the caller has left.
            _work.Raise();
        }
    }

    /// <summary>Does at once what has been ordered, also where no worker runs.</summary>
    private async Task CarryOutAsync(CancellationToken cancellationToken)
    {
        var worker = Guid.NewGuid();
        QueuePulse pulse = await _store.BeatAsync(worker, _clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        try
        {
            while (await _store.LeaseAsync(new LeaseRequest(worker, _clock.GetUtcNow(), LeasesAtOnce, 1, OnlyOrders: true), cancellationToken).ConfigureAwait(false) is { Count: > 0 } leases)
            {
                foreach (QueueLease lease in leases)
                {
                    LeaseCompletion completion = CompletionRules.AfterOrder(lease, _clock.GetUtcNow());
                    if (lease.Order == QueueOrder.Drop)
                    {
                        completion = _ending.WithNotices(completion, null, await ReadContentAsync(lease.Id, cancellationToken).ConfigureAwait(false));
                    }

                    if (await _store.CompleteAsync(completion, cancellationToken).ConfigureAwait(false))
                    {
                        _ending.Tell(completion, null);
                    }
                }
            }
        }
        finally
        {
            await _store.ReclaimAsync(pulse.Workers.First(beat => beat.Worker == worker), _clock.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
            _work.Raise();
            _moved.Raise();
        }
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            long started = _clock.GetTimestamp();
            try
            {
                _telemetry.Counts = await CountAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Whatever a store throws, the worker must live on.
                _state.Failed(failure);
            }

            TimeSpan interval = _clock.GetElapsedTime(started) > SlowCount ? SlowMeasureInterval : MeasureInterval;
            await Task.Delay(interval, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task EndAsync(WorkerLife life)
    {
        try
        {
            await life.EndAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // Others find out when the lease time is over.
            _state.Failed(failure);
        }
    }
}
