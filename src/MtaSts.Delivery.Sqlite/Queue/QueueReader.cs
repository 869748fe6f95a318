using MtaSts.Delivery.Queue;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Reads in one snapshot, on a connection of its own, which neither waits for the writer nor holds it up.</summary>
internal sealed class QueueReader(SqliteFile file) : IDisposable
{
    private Statements? _statements;

    public Task<T> ReadAsync<T>(Func<Statements, T> read, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            try
            {
                return await file.UseAsync(
                    connection =>
                    {
                        if (_statements?.Connection != connection)
                        {
                            _statements = new Statements(connection);
                        }

                        Statements sql = _statements;
                        sql.Execute("BEGIN");
                        try
                        {
                            return read(sql);
                        }
                        finally
                        {
                            sql.Execute("ROLLBACK");
                        }
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (SqliteFileException failure)
            {
                throw new QueueException(failure.Message, failure.InnerException);
            }
        },
        cancellationToken);

    public void Dispose() => file.Dispose();
}
