using Microsoft.Data.Sqlite;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>The prepared statements of one connection, by their text. Parameters are <c>?1</c>, <c>?2</c> and so on.</summary>
internal sealed class Statements(SqliteConnection connection)
{
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public SqliteConnection Connection { get; } = connection;

    /// <summary>Runs a statement; says how many rows it has changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Command(sql, values).ExecuteNonQuery();

    /// <summary>Runs a statement, and reads the first value of its first row; <see langword="null"/> when there is none.</summary>
    public long? Number(string sql, params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader reader = Command(sql, values).ExecuteReader();
        return reader.Read() && !reader.IsDBNull(0) ? reader.GetInt64(0) : null;
    }

    /// <summary>Runs a statement, and reads every row.</summary>
    public List<T> Rows<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader reader = Command(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out SqliteCommand? command))
        {
            command = Connection.CreateCommand();
            command.CommandText = sql;
            for (int i = 1; i <= values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter(FormattableString.Invariant($"?{i}"), null));
            }

            _commands.Add(sql, command);
        }

        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
