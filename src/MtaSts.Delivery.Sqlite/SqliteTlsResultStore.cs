using System.Globalization;
using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Sqlite;

/// <summary>Keeps TLS results in one SQLite file until they are reported, so that they outlive the process. RFC 8460 §4.1.</summary>
/// <remarks>What is saved survives the end of the process, also by <c>kill -9</c>, and a batch is in it wholly or not at all. Best in a file of its
/// own: one that is damaged is set aside, and what can be read of these tables goes into a new one, but not what another store has in the same file.</remarks>
public sealed class SqliteTlsResultStore : ITlsResultStore, IDisposable
{
    internal static readonly Schema Tables = new("tls-results",
    [
        """
        CREATE TABLE tls_writers (writer TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL, time INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE tls_results (
            id INTEGER PRIMARY KEY,
            day INTEGER NOT NULL,          -- days since 0001-01-01
            domain TEXT NOT NULL,
            type INTEGER NOT NULL,
            policy TEXT NOT NULL,
            successful INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            UNIQUE (day, domain, type, policy)
        ) STRICT;
        CREATE TABLE tls_failures (
            result INTEGER NOT NULL,
            result_type TEXT NOT NULL,
            reason TEXT NOT NULL,
            sending_ip TEXT NOT NULL,      -- empty where it is not known, as the next three
            mx_host TEXT NOT NULL,
            helo TEXT NOT NULL,
            receiving_ip TEXT NOT NULL,
            sessions INTEGER NOT NULL,
            PRIMARY KEY (result, result_type, reason, sending_ip, mx_host, helo, receiving_ip)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE tls_reports (
            day INTEGER NOT NULL,
            domain TEXT NOT NULL,
            version INTEGER NOT NULL,
            state INTEGER NOT NULL,
            report_id TEXT,
            next_attempt INTEGER NOT NULL, -- ticks, as first_attempt
            first_attempt INTEGER,
            attempts INTEGER NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (day, domain)
        ) STRICT, WITHOUT ROWID;
        """,
        // Several reports of one day, of what was counted before and after the first try. Counts that stood behind a finished report were never reported.
        """
        ALTER TABLE tls_results RENAME TO tls_results_1;
        ALTER TABLE tls_reports RENAME TO tls_reports_1;
        CREATE TABLE tls_results (
            id INTEGER PRIMARY KEY,
            day INTEGER NOT NULL,
            domain TEXT NOT NULL,
            part INTEGER NOT NULL,
            type INTEGER NOT NULL,
            policy TEXT NOT NULL,
            successful INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            UNIQUE (day, domain, part, type, policy)
        ) STRICT;
        INSERT INTO tls_results SELECT r.id, r.day, r.domain, coalesce(j.state, 0) <> 0, r.type, r.policy, r.successful, r.failed
            FROM tls_results_1 r LEFT JOIN tls_reports_1 j ON j.day = r.day AND j.domain = r.domain;
        CREATE TABLE tls_reports (
            day INTEGER NOT NULL,
            domain TEXT NOT NULL,
            part INTEGER NOT NULL,
            version INTEGER NOT NULL,
            state INTEGER NOT NULL,
            report_id TEXT,
            next_attempt INTEGER NOT NULL,
            first_attempt INTEGER,
            attempts INTEGER NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (day, domain, part)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO tls_reports SELECT day, domain, 0, version, state, report_id, next_attempt, first_attempt, attempts, detail FROM tls_reports_1;
        DROP TABLE tls_results_1;
        DROP TABLE tls_reports_1;
        """,
    ]);

    private static readonly (string Table, string[] Columns)[] Salvageable =
    [
        ("tls_reports", ["day", "domain", "part", "version", "state", "report_id", "next_attempt", "first_attempt", "attempts", "detail"]),
        ("tls_writers", ["writer", "number", "time"]),
        ("tls_results", ["id", "day", "domain", "part", "type", "policy", "successful", "failed"]),
        ("tls_failures", ["result", "result_type", "reason", "sending_ip", "mx_host", "helo", "receiving_ip", "sessions"]),
    ];

