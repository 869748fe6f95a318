using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Queue;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>The one writer of a queue file: changes that come together are committed together, so that many share one wait for the disk.</summary>
/// <remarks>It has a thread of its own, as it waits for the disk most of the time: the pool's threads are for those whose changes these are.</remarks>
internal sealed class QueueWriter : IAsyncDisposable
{
    private const int MaxBatch = 512;
    private const int MaxBatchSize = 8 << 20;

    // SQLite's own result codes, https://www.sqlite.org/rescode.html
    private const int TooBig = 18;
    private const int Constraint = 19;

    private readonly SqliteFile _file;
    private readonly WalKeeper _wal;
    private readonly ILogger _logger;
    private readonly DiskReserve _reserve;
    // Few: a worker gives one at a time.
    private readonly Channel<WriteOperation> _beats = Channel.CreateUnbounded<WriteOperation>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<WriteOperation> _waiting = Channel.CreateBounded<WriteOperation>(new BoundedChannelOptions(4 * MaxBatch) { SingleReader = true });
    private readonly ManualResetEventSlim _arrived = new(initialState: false, spinCount: 0);
    private readonly Task _running;
    private QueueChanges? _changes;
    private FileIdentity? _log;
    private string? _lost;
    private bool _isDurable;
    private bool _isFolded;
    private bool _isShort;
    private long _lookedAt;

