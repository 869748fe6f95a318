using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace MtaSts.Delivery.Sqlite;

/// <summary>Saves from a damaged file what is not its owner's.</summary>
internal static class FileSalvage
{
    /// <summary>Copies what another kind of store keeps in the same file, as far as it can be read.</summary>
    public static void CopyOthers(SqliteConnection damaged, SqliteConnection fresh, ILogger logger)
    {
        const string schema = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name";
        HashSet<string> ours = [.. Rows(fresh, schema).Select(row => (string)row[1])];
        object[][] others;
        try
        {
            others = [.. Rows(damaged, schema).Where(row => !ours.Contains((string)row[1]))];
        }
        catch (Exception unreadable) when (unreadable is SqliteException or InvalidCastException)
        {
            // What was there besides is not known.
            return;
        }

        // One transaction: a million rows wait for the disk once. Begun by hand, as one that SQLite itself takes back must end in SQLite's error.
        fresh.Execute("BEGIN IMMEDIATE");
        foreach (object[] one in others)
        {
            try
            {
                fresh.Execute((string)one[2]);
            }
            catch (SqliteException garbled)
            {
                // What the damage made of one description keeps no other table.
                logger.TableCutShort((string)one[1], garbled.Message);
                continue;
            }

            if (one is ["table", string table, ..])
            {
                Copy(table);
            }
        }

        // Last: a component counts as there when its tables are.
        Copy("schema");
        fresh.Execute("COMMIT");

        void Copy(string table)
        {
            using SqliteCommand insert = fresh.CreateCommand();
            try
            {
                foreach (object[] row in Rows(damaged, $"SELECT * FROM \"{table}\""))
                {
                    insert.CommandText = $"INSERT OR IGNORE INTO \"{table}\" VALUES ({string.Join(", ", row.Select((_, i) => FormattableString.Invariant($"$c{i}")))})";
                    insert.Parameters.Clear();
                    insert.Parameters.AddRange(row.Select((value, i) => new SqliteParameter(FormattableString.Invariant($"$c{i}"), value)));
                    insert.ExecuteNonQuery();
                }
            }
            catch (SqliteException unreadable)
            {
                // As far as it goes; the next table may be whole.
                logger.TableCutShort(table, unreadable.Message);
            }
        }
    }

    private static IEnumerable<object[]> Rows(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            object[] row = new object[reader.FieldCount];
            reader.GetValues(row);
            yield return row;
        }
    }
}
