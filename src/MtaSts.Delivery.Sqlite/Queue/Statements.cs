using System.Data;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>The prepared statements of one connection, by their text. Parameters are <c>?1</c>, <c>?2</c> and so on.</summary>
/// <remarks>They speak to SQLite itself: with a dozen statements for a message, a command and a reader for each would cost more than the work.</remarks>
internal sealed class Statements
{
    private readonly Dictionary<string, sqlite3_stmt> _prepared = new(new ByLength());

    public Statements(SqliteConnection connection)
    {
        Connection = connection;
        // A connection is closed only when the last of its statements has gone.
        connection.StateChange += (_, change) =>
        {
            if (change.CurrentState == ConnectionState.Closed)
            {
                foreach (sqlite3_stmt statement in _prepared.Values)
                {
                    statement.Dispose();
                }

                _prepared.Clear();
            }
        };
    }

    public SqliteConnection Connection { get; }

    /// <summary>The number of the row that was inserted last.</summary>
    public long LastInserted => raw.sqlite3_last_insert_rowid(Connection.Handle);

    /// <summary>Runs a statement; says how many rows it has changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        sqlite3_stmt statement = Bound(sql, values);
        try
        {
            while (Step(statement))
            {
            }

            return raw.sqlite3_changes(Connection.Handle);
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    /// <summary>Runs a statement, and reads the first value of its first row; <see langword="null"/> when there is none.</summary>
    public long? Number(string sql, params ReadOnlySpan<object?> values)
    {
        sqlite3_stmt statement = Bound(sql, values);
        try
        {
            var row = new Row(statement);
            long? number = Step(statement) && !row.IsNull(0) ? row.GetInt64(0) : null;
            // To its end: a change that says what it has changed is done only then.
            while (number is not null && Step(statement))
            {
            }

            return number;
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    /// <summary>Runs a statement, and reads every row.</summary>
    public List<T> Rows<T>(string sql, Func<Row, T> read, params ReadOnlySpan<object?> values)
    {
        sqlite3_stmt statement = Bound(sql, values);
        try
        {
            var rows = new List<T>();
            while (Step(statement))
            {
                rows.Add(read(new Row(statement)));
            }

            return rows;
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    private bool Step(sqlite3_stmt statement)
    {
        int result = raw.sqlite3_step(statement);
        if (result is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            SqliteException.ThrowExceptionForRC(result, Connection.Handle);
        }

        return result == raw.SQLITE_ROW;
    }

    private sqlite3_stmt Bound(string sql, ReadOnlySpan<object?> values)
    {
        if (!_prepared.TryGetValue(sql, out sqlite3_stmt? statement))
        {
            SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(Connection.Handle, sql, out statement), Connection.Handle);
            _prepared.Add(sql, statement);
        }

        for (int i = 0; i < values.Length; i++)
        {
            SqliteException.ThrowExceptionForRC(Bind(statement, i + 1, values[i]), Connection.Handle);
        }

        return statement;
    }

    private static int Bind(sqlite3_stmt statement, int index, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(statement, index),
        string text => raw.sqlite3_bind_text(statement, index, text),
        long number => raw.sqlite3_bind_int64(statement, index, number),
        int number => raw.sqlite3_bind_int64(statement, index, number),
        bool isSo => raw.sqlite3_bind_int64(statement, index, isSo ? 1 : 0),
        ReadOnlyMemory<byte> octets => raw.sqlite3_bind_blob(statement, index, octets.Span),
        _ => throw new ArgumentException($"A {value.GetType()} cannot be kept.", nameof(value)),
    };

    /// <summary>Tells statements apart by length and two characters, as to read the whole of each would cost as much as to run it; most are the very same string.</summary>
    private sealed class ByLength : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode(string text) => (text.Length << 16) ^ (text[text.Length / 2] << 8) ^ text[^1];
    }
}
