using Microsoft.Data.Sqlite;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Folds the write-ahead log back into the file beside the writer, so that no commit waits for it.</summary>
internal sealed class WalKeeper(SqliteFile file) : IAsyncDisposable
{
    // Each time costs two waits for the disk, and what lies in the log is read again after a crash.
    private const long Step = 16L << 20;
    private const long PageSize = 4096;
    private const long PagesWithoutCut = (64L << 20) / PageSize;

    // What the writer may be asked to fold itself when the log is to begin anew.
    private const long PagesAtOnce = 500;
    private const int PagesOfABatch = 8;

    private long _written;
    private Task _folding = Task.CompletedTask;
    private bool _isLong;

    /// <summary>Tells how much was committed.</summary>
    public void Written(long octets, int changes)
    {
        _written += octets + ((changes + PagesOfABatch) * PageSize);
        if (_written >= Step && _folding.IsCompleted)
        {
            _written = 0;
            // On a thread of its own, as it waits for the disk.
            _folding = Task.Factory.StartNew(Fold, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Sees that the log can begin anew when it has grown long, as under constant load it never ends by itself; nobody may wait for an answer behind this.</summary>
    public void CutIfLong(SqliteConnection connection)
    {
        if (Interlocked.Exchange(ref _isLong, false))
        {
            Cut(connection);
        }
    }

    /// <summary>Folds all of the log back, so that the next change begins it anew, unless somebody reads in it, for whom nobody waits; its room on the disk stays taken and serves again.</summary>
    public static void Cut(SqliteConnection connection)
    {
        try
        {
            Checkpoint(connection, "PASSIVE");
        }
        catch (SqliteException)
        {
            // A full disk, perhaps: the log stays as it is, and nothing in it is lost.
        }
    }

    /// <summary>Folds all of the log back into the file and waits for the disk; false when that cannot be.</summary>
    public static bool TryFold(SqliteConnection connection)
    {
        try
        {
            (long busy, long pages, long folded) = Checkpoint(connection, "FULL");
            return busy == 0 && pages == folded;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    /// <summary>Whether a log of a length can hold what SQLite believes to be in it: another program may have folded it back and cut it, as is its right.</summary>
    public static bool IsWhole(SqliteConnection connection, long length)
    {
        try
        {
            return Checkpoint(connection, "PASSIVE").Pages * PageSize <= length;
        }
        catch (SqliteException)
        {
            // It ends before its end.
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _folding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        file.Dispose();
    }

    private void Fold()
    {
        try
        {
            _isLong |= file.Use(IsLongAfterFolding);
        }
        catch (SqliteFileException)
        {
            // A full disk, perhaps: the log stays as it is, and nothing in it is lost.
        }
    }

    /// <summary>Folds until the writer is nearly caught up with, so that little is left to be done when the log is to begin anew.</summary>
    private static bool IsLongAfterFolding(SqliteConnection connection)
    {
        long before = -1;
        while (true)
        {
            (_, long pages, long folded) = Checkpoint(connection, "PASSIVE");
            // A reader may stand in its way.
            if (pages - folded < PagesAtOnce || folded <= before || pages <= PagesWithoutCut)
            {
                return pages > PagesWithoutCut && pages - folded < PagesAtOnce;
            }

            before = folded;
        }
    }

    private static (long Busy, long Pages, long Folded) Checkpoint(SqliteConnection connection, string mode)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"PRAGMA wal_checkpoint({mode})";
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)) : (1, 0, 0);
    }
}
