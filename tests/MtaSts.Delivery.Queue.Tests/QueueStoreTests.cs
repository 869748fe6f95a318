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

    /// <summary>The contract leaves it to a store; without it each message would be looked for, and its content read.</summary>
    [Test]
    public async Task SQLite_leases_mail_as_it_comes_while_its_destination_has_room()
    {
        var noon = new DateTimeOffset(2026, 1, 12, 12, 0, 0, TimeSpan.Zero);
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path);
        await store.BeatAsync(Guid.Empty, noon);
        AddedMessage[] added = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => store.AddLeasedAsync(
            new NewMessage(new Envelope("s@sender.example", "a@a.test"), new byte[100], noon, noon, noon.AddDays(5), QueuePriority.Normal, null, IsNotice: false, WantsEvents: false), new LeaseRequest(Guid.Empty, noon, 1, 2))));
        Assert.That(added.Count(one => one.Lease is not null), Is.EqualTo(2));
    }
}
