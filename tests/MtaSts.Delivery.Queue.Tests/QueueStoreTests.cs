using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sqlite;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

public sealed class QueueStoreTests
{
    private static IEnumerable<StoreCheck<IQueueStore>> SqliteChecks => [.. QueueStoreContract.Checks, .. QueueStoreContract.DurableChecks];

    private static IEnumerable<StoreCheck<IQueueStore>> MemoryChecks => QueueStoreContract.Checks;

    [TestCaseSource(nameof(SqliteChecks))]
    public async Task The_contract_is_kept_by_SQLite(StoreCheck<IQueueStore> check)
    {
        using var file = new TemporaryFile();
        await check.RunAsync(() => new SqliteQueueStore(file.Path));
    }

    [TestCaseSource(nameof(MemoryChecks))]
    public async Task The_contract_is_kept_in_memory(StoreCheck<IQueueStore> check)
    {
        var store = new MemoryQueueStore();
        await check.RunAsync(() => store);
    }
}
