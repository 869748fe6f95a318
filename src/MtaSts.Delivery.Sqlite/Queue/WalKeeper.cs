using Microsoft.Data.Sqlite;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Folds the write-ahead log back into the file beside the writer, so that no commit waits for it.</summary>
internal sealed class WalKeeper(SqliteFile file) : IAsyncDisposable
{
    private const long Step = 2L << 20;
    private const long PagesWithoutCut = (64L << 20) / 4096;
    private const int OverheadOfAChange = 3 * 4096;

    private long _written;
    private Task _folding = Task.CompletedTask;
    private bool _isLong;

    /// <summary>Tells how much was committed.</summary>
    public void Written(long octets, int changes)
    {
        _written += octets + (changes * OverheadOfAChange);
        if (_written >= Step && _folding.IsCompleted)
        {
            _written = 0;
            _folding = Task.Run(FoldAsync);
        }
    }

    /// <summary>Begins the log anew when it has grown long, as under constant load it never ends by itself.</summary>
    public void CutIfLong(SqliteConnection connection)
    {
        if (Interlocked.Exchange(ref _isLong, false))
        {
            Cut(connection);
        }
    }

    /// <summary>Begins the log anew, if it can be; its room on the disk stays taken, so that it serves again.</summary>
    public static void Cut(SqliteConnection connection)
    {
        try
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(RESTART)";
            command.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // A full disk, perhaps: the log stays as it is, and nothing in it is lost.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _folding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        file.Dispose();
    }

    private async Task FoldAsync()
    {
        try
        {
            long pages = await file.UseAsync(
                connection =>
                {
                    using SqliteCommand command = connection.CreateCommand();
                    command.CommandText = "PRAGMA wal_checkpoint(PASSIVE)";
                    using SqliteDataReader reader = command.ExecuteReader();
                    return reader.Read() ? reader.GetInt64(1) : 0;
                },
                CancellationToken.None).ConfigureAwait(false);
            _isLong |= pages > PagesWithoutCut;
        }
        catch (SqliteFileException)
        {
            // A full disk, perhaps: the log stays as it is, and nothing in it is lost.
        }
    }
}
