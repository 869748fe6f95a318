using Microsoft.Data.Sqlite;

namespace MtaSts.Delivery.Sqlite;

/// <summary>SQL without a result.</summary>
internal static class SqliteText
{
    public static void Execute(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