    public QueueWriter(SqliteFile file, WalKeeper wal, ILogger logger)
    {
        _file = file;
        _wal = wal;
        _logger = logger;
        _reserve = new DiskReserve(file.Path + "-reserve");
        string directory = Path.GetDirectoryName(file.Path)!;
        FreeRoom = () => FreeRoomOf(directory);
        _running = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>How much room the disk has left, in octets.</summary>
    internal Func<long> FreeRoom { get; set; }

    /// <summary>Makes a change; the task ends when it is durable.</summary>
    /// <param name="work">The change.</param>
    /// <param name="size">About how many octets it writes.</param>
    /// <param name="kind">What it is about.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<T> WriteAsync<T>(Func<QueueChanges, T> work, int size, WriteKind kind, CancellationToken cancellationToken)
    {
        var operation = new WriteOperation<T>(work, size, kind, cancellationToken);
        ChannelWriter<WriteOperation> line = kind == WriteKind.Beat ? _beats.Writer : _waiting.Writer;
        if (!line.TryWrite(operation))
        {
            try
            {
                await line.WriteAsync(operation, cancellationToken).ConfigureAwait(false);
            }
            catch (ChannelClosedException)
            {
                throw new ObjectDisposedException(nameof(SqliteQueueStore));
            }
        }

        _arrived.Set();
        return await operation.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        _beats.Writer.TryComplete();
        _arrived.Set();
        await _running.ConfigureAwait(false);
        _arrived.Dispose();
    }

    /// <summary>Gives back the room that was kept; the last thing to do.</summary>
    public void GiveReserve() => _reserve.End();

    private void Run()
    {
        var batch = new List<WriteOperation>(MaxBatch);
        while (true)
        {
            // Before the look: whatever comes behind it sets it again.
            _arrived.Reset();
            bool isLast = _waiting.Reader.Completion.IsCompleted && _beats.Reader.Completion.IsCompleted;
            // Alone: what comes with a sign of life may take as long as what lies behind it.
            int size = Take(_beats.Reader, batch);
            size = batch.Count > 0 ? size : Take(_waiting.Reader, batch);
            if (batch.Count > 0)
            {
                Commit(batch);
                _wal.Written(size, batch.Count);
                batch.Clear();
            }
            else if (isLast)
            {
                return;
            }
            else
            {
                _arrived.Wait();
            }
        }
    }

    /// <returns>About how many octets they write.</returns>
    private static int Take(ChannelReader<WriteOperation> line, List<WriteOperation> batch)
    {
        int size = 0;
        while (batch.Count < MaxBatch && size < MaxBatchSize && line.TryRead(out WriteOperation? operation))
        {
            if (operation.IsCancelled)
            {
                operation.Fail(new OperationCanceledException());
            }
            else
            {
                batch.Add(operation);
                size += operation.Size;
            }
        }

        return size;
    }

    private void Commit(List<WriteOperation> batch)
    {
        try
        {
            if (_lost is not null)
            {
                throw new SqliteFileException(_lost, null);
            }

            _file.Use(connection => Commit(connection, batch));
        }
        catch (Exception failure)
        {
            // Whatever it was, nobody may wait for ever; what was answered already stays answered.
            Exception told = failure is SqliteFileException ? new QueueException(failure.Message, failure.InnerException) : failure;
            batch.ForEach(operation => operation.Fail(told));
        }
    }

    private bool Commit(SqliteConnection connection, List<WriteOperation> batch)
    {
        if (_changes?.Connection != connection)
        {
            // The page cache is kept small: it does not grow with the queue. The log is folded back by somebody else.
            connection.Execute("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16000");
            _changes = new QueueChanges(connection, (id, damage) => _logger.MessageUnreadable(id, _file.Path, damage));
            (_isDurable, _log) = (true, null);
            _isShort = !_reserve.TryKeep();
        }

        if (!IsLogThere(connection))
        {
            // Not thrown from here: the connection stays, as it alone can still read that log.
            batch.ForEach(operation => operation.Fail(new QueueException(_lost!)));
            return false;
        }

        Refuse(batch);
        if (batch.Count > 0 && !TryCommit(connection, batch, isRetry: false))
        {
            WalKeeper.Cut(connection);
            // One of them cannot be done: each for itself, so that the others can.
            foreach (WriteOperation operation in batch)
            {
                TryCommit(connection, [operation], isRetry: true);
            }
        }

        _wal.CutIfLong(connection);
        return true;
    }

    private static long FreeRoomOf(string directory)
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Then the disk itself will say.
            return long.MaxValue;
        }
    }

    /// <summary>Refuses new mail while the room that is kept for outcomes is not there.</summary>
    private void Refuse(List<WriteOperation> batch)
    {
        if (_isShort && Stopwatch.GetElapsedTime(_lookedAt) > TimeSpan.FromSeconds(1))
        {
            _isShort = !_reserve.TryKeep();
            _lookedAt = Stopwatch.GetTimestamp();
        }

        // What is in the log must find room in the file, too: else neither could begin anew, and no outcome could be written down.
        if (_isShort || FreeRoom() < _log?.Length)
        {
            string why = _reserve.Refusal ?? $"The disk of {_file.Path} is full, but for what the queue needs to empty itself; make room.";
            batch.FindAll(operation => operation.Kind == WriteKind.Mail).ForEach(operation => operation.Fail(new QueueException(why)));
            batch.RemoveAll(operation => operation.Kind == WriteKind.Mail);
        }
    }

    private bool TryCommit(SqliteConnection connection, List<WriteOperation> batch, bool isRetry)
    {
        Wait(connection, batch.Exists(operation => operation.Kind is WriteKind.Outcome or WriteKind.Mail));
        // Nothing is written by an older version than that of the file.
        _file.Check(_changes!.Begin());
        try
        {
            batch.ForEach(operation => operation.Run(_changes));
            _changes.Flush();
            _changes.Commit();
        }
        catch (Exception failure) when (IsTheOperations(failure))
        {
            _changes!.Forget();
            RollBack(connection);

            bool isFull = failure is SqliteException { SqliteErrorCode: FileFailures.Full };
            if (!isRetry && (batch.Count > 1 || isFull))
            {
                return false;
            }

            if (isFull && batch[0].Kind != WriteKind.Mail && _reserve.TryGive())
            {
                (_isShort, _lookedAt) = (true, Stopwatch.GetTimestamp());
                WalKeeper.Cut(connection);
                return TryCommit(connection, batch, isRetry: true);
            }

            batch[0].Fail(failure is SqliteException said ? new QueueException(FileFailures.Describe(said, _file.Path, isKept: true, isReadOnly: false), said) : FileFailures.IsForeignRow(failure) ? new QueueException(FileFailures.DescribeForeign(failure, _file.Path), failure) : failure);
            return true;
        }
        catch
        {
            // The connection is closed, and with it the transaction.
            _changes = null;
            throw;
        }

        if (IsLogThere(connection) || _isFolded)
        {
            batch.ForEach(operation => operation.Succeed());
        }
        else
        {
            batch.ForEach(operation => operation.Fail(new QueueException(_lost!)));
        }

        return true;
    }

    private static void RollBack(SqliteConnection connection)
    {
        if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            connection.Execute("ROLLBACK");
        }
    }

    /// <summary>Sets whether a commit waits for the disk.</summary>
    /// <remarks>What does not is in the log before all that comes behind it, so it is on the disk when that is. https://www.sqlite.org/pragma.html#pragma_synchronous</remarks>
    private void Wait(SqliteConnection connection, bool isDurable)
    {
        if (isDurable != _isDurable)
        {
            connection.Execute(isDurable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            _isDurable = isDurable;
        }
    }

    /// <summary>Whether the log that SQLite writes to is still the file at its path: what is written to one that was removed, replaced or cut is lost with the process.</summary>
    /// <remarks>SQLite itself looks only after the main file. What such a log holds can still be read by this connection, so it is folded back into the file; then the program must begin anew.</remarks>
    private bool IsLogThere(SqliteConnection connection)
    {
        if (_lost is not null)
        {
            return false;
        }

        FileIdentity? now = FileIdentity.Of(_file.Path + "-wal");
        if (_log is not { } before)
        {
            _log = now;
            return true;
        }

        bool isCut = now?.IsSameAs(before) == true && now.Value.Length < before.Length && !WalKeeper.IsWhole(connection, now.Value.Length);
        if (now?.IsSameAs(before) == true && !isCut)
        {
            _log = now;
            return true;
        }

        _isFolded = !isCut && WalKeeper.TryFold(connection);
        _lost = $"{_file.Path}-wal was {(isCut ? "cut short" : "moved, removed or replaced")} while it was in use; {(_isFolded ? "what was acknowledged is safe" : "what was acknowledged since it was last folded back is lost unless you put it back")}. Restart the program.";
        return false;
    }

    /// <summary>Whether the failure may be that of one change, and the file good for others: all that is not the file's, a fault of this program or a row that it cannot read included.</summary>
    private static bool IsTheOperations(Exception failure) => failure is SqliteException said
        ? said.SqliteErrorCode is FileFailures.Full or TooBig or Constraint
        : failure is not (IOException or UnauthorizedAccessException);
}
