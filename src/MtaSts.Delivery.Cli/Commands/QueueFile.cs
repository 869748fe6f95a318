using System.CommandLine;
using Microsoft.Data.Sqlite;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>The queue that the command line names.</summary>
internal static class QueueFile
{
    // The results of SQLite that time mends.
    private const int Busy = 5;
    private const int Locked = 6;

    public static Option<string> Option() => new("--store") { Description = "The file that keeps the queue.", HelpName = "FILE.db", Required = true };

    /// <summary>Opens a queue that is there: what an operator names by mistake is neither made nor changed.</summary>
    /// <exception cref="UsageException">It is no queue.</exception>
    public static SqliteQueueStore Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new UsageException($"--store {path}: it is a directory.");
        }

        if (!File.Exists(path))
        {
            throw new UsageException($"--store {path}: there is no such file.");
        }

        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 1 }.ToString());
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM schema WHERE component = 'queue'";
            if (Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture) == 0)
            {
                throw new UsageException($"--store {path}: there is no queue in it.");
            }
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode is 1 or 26)
        {
            // No such table, no such kind of file.
            throw new UsageException($"--store {path}: it is no queue.");
        }
        catch (SqliteException)
        {
            // The store knows the words for it.
        }

        return new SqliteQueueStore(path);
    }

    /// <summary>How the tool ends when the store cannot do what it was asked.</summary>
    public static int CodeOf(QueueException failure) => failure.InnerException is SqliteException { SqliteErrorCode: Busy or Locked } ? ExitCode.Temporary : ExitCode.Usage;
}