    // SQLite's own result code, https://www.sqlite.org/rescode.html
    private const int Constraint = 19;

    private readonly SqliteFile _file;

    /// <summary>Creates a store; the file is opened, and made if there is none, with the first call.</summary>
    /// <param name="path">The file, for example <c>/var/lib/relay/mta-sts.db</c>. Its directory must exist.</param>
    /// <param name="logger">Where damage is told; nowhere unless given.</param>
    /// <param name="clock">Names files that are set aside; the system's unless given.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public SqliteTlsResultStore(string path, ILogger<SqliteTlsResultStore>? logger = null, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _file = new SqliteFile(path, Tables, Salvage, clock ?? TimeProvider.System, logger ?? NullLogger<SqliteTlsResultStore>.Instance);
    }

    /// <inheritdoc/>
    public Task<bool> AddAsync(TlsResultBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return UseAsync(connection =>
        {
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            using SqliteCommand writer = Command(connection,
                "INSERT INTO tls_writers VALUES ($writer, $number, $time) ON CONFLICT DO UPDATE SET number = excluded.number, time = excluded.time WHERE excluded.number > number",
                ("$writer", batch.Writer.ToString("N")), ("$number", batch.Number), ("$time", batch.Time.UtcTicks));
            if (writer.ExecuteNonQuery() == 0)
            {
                return false;
            }

            Add(connection, batch.Results);
            transaction.Commit();
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TlsReportJob>> FindWaitingAsync(DateOnly before, CancellationToken cancellationToken = default) => UseAsync<IReadOnlyList<TlsReportJob>>(connection =>
    {
        using SqliteCommand command = Command(connection,
            """
            SELECT DISTINCT r.day, r.domain, j.version, j.state, j.report_id, j.next_attempt, j.first_attempt, j.attempts, j.detail, r.part
            FROM tls_results r LEFT JOIN tls_reports j ON j.day = r.day AND j.domain = r.domain AND j.part = r.part
            WHERE r.day BETWEEN 0 AND $last AND coalesce(j.state, $waiting) = $waiting
            """,
            ("$last", before.DayNumber - 1), ("$waiting", (int)TlsReportState.Waiting));
        using SqliteDataReader reader = command.ExecuteReader();
        var jobs = new List<TlsReportJob>();
        while (reader.Read())
        {
            if (DomainName.TryParse(reader.GetString(1), out DomainName? domain))
            {
                var day = DateOnly.FromDayNumber(reader.GetInt32(0));
                jobs.Add(reader.IsDBNull(2)
                    ? new TlsReportJob(day, domain, reader.GetInt32(9), 0, TlsReportState.Waiting, null, DateTimeOffset.MinValue, null, 0, "")
                    : new TlsReportJob(day, domain, reader.GetInt32(9), reader.GetInt32(2), (TlsReportState)reader.GetInt32(3), reader.IsDBNull(4) ? null : reader.GetString(4),
                        Moment(reader.GetInt64(5)), reader.IsDBNull(6) ? null : Moment(reader.GetInt64(6)), reader.GetInt32(7), reader.GetString(8)));
            }
        }

        return jobs;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TlsResultCounts>> ReadAsync(DateOnly day, DomainName domain, int part = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return UseAsync<IReadOnlyList<TlsResultCounts>>(connection =>
        {
            // One transaction: what is added meanwhile is in both tables or in none.
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);
            ILookup<long, TlsFailureCount> failures = ReadFailures(connection, day, domain, part);
            using SqliteCommand command = Command(connection, "SELECT id, type, policy, successful, failed FROM tls_results WHERE day = $day AND domain = $domain AND part = $part",
                ("$day", day.DayNumber), ("$domain", domain.Value), ("$part", part));
            using SqliteDataReader reader = command.ExecuteReader();
            var counts = new List<TlsResultCounts>();
            while (reader.Read())
            {
                counts.Add(new TlsResultCounts(day, new TlsPolicyKey((TlsPolicyType)reader.GetInt32(1), domain, reader.GetString(2)),
                    new TlsSessionCounts(reader.GetInt64(3), reader.GetInt64(4)), [.. failures[reader.GetInt64(0)]]));
            }

            return counts;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> SaveAsync(TlsReportJob job, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        return UseAsync(connection =>
        {
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            using SqliteCommand save = Command(connection,
                job.Version == 0
                    ? "INSERT INTO tls_reports VALUES ($day, $domain, $part, 1, $state, $id, $next, $first, $attempts, $detail) ON CONFLICT DO NOTHING"
                    : """
                    UPDATE tls_reports SET version = $version + 1, state = $state, report_id = $id, next_attempt = $next, first_attempt = $first, attempts = $attempts, detail = $detail
                    WHERE day = $day AND domain = $domain AND part = $part AND version = $version
                    """,
                ("$day", job.Day.DayNumber), ("$domain", job.Domain.Value), ("$part", job.Part), ("$version", job.Version), ("$state", (int)job.State), ("$id", job.ReportId),
                ("$next", job.NextAttempt.UtcTicks), ("$first", job.FirstAttempt?.UtcTicks), ("$attempts", job.Attempts), ("$detail", job.Detail));
            if (save.ExecuteNonQuery() == 0)
            {
                return false;
            }

            if (job.State != TlsReportState.Waiting)
            {
                RemoveCounts(connection, job);
            }

            transaction.Commit();
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(DateOnly before, CancellationToken cancellationToken = default) => UseAsync(connection =>
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        // A report whose counts are still there waits.
        using SqliteCommand reports = Command(connection,
            """
            DELETE FROM tls_reports WHERE day < $before
            AND NOT EXISTS (SELECT * FROM tls_results r WHERE r.day = tls_reports.day AND r.domain = tls_reports.domain AND r.part = tls_reports.part)
            """,
            ("$before", before.DayNumber));
        reports.ExecuteNonQuery();
        using SqliteCommand writers = Command(connection, "DELETE FROM tls_writers WHERE time < $time", ("$time", before.DayNumber * TimeSpan.TicksPerDay));
        writers.ExecuteNonQuery();
        transaction.Commit();
        return true;
    }, cancellationToken);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private Task<T> UseAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) => Task.Run(async () =>
    {
        try
        {
            return await _file.UseAsync(work, cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteFileException failure)
        {
            throw new TlsResultStoreException(failure.Message, failure.InnerException);
        }
    }, cancellationToken);

    private static void Add(SqliteConnection connection, IEnumerable<TlsResultCounts> results)
    {
        using SqliteCommand counts = Command(connection,
            """
            INSERT INTO tls_results (day, domain, part, type, policy, successful, failed) VALUES ($day, $domain,
                (SELECT coalesce(max(part) + 1, 0) FROM tls_reports WHERE day = $day AND domain = $domain AND (first_attempt IS NOT NULL OR state <> $waiting)),
                $type, $policy, $successful, $failed)
            ON CONFLICT DO UPDATE SET successful = successful + excluded.successful, failed = failed + excluded.failed
            RETURNING id
            """);
        using SqliteCommand failures = Command(connection,
            """
            INSERT INTO tls_failures VALUES ($result, $type, $reason, $sending, $mx, $helo, $receiving, $sessions)
            ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions
            """);
        foreach (TlsResultCounts one in results)
        {
            Set(counts, ("$day", one.Day.DayNumber), ("$domain", one.Policy.Domain.Value), ("$type", (int)one.Policy.Type), ("$policy", one.Policy.Text),
                ("$successful", one.Sessions.Successful), ("$failed", one.Sessions.Failed), ("$waiting", (int)TlsReportState.Waiting));
            long result = Convert.ToInt64(counts.ExecuteScalar(), CultureInfo.InvariantCulture);
            foreach ((TlsFailureDetail failure, long sessions) in one.Failures.Select(count => (count.Failure, count.Sessions)))
            {
                Set(failures, ("$result", result), ("$type", failure.ResultType), ("$reason", failure.ReasonCode), ("$sending", failure.SendingIp?.ToString() ?? ""),
                    ("$mx", failure.MxHost ?? ""), ("$helo", failure.Helo ?? ""), ("$receiving", failure.ReceivingIp?.ToString() ?? ""), ("$sessions", sessions));
                failures.ExecuteNonQuery();
            }
        }
    }

    private static ILookup<long, TlsFailureCount> ReadFailures(SqliteConnection connection, DateOnly day, DomainName domain, int part)
    {
        using SqliteCommand command = Command(connection,
            """
            SELECT f.result, f.result_type, f.reason, f.sending_ip, f.mx_host, f.helo, f.receiving_ip, f.sessions
            FROM tls_failures f JOIN tls_results r ON r.id = f.result WHERE r.day = $day AND r.domain = $domain AND r.part = $part
            """,
            ("$day", day.DayNumber), ("$domain", domain.Value), ("$part", part));
        using SqliteDataReader reader = command.ExecuteReader();
        var read = new List<(long Result, TlsFailureCount Count)>();
        while (reader.Read())
        {
            var failure = new TlsFailureDetail(reader.GetString(1), reader.GetString(2), Address(reader.GetString(3)), Known(reader.GetString(4)), Known(reader.GetString(5)), Address(reader.GetString(6)));
            read.Add((reader.GetInt64(0), new TlsFailureCount(failure, reader.GetInt64(7))));
        }

        return read.ToLookup(one => one.Result, one => one.Count);
    }

    private static void RemoveCounts(SqliteConnection connection, TlsReportJob job)
    {
        const string which = "day = $day AND domain = $domain AND part = $part";
        (string, object?)[] parameters = [("$day", job.Day.DayNumber), ("$domain", job.Domain.Value), ("$part", job.Part)];
        using SqliteCommand failures = Command(connection, $"DELETE FROM tls_failures WHERE result IN (SELECT id FROM tls_results WHERE {which})", parameters);
        failures.ExecuteNonQuery();
        using SqliteCommand results = Command(connection, $"DELETE FROM tls_results WHERE {which}", parameters);
        results.ExecuteNonQuery();
    }

    /// <summary>Copies what can be read, table by table, each as far as it goes.</summary>
    private static void Salvage(SqliteConnection damaged, SqliteConnection fresh)
    {
        // One transaction: a million rows wait for the disk once. Begun by hand, as one that SQLite itself takes back must end in SQLite's error.
        fresh.Execute("BEGIN IMMEDIATE");
        foreach ((string table, string[] columns) in Salvageable)
        {
            using SqliteCommand insert = Command(fresh, $"INSERT OR IGNORE INTO {table} VALUES ({string.Join(", ", columns.Select(column => "$" + column))})");
            try
            {
                using SqliteCommand select = Command(damaged, "SELECT * FROM " + table);
                using SqliteDataReader reader = select.ExecuteReader();
                string[] found = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
                while (reader.Read())
                {
                    // A file of an earlier schema knows no parts: all is the first.
                    Set(insert, [.. columns.Select(column => ("$" + column, Array.IndexOf(found, column) is >= 0 and var ordinal ? (object?)reader.GetValue(ordinal) : 0))]);
                    Copy(insert);
                }
            }
            catch (SqliteException)
            {
                // As far as it goes; the next table may be whole.
            }
        }

        fresh.Execute("COMMIT");
    }

    /// <summary>A row whose values the damage turned into something else does not keep the others.</summary>
    private static void Copy(SqliteCommand insert)
    {
        try
        {
            insert.ExecuteNonQuery();
        }
        catch (SqliteException unfit) when (unfit.SqliteErrorCode == Constraint)
        {
        }
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        Set(command, parameters);
        return command;
    }

    private static void Set(SqliteCommand command, params (string Name, object? Value)[] parameters)
    {
        command.Parameters.Clear();
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
    }

    private static string? Known(string text) => text.Length == 0 ? null : text;

    private static IPAddress? Address(string text) => IPAddress.TryParse(text, out IPAddress? address) ? address : null;

    private static DateTimeOffset Moment(long ticks) => new(Math.Clamp(ticks, 0, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);
}
