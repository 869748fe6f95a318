using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace MtaSts.Delivery.Sqlite;

/// <summary>One SQLite file: opened when it is first needed and again after trouble, brought to the schema of this version, set aside when it is damaged, unless what it holds cannot be had again.</summary>
/// <remarks>Its connections are handed to one caller at a time.</remarks>
internal sealed class SqliteFile : IDisposable
{
    // What SQLite makes unless told otherwise.
    private const int PageSize = 4096;

    private static readonly string[] Suffixes = ["", "-wal", "-shm"];

    private readonly Schema _schema;
    private readonly Action<SqliteConnection, SqliteConnection>? _salvage;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private SqliteConnection? _connection;
    private bool _isReadOnly;
    private bool _disposed;

    /// <param name="path">The file; it is made when there is none.</param>
    /// <param name="schema">The tables that it has to hold.</param>
    /// <param name="salvage">Copies what can be read from a damaged file to a new one; <see langword="null"/> for a file that is never begun anew, as nothing in it can be had again:
    /// its damage or loss is told with every call, and each commit waits for the disk.</param>
    /// <param name="clock">The clock, for the name of a file that is set aside.</param>
    /// <param name="logger">Where damage is told.</param>
    public SqliteFile(string path, Schema schema, Action<SqliteConnection, SqliteConnection>? salvage, TimeProvider clock, ILogger logger)
    {
        Path = System.IO.Path.GetFullPath(path);
        _schema = schema;
        _salvage = salvage;
        _clock = clock;
        _logger = logger;
    }

    public string Path { get; }

    private string Salvaged => Path + ".salvaged";

    private string Gone => $"{Path} was moved, removed or replaced while it was in use: put it back, with its -wal file, or restart the program to begin with a new one.";

    /// <summary>The most pages that the file may have; for tests of a full disk.</summary>
    internal int? MaxPageCount { get; set; }

    /// <summary>Which file it is, for one that is never begun anew: known to all who have it open in this program since the first of them has.</summary>
    internal StrongBox<FileIdentity?> Known { get; init; } = new();

    /// <summary>How many seconds another program's lock is waited for.</summary>
    internal int LockTimeout { get; init; } = 2;

