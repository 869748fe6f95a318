using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sqlite.Queue;

namespace MtaSts.Delivery.Sqlite;

/// <summary>Keeps a mail queue in one SQLite file.</summary>
/// <remarks>Mail, outcomes and orders that are acknowledged are on the disk (write-ahead log, <c>synchronous=FULL</c>): neither <c>kill -9</c> nor the end of the power loses them, provided that the
/// disk keeps its own word. Leases and signs of life do not wait for it. Changes that come at the same time share one wait for the disk. The file is never set aside or begun anew: when it is damaged, locked, full, not
/// writable or of a newer version, every call says so. Several processes on one machine may use one file; a network file system may not hold it.</remarks>
public sealed class SqliteQueueStore : IQueueStore, IAsyncDisposable
{
    private readonly SqliteFile _writing;
    // Apart: whoever counts a million messages must not hold up deliveries.
    private readonly QueueReader _messages;
    private readonly QueueReader _surveys;
    private readonly QueueWriter _writer;
    private readonly WalKeeper _wal;

    /// <summary>Creates a store; the file is opened, and made if there is none, with the first call.</summary>
    /// <param name="path">The file, for example <c>/var/lib/relay/queue.db</c>. Its directory must exist.</param>
    /// <param name="logger">Where trouble is told; nowhere unless given.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public SqliteQueueStore(string path, ILogger<SqliteQueueStore>? logger = null)
        : this(path, logger, lockTimeout: 10)
    {
    }

    internal SqliteQueueStore(string path, ILogger<SqliteQueueStore>? logger, int lockTimeout)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var known = new StrongBox<FileIdentity?>();
        _writing = Open();
        _messages = new QueueReader(Open());
        _surveys = new QueueReader(Open());
        _wal = new WalKeeper(Open());
        _writer = new QueueWriter(_writing, _wal, logger ?? NullLogger<SqliteQueueStore>.Instance);

        SqliteFile Open() => new(path, QueueTables.Schema, salvage: null, TimeProvider.System, logger ?? NullLogger<SqliteQueueStore>.Instance) { LockTimeout = lockTimeout, Known = known };
    }

    /// <summary>The file.</summary>
    public string Path => _writing.Path;

    /// <summary>How much room the disk has left, in octets; for tests of a full disk.</summary>
    internal Func<long> FreeRoom
    {
        set => _writer.FreeRoom = value;
    }

    /// <summary>The most pages that the file may have; for tests of a full disk.</summary>
    internal int? MaxPageCount
    {
        set => _writing.MaxPageCount = value;
    }

    /// <inheritdoc/>
    public Task<QueueId> AddAsync(NewMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _writer.WriteAsync(changes => changes.Add(message), SizeOf(message), WriteKind.Mail, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<AddedMessage> AddLeasedAsync(NewMessage message, LeaseRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(request);
        return _writer.WriteAsync(changes => changes.AddLeased(message, request), SizeOf(message), WriteKind.Mail, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> ReadOctetsAsync(QueueId id, CancellationToken cancellationToken = default) => _messages.ReadAsync(sql => QueueReads.Octets(sql, id), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueLease>> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _writer.WriteAsync(changes => changes.Leases.Lease(request), 0, WriteKind.Lease, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> CompleteAsync(LeaseCompletion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return _writer.WriteAsync(changes => changes.Complete(completion), 100 * completion.Results.Count, WriteKind.Outcome, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<QueuePulse> BeatAsync(Guid worker, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        _writer.WriteAsync(changes => changes.Workers.Beat(worker, now), 0, WriteKind.Beat, cancellationToken);

    /// <inheritdoc/>
    public Task<long?> ReclaimAsync(WorkerBeat silent, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        _writer.WriteAsync(changes => changes.Reclaim(silent, now), 0, WriteKind.Outcome, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ShiftAsync(long shifts, TimeSpan by, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        _writer.WriteAsync(changes => changes.Shift(shifts, by, now), 0, WriteKind.Outcome, cancellationToken);

    /// <inheritdoc/>
    public Task<int> WakeAsync(string destination, DateTimeOffset now, int count, CancellationToken cancellationToken = default) =>
        _writer.WriteAsync(changes => changes.Wake(destination, now, count), 0, WriteKind.Outcome, cancellationToken);

    /// <inheritdoc/>
    public Task<OrderResult> OrderAsync(
        QueueOrder order, QueueFilter filter, string? reason, DateTimeOffset now, QueueId? from, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return _writer.WriteAsync(changes => changes.Orders.Order(order, filter, reason, now, from, count), 0, WriteKind.Outcome, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<QueuePage> ListAsync(QueueFilter filter, QueueId? from, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return _surveys.ReadAsync(sql => QueueReads.List(sql, filter, from, count), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<QueuedMessage?> FindAsync(QueueId id, CancellationToken cancellationToken = default) => _messages.ReadAsync(sql => QueueReads.Find(sql, id), cancellationToken);

    /// <inheritdoc/>
    public Task<QueueCounts> CountAsync(DateTimeOffset now, CancellationToken cancellationToken = default) => _surveys.ReadAsync(sql => QueueReads.Count(sql, now), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueEvent>> ReadEventsAsync(int count, CancellationToken cancellationToken = default) => _surveys.ReadAsync(sql => QueueReads.Events(sql, count), cancellationToken);

    /// <inheritdoc/>
    public Task RemoveEventsAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return _writer.WriteAsync(
            changes =>
            {
                changes.RemoveEvents(numbers);
                return true;
            },
            0,
            WriteKind.Outcome,
            cancellationToken);
    }

    /// <summary>Commits what waits, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _wal.DisposeAsync().ConfigureAwait(false);
        _messages.Dispose();
        _surveys.Dispose();

        // The last to go: it folds the log back into the file.
        _writing.Dispose();
        _writer.GiveReserve();
    }

    private static int SizeOf(NewMessage message) => message.Octets.Length + (100 * message.Envelope.Recipients.Count);
}
