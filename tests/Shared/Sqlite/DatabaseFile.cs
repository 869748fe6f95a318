using Microsoft.Data.Sqlite;

namespace MtaSts.Delivery.Tests;

/// <summary>A file of SQLite, as any other program sees it.</summary>
internal static class DatabaseFile
{
    /// <returns>How many rows were changed.</returns>
    public static int Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }
}