    /// <summary>Does something with the file, alone. A damaged file is set aside and the work done once more on what could be saved.</summary>
    /// <param name="work">What is to be done; a thread is held up only while it is.</param>
    /// <param name="cancellationToken">Ends the wait for others.</param>
    /// <exception cref="SqliteFileException">It could not be done; the message says why and what to do.</exception>
    public async ValueTask<T> UseAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        return UseInTurn(work);
    }

    /// <summary>The same for a caller that has a thread of its own.</summary>
    public T Use<T>(Func<SqliteConnection, T> work)
    {
        _turn.Wait();
        return UseInTurn(work);
    }

    /// <summary>Refuses a file whose tables are of a newer version.</summary>
    /// <exception cref="SqliteFileException">They are.</exception>
    public void Check(long version)
    {
        if (version > _schema.Migrations.Count)
        {
            throw new SqliteFileException(string.Create(CultureInfo.InvariantCulture,
                $"{Path} was written by a newer version of this library (schema {version} of '{_schema.Component}'; this one knows {_schema.Migrations.Count}): update MtaSts.Delivery.Sqlite, or use another file."));
        }
    }

    public void Dispose()
    {
        _turn.Wait();
        try
        {
            if (!_disposed)
            {
                _disposed = true;
                Close();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private T UseInTurn<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connection is { } open && MovedFile.IsBehind(open))
            {
                throw new SqliteFileException(_salvage is null ? Gone : $"{Path} was moved, removed or replaced while it was in use; it is opened anew.", null);
            }

            try
            {
                return work(Connection());
            }
            catch (Exception damage) when (_salvage is not null && IsDamage(damage))
            {
                SetAside(damage);
                return work(Connection());
            }
            catch (SqliteException gone) when (gone.SqliteExtendedErrorCode == FileFailures.DeletedBefore)
            {
                // Opening the file, and another program has just deleted the -wal that was to be deleted: nothing was done yet, and nothing is wrong.
                Close();
                return work(Connection());
            }
        }
        catch (SqliteFileException)
        {
            Close();
            throw;
        }
        catch (SqliteException failure)
        {
            Close();
            throw new SqliteFileException(FileFailures.Describe(failure, Path, isKept: _salvage is null, _isReadOnly), failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Close();
            throw new SqliteFileException($"{Path} cannot be used: {failure.Message}", failure);
        }
        catch (Exception failure) when (FileFailures.IsForeignRow(failure))
        {
            Close();
            throw new SqliteFileException(FileFailures.DescribeForeign(failure, Path), failure);
        }
        finally
        {
            _turn.Release();
        }
    }

    private SqliteConnection Connection()
    {
        if (_connection is null)
        {
            SqliteConnection opened = OpenWritable() ?? OpenReadOnly();
            try
            {
                Prepare(opened);
            }
            catch
            {
                opened.Dispose();
                throw;
            }

            _connection = opened;
            Known.Value ??= FileIdentity.Of(Path);
        }

        return _connection;
    }

    private SqliteConnection? OpenWritable()
    {
        _isReadOnly = false;
        if (_salvage is null && Known.Value is { } known && FileIdentity.Of(Path)?.IsSameAs(known) != true)
        {
            // Another file in its place has other messages under the same numbers.
            throw new SqliteFileException(Gone, null);
        }

        if (!File.Exists(Path) && _salvage is not null && File.Exists(Salvaged))
        {
            File.Move(Salvaged, Path);
        }

        MakePrivate(Path);
        SqliteConnection connection = Create(SqliteOpenMode.ReadWriteCreate, Path);
        try
        {
            connection.Open();
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA busy_timeout = {1000 * LockTimeout}"));
            // Nothing is changed about a file that is not ours.
            Version(connection);
            // WAL: readers and the writer do not wait for each other. NORMAL: what is committed survives the end of the process; a power cut can
            // take the last moments, never the order. FULL: not even that.
            connection.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = " + (_salvage is null ? "FULL" : "NORMAL"));
            if (MaxPageCount is { } pages)
            {
                connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}"));
            }

            return connection;
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode is FileFailures.ReadOnly or FileFailures.CannotOpen && File.Exists(Path))
        {
            connection.Dispose();
            return null;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>What may not be written can still be read. RFC 8461 §10.2: better an old policy than none.</summary>
    private SqliteConnection OpenReadOnly()
    {
        _isReadOnly = true;
        SqliteConnection connection = Create(SqliteOpenMode.ReadOnly, Path);
        try
        {
            connection.Open();
            connection.Execute("SELECT count(*) FROM sqlite_schema");
            return connection;
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode is FileFailures.CannotOpen or FileFailures.ReadOnly && _salvage is not null)
        {
            connection.Dispose();
            // In a directory that is closed to us not even the lock files can be made.
            connection = Create(SqliteOpenMode.ReadOnly, new Uri(Path).AbsoluteUri + "?immutable=1");
            connection.Open();
            return connection;
        }
    }

    private SqliteConnection Create(SqliteOpenMode mode, string source) =>
        new(new SqliteConnectionStringBuilder { DataSource = source, Mode = mode, Pooling = false, DefaultTimeout = LockTimeout }.ToString());

    /// <summary>Brings the file to the schema of this version.</summary>
    private void Prepare(SqliteConnection connection)
    {
        int version = Version(connection);
        Check(version);
        if (version == _schema.Migrations.Count)
        {
            return;
        }

        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        connection.Execute("CREATE TABLE IF NOT EXISTS schema (component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID");
        // Another process may have been here first.
        for (version = Version(connection); version < _schema.Migrations.Count; version++)
        {
            connection.Execute(_schema.Migrations[version]);
        }

        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "INSERT INTO schema VALUES ($component, $version) ON CONFLICT DO UPDATE SET version = excluded.version";
        command.Parameters.AddWithValue("$component", _schema.Component);
        command.Parameters.AddWithValue("$version", version);
        command.ExecuteNonQuery();
        transaction.Commit();
    }

    private int Version(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FILTER (WHERE name = 'schema'), count(*) FROM sqlite_schema";
        using (SqliteDataReader reader = command.ExecuteReader())
        {
            reader.Read();
            (bool isOurs, bool isEmpty) = (reader.GetInt64(0) > 0, reader.GetInt64(1) == 0);
            if (!isOurs)
            {
                return isEmpty ? 0 : throw new SqliteFileException($"{Path} is a database of another program; use another file.");
            }
        }

        command.CommandText = "SELECT version FROM schema WHERE component = $component";
        command.Parameters.AddWithValue("$component", _schema.Component);
        return Convert.ToInt32(command.ExecuteScalar() ?? 0, CultureInfo.InvariantCulture);
    }

    /// <summary>Puts a new file with what can be read in place of a damaged one, which stays beside it for whoever wants to look.</summary>
    private void SetAside(Exception damage)
    {
        Close();
        string stamp = _clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
        string aside = $"{Path}.damaged-{stamp}";
        for (int i = 2; File.Exists(aside); i++)
        {
            aside = string.Create(CultureInfo.InvariantCulture, $"{Path}.damaged-{stamp}-{i}");
        }

        _logger.FileDamaged(Path, aside, damage.Message);
        Delete(Salvaged);
        MakePrivate(Salvaged);
        using (SqliteConnection fresh = Create(SqliteOpenMode.ReadWriteCreate, Salvaged))
        {
            fresh.Open();
            Prepare(fresh);
            try
            {
                using SqliteConnection damaged = Create(SqliteOpenMode.ReadWrite, Path);
                damaged.Open();
                // Otherwise SQLite does not look into a file that is shorter than its header says.
                damaged.Execute("PRAGMA writable_schema = ON");
                _salvage!(damaged, fresh);
                FileSalvage.CopyOthers(damaged, fresh, _logger);
            }
            catch (SqliteException hopeless)
            {
                _logger.NothingSaved(aside, hopeless.Message);
            }
        }

        // A program that ends between the two finds the second half to do when it opens the file.
        foreach (string suffix in Suffixes.Where(suffix => File.Exists(Path + suffix)))
        {
            File.Move(Path + suffix, aside + suffix);
        }

        File.Move(Salvaged, Path);
    }

    /// <summary>Makes a new file that only its owner may read or write; SQLite's further files follow it.</summary>
    private static void MakePrivate(string path)
    {
        if (File.Exists(path) || OperatingSystem.IsWindows() || !Directory.Exists(System.IO.Path.GetDirectoryName(path)))
        {
            return;
        }

        try
        {
            using var made = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Another program was faster, or SQLite will say what is wrong.
        }
    }

    private static void Delete(string path)
    {
        foreach (string suffix in Suffixes)
        {
            File.Delete(path + suffix);
        }
    }

    private void Close()
    {
        _connection?.Dispose();
        _connection = null;
    }

    /// <summary>Whether the file is a damaged one of ours. Without SQLite's header it may be anybody's, and is left alone unless its length is one that only whole pages make.</summary>
    private bool IsDamage(Exception failure) => failure is SqliteException { SqliteErrorCode: var code }
        // Our statements are right: that a table or column is missing is the file's fault.
        ? code is FileFailures.Corrupt or FileFailures.Error || (code == FileFailures.NotADatabase && new FileInfo(Path) is { Exists: true } file && file.Length % PageSize == 0)
        : FileFailures.IsForeignRow(failure);
}
