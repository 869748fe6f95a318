using SQLitePCL;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>The row at which a statement stands. A value of another kind than the schema promises is an <see cref="InvalidCastException"/>, as only damage makes one.</summary>
internal readonly struct Row(sqlite3_stmt statement)
{
    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public long GetInt64(int column) => Is(column, raw.SQLITE_INTEGER) ? raw.sqlite3_column_int64(statement, column) : throw Foreign(column);

    public int GetInt32(int column) => checked((int)GetInt64(column));

    public string GetString(int column) => Is(column, raw.SQLITE_TEXT) ? raw.sqlite3_column_text(statement, column).utf8_to_string() : throw Foreign(column);

    /// <summary>The octets themselves, good until the next row.</summary>
    public ReadOnlySpan<byte> GetOctets(int column) => Is(column, raw.SQLITE_BLOB) ? raw.sqlite3_column_blob(statement, column) : throw Foreign(column);

    private bool Is(int column, int type) => raw.sqlite3_column_type(statement, column) == type;

    private static InvalidCastException Foreign(int column) => new($"column {column} of a row is not what it must be");
}
