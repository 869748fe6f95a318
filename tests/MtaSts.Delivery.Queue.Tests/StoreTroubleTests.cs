using System.Diagnostics;
using Microsoft.Data.Sqlite;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sqlite;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>What one bad change, row, file or reader does to the rest of a queue's file: nothing.</summary>
public sealed class StoreTroubleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 12, 12, 0, 0, TimeSpan.Zero);

    private static Task<QueueId> EnqueueAsync(SqliteQueueStore store, int size = 100) => store.AddAsync(new NewMessage(
        new Envelope("s@sender.example", "a@a.test"), new byte[size], Noon, Noon, Noon.AddDays(5), QueuePriority.Normal, null, IsNotice: false, WantsEvents: false));
}
