using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Sqlite;

/// <summary>Keeps policies in one SQLite file, so that they outlive the process. RFC 8461 §10.2.</summary>
/// <remarks>
/// <para>What is saved survives the end of the process, also by <c>kill -9</c>; a power cut can take the last moments. Nothing is opened before
/// it is needed, and a file that could not be used is tried again with the next call.</para>
/// <para>A damaged file is set aside as <c>NAME.damaged-TIME</c>, and what can be read of it goes into a new one.</para>
/// </remarks>
public sealed class SqlitePolicyStore : IPolicyStore, IDisposable
{
    private const int PageSize = 5000;
    private const string Columns = "domain, id, policy, fetched_at, last_used_at, pinned";
    private const string Upsert = $"INSERT OR REPLACE INTO policies ({Columns}) VALUES ($domain, $id, $policy, $fetched, $used, $pinned)";

    private static readonly Schema Tables = new("policies",
    [
        """
        CREATE TABLE policies (
            domain TEXT PRIMARY KEY NOT NULL,
            id TEXT NOT NULL,
            policy BLOB NOT NULL,
            fetched_at INTEGER NOT NULL,   -- microseconds since 1970, as last_used_at
            last_used_at INTEGER NOT NULL,
            pinned INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
    ]);

    private readonly SqliteFile _file;
    private readonly ILogger _logger;

    /// <summary>Where <c>AddSqliteQueue</c> keeps policies when no other store is registered: beside the queue's file.</summary>
    /// <param name="queuePath">The queue's file, for example <c>/var/lib/relay/queue.db</c>.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static string PathBeside(string queuePath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(queuePath);
        return queuePath + ".policies";
    }

    /// <summary>Creates a store; the file is opened, and made if there is none, with the first call.</summary>
    /// <param name="path">The file, for example <c>/var/lib/relay/mta-sts.db</c>. Its directory must exist. Two more files appear beside it while it is open.</param>
    /// <param name="logger">Where damage is told; nowhere unless given.</param>
    /// <param name="clock">Names files that are set aside; the system's unless given.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public SqlitePolicyStore(string path, ILogger<SqlitePolicyStore>? logger = null, TimeProvider? clock = null)
        : this(path, logger, clock, null)
    {
    }

    internal SqlitePolicyStore(string path, ILogger<SqlitePolicyStore>? logger, TimeProvider? clock, int? maxPageCount)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _logger = logger ?? NullLogger<SqlitePolicyStore>.Instance;
        _file = new SqliteFile(path, Tables, Salvage, clock ?? TimeProvider.System, _logger) { MaxPageCount = maxPageCount };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredPolicy> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Page by page, so that nobody waits for the whole and damage in the middle does not end it; the next is read while one is used.
        int unreadable = 0;
        for (Task<Page>? reading = ReadPageAsync([], cancellationToken); reading is not null;)
        {
            Page page = await reading.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            reading = page.Last is { } last ? ReadPageAsync(last, cancellationToken) : null;
            unreadable += page.Unreadable;
            foreach (StoredPolicy policy in page.Policies)
            {
                yield return policy;
            }
        }

        if (unreadable > 0)
        {
            _logger.EntriesUnreadable(unreadable, _file.Path);
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoredPolicy?> FindAsync(DomainName domain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return UseAsync(connection =>
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = $"SELECT {Columns} FROM policies WHERE domain = $domain";
            command.Parameters.AddWithValue("$domain", domain.Value);
            using SqliteDataReader reader = command.ExecuteReader();
            return reader.Read() ? Read(reader) : null;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task SaveAsync(IReadOnlyCollection<StoredPolicy> policies, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(policies);
        return Task.Run(() => UseAsync(connection => Write(connection, policies), cancellationToken).AsTask(), cancellationToken);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(IReadOnlyCollection<DomainName> domains, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(domains);
        return Task.Run(() => UseAsync(connection =>
        {
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "DELETE FROM policies WHERE domain = $domain";
            SqliteParameter name = command.Parameters.Add("$domain", SqliteType.Text);
            foreach (DomainName domain in domains)
            {
                name.Value = domain.Value;
                command.ExecuteNonQuery();
            }

            transaction.Commit();
            return domains.Count;
        }, cancellationToken).AsTask(), cancellationToken);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private async ValueTask<T> UseAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        try
        {
            return await _file.UseAsync(work, cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteFileException failure)
        {
            throw new PolicyStoreException(failure.Message, failure.InnerException);
        }
    }

    private Task<Page> ReadPageAsync(byte[] after, CancellationToken cancellationToken) =>
        Task.Run(() => UseAsync(connection => ReadPage(connection, after), cancellationToken).AsTask(), cancellationToken);

    /// <summary>The rows behind a key. Keys are compared as the octets that stand in the file: decoded, a damaged one would sort elsewhere, and the reading never end.</summary>
    private static Page ReadPage(SqliteConnection connection, byte[] after)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {Columns} FROM policies WHERE domain > CAST($after AS TEXT) ORDER BY domain LIMIT $count";
        command.Parameters.AddWithValue("$after", after);
        command.Parameters.AddWithValue("$count", PageSize);
        using SqliteDataReader reader = command.ExecuteReader();
        var policies = new List<StoredPolicy>();
        int rows = 0;
        byte[]? last = null;
        while (reader.Read())
        {
            if (Read(reader) is { } policy)
            {
                policies.Add(policy);
            }

            if (++rows == PageSize)
            {
                last = reader.GetFieldValue<byte[]>(0);
            }
        }

        return last is null || last.AsSpan().SequenceCompareTo(after) > 0
            ? new Page(policies, rows - policies.Count, last)
            : throw new InvalidOperationException("the rows are not in order");
    }

    /// <summary>A row, or <see langword="null"/> when it is none of ours.</summary>
    private static StoredPolicy? Read(SqliteDataReader reader) =>
        DomainName.TryParse(reader.GetString(0), out DomainName? domain) && ToTime(reader.GetInt64(3)) is { } fetchedAt && ToTime(reader.GetInt64(4)) is { } lastUsedAt
            ? new StoredPolicy(domain, reader.GetString(1), reader.GetFieldValue<byte[]>(2), fetchedAt, lastUsedAt, reader.GetInt64(5) != 0)
            : null;

    private static int Write(SqliteConnection connection, IEnumerable<StoredPolicy> policies)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = Upsert;
        SqliteParameter domain = command.Parameters.Add("$domain", SqliteType.Text);
        SqliteParameter id = command.Parameters.Add("$id", SqliteType.Text);
        SqliteParameter text = command.Parameters.Add("$policy", SqliteType.Blob);
        SqliteParameter fetched = command.Parameters.Add("$fetched", SqliteType.Integer);
        SqliteParameter used = command.Parameters.Add("$used", SqliteType.Integer);
        SqliteParameter pinned = command.Parameters.Add("$pinned", SqliteType.Integer);
        int count = 0;
        foreach (StoredPolicy policy in policies)
        {
            domain.Value = policy.Domain.Value;
            id.Value = policy.Id;
            text.Value = policy.Text.ToArray();
            fetched.Value = FromTime(policy.FetchedAt);
            used.Value = FromTime(policy.LastUsedAt);
            pinned.Value = policy.IsPinned ? 1 : 0;
            command.ExecuteNonQuery();
            count++;
        }

        transaction.Commit();
        return count;
    }

    /// <summary>Copies what can be read, from both ends of the table: damage in the middle costs what lies around it.</summary>
    private void Salvage(SqliteConnection damaged, SqliteConnection fresh)
    {
        var saved = new Dictionary<DomainName, StoredPolicy>();
        foreach (string order in new[] { "ASC", "DESC" })
        {
            Collect(damaged, $"SELECT {Columns} FROM policies ORDER BY domain {order}");
        }

        // And between them: one first character, then one more, leads past each damaged page.
        foreach (string prefix in Prefixes())
        {
            Collect(damaged, $"SELECT {Columns} FROM policies WHERE domain >= '{prefix}' AND domain < '{prefix}~' ORDER BY domain");
        }

        Write(fresh, saved.Values);
        _logger.EntriesSaved(saved.Count);

        void Collect(SqliteConnection from, string sql)
        {
            try
            {
                using SqliteCommand command = from.CreateCommand();
                command.CommandText = sql;
                using SqliteDataReader reader = command.ExecuteReader();
                while (reader.Read())
                {
                    if (TryRead(reader) is { } policy && StsPolicy.TryParse(policy.Text.Span, out _, out _))
                    {
                        saved[policy.Domain] = policy;
                    }
                }
            }
            catch (Exception unreadable) when (unreadable is SqliteException or InvalidOperationException)
            {
                // As far as it goes; the next way may lead further.
            }
        }
    }

    private static StoredPolicy? TryRead(SqliteDataReader reader)
    {
        try
        {
            return Read(reader);
        }
        catch (Exception foreign) when (foreign is InvalidOperationException or InvalidCastException or FormatException or OverflowException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Prefixes()
    {
        const string characters = "0123456789_abcdefghijklmnopqrstuvwxyz";
        return characters.Select(first => first.ToString())
            .Concat(characters.SelectMany(first => (characters + "-.").Select(second => $"{first}{second}")));
    }

    private static long FromTime(DateTimeOffset moment) => (moment.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset? ToTime(long microseconds)
    {
        const long least = -62_135_596_800_000_000;
        const long most = 253_402_300_799_999_999;
        return microseconds is < least or > most ? null : DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>Some rows, and the key of the last one where more may follow.</summary>
    private sealed record Page(IReadOnlyList<StoredPolicy> Policies, int Unreadable, byte[]? Last);
}
