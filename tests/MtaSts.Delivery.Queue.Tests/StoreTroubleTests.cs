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

    /// <summary>Somebody who reads for long keeps the log from being begun anew; mail does not wait for that.</summary>
    [Test]
    public async Task A_slow_reader_does_not_hold_up_whoever_hands_mail_in()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path, null, lockTimeout: 20) { MaxPageCount = 200 };
        await EnqueueAsync(store);
        using var reader = new SqliteConnection($"Data Source={file.Path};Pooling=False");
        reader.Open();
        using SqliteCommand command = reader.CreateCommand();
        command.CommandText = "BEGIN; SELECT count(*) FROM queue_messages";
        command.ExecuteScalar();
        long started = Stopwatch.GetTimestamp();
        Assert.That(async () => await EnqueueAsync(store, size: 3_000_000), Throws.InstanceOf<QueueException>());
        await EnqueueAsync(store);
        Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    /// <summary>A fault of the program in one change is that change's.</summary>
    [Test]
    public async Task A_change_that_throws_what_nobody_foresaw_leaves_the_others_and_the_next_alone()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path);
        await EnqueueAsync(store);
        Task<QueueId>[] all = [.. Enumerable.Range(0, 10).Select(_ => EnqueueAsync(store))];
        Task<bool> broken = store.CompleteAsync(new LeaseCompletion(null!, Noon, [], null, false, false, false, null, [], []));
        Task<QueueId>[] behind = [.. Enumerable.Range(0, 10).Select(_ => EnqueueAsync(store))];
        Assert.That(async () => await broken, Throws.InstanceOf<NullReferenceException>());
        await Task.WhenAll([.. all, .. behind]);
        await EnqueueAsync(store);
        Assert.That((await store.CountAsync(Noon)).Messages, Is.EqualTo(22));
    }

    /// <summary>A row that cannot be read stays for whoever mends it, and stands in nobody's way.</summary>
    [Test]
    public async Task A_damaged_delivery_is_held_and_the_others_are_leased()
    {
        using var file = new TemporaryFile();
        using var logs = new RecordingLogs();
        await using var store = new SqliteQueueStore(file.Path, new Microsoft.Extensions.Logging.Logger<SqliteQueueStore>(logs));
        QueueId damaged = await EnqueueAsync(store);
        QueueId whole = await EnqueueAsync(store);
        Sql(file.Path, $"UPDATE queue_recipients SET address = 'nobody' WHERE delivery >> 20 = {damaged.Value}");
        await store.BeatAsync(Guid.Empty, Noon);
        var request = new LeaseRequest(Guid.Empty, Noon, 10, 1);
        QueueLease lease = (await store.LeaseAsync(request)).Single();
        Assert.That(lease.Id, Is.EqualTo(whole));
        Assert.That((await store.CountAsync(Noon)).Held, Is.EqualTo(1));
        Assert.That(logs.Lines.Select(line => line.Id), Is.EqualTo([106]));
        Assert.That(logs.Lines.Single().Text, Does.Contain(damaged.ToString()).And.Contain(file.Path));
        await store.CompleteAsync(new LeaseCompletion(lease, Noon, [new RecipientResult(0, RecipientState.Delivered, null)], Noon, true, false, false, null, [], []));
        QueueId next = await EnqueueAsync(store);
        Assert.That((await store.LeaseAsync(request)).Single().Id, Is.EqualTo(next));
    }

    /// <summary>The first of the files in which room is kept is somebody else's: the next one serves.</summary>
    [Test]
    public async Task Room_that_cannot_be_kept_in_one_file_is_kept_in_the_next()
    {
        using var file = new TemporaryFile();
        // What cannot be opened for writing, also by root.
        Directory.CreateDirectory(file.Path + "-reserve");
        await using var store = new SqliteQueueStore(file.Path);
        await EnqueueAsync(store);
        Assert.That(new FileInfo(file.Path + "-reserve2").Length, Is.EqualTo(1 << 20));
    }

    [Test]
    public async Task Room_that_can_be_kept_in_no_file_is_told_with_the_files_name()
    {
        using var file = new TemporaryFile();
        for (int i = 1; i <= 16; i++)
        {
            Directory.CreateDirectory(i == 1 ? file.Path + "-reserve" : $"{file.Path}-reserve{i}");
        }

        await using var store = new SqliteQueueStore(file.Path);
        Assert.That(async () => await EnqueueAsync(store), Throws.InstanceOf<QueueException>().With.Message.Contains(file.Path + "-reserve").And.Message.Not.Contains("full"));
    }

    /// <summary>A newer program has brought the file to its version: what this one would write by the older one, that one could not read.</summary>
    [Test]
    public async Task A_program_whose_file_is_brought_to_a_newer_version_changes_it_no_more()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path);
        await EnqueueAsync(store);
        await store.BeatAsync(Guid.Empty, Noon);
        Sql(file.Path, "UPDATE schema SET version = 2 WHERE component = 'queue'");
        for (int i = 0; i < 2; i++)
        {
            Assert.That(async () => await EnqueueAsync(store), Throws.InstanceOf<QueueException>().With.Message.Contains("newer version").And.Message.Contains("update MtaSts.Delivery.Sqlite"));
            Assert.That(async () => await store.LeaseAsync(new LeaseRequest(Guid.Empty, Noon, 1, 1)), Throws.InstanceOf<QueueException>().With.Message.Contains("newer version"));
        }
    }

    /// <summary>Leases are held by signs of life: one that waited behind much mail would come too late, and the mail under way would be delivered by another worker, too.</summary>
    [Test]
    public async Task A_sign_of_life_goes_before_large_mail_that_came_first()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path);
        await EnqueueAsync(store);
        var begun = new ManualResetEventSlim();
        var released = new ManualResetEventSlim();
        Task<QueuePulse>? beat = null;
        int changes = 0;
        bool isFirst = false;
        store.FreeRoom = () =>
        {
            // Asked on the writer's thread, before each transaction.
            switch (++changes)
            {
                case 1:
                    begun.Set();
                    released.Wait();
                    break;

                case 3:
                    isFirst = beat!.Wait(TimeSpan.FromSeconds(20));
                    break;
            }

            return long.MaxValue;
        };
        Task<QueueId> running = EnqueueAsync(store);
        begun.Wait();
        Task<QueueId>[] large = [.. Enumerable.Range(0, 3).Select(_ => EnqueueAsync(store, size: 9 << 20))];
        beat = store.BeatAsync(Guid.Empty, Noon);
        released.Set();
        await Task.WhenAll([running, .. large]);
        Assert.That(isFirst, Is.True);
    }

    /// <summary>Another file in the place of the queue's has other messages under the same numbers: whoever goes on with it would send them to the wrong people.</summary>
    [Test]
    public async Task A_file_that_was_replaced_is_not_gone_on_with()
    {
        using TemporaryFile file = new(), other = new();
        await using (var before = new SqliteQueueStore(other.Path))
        {
            await EnqueueAsync(before);
        }

        await using var store = new SqliteQueueStore(file.Path);
        QueueId id = await EnqueueAsync(store);
        File.Move(file.Path, file.Path + ".away");
        File.Copy(other.Path, file.Path);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(async () => await EnqueueAsync(store), Throws.InstanceOf<QueueException>().With.Message.Contains("replaced"));
            Assert.That(async () => await store.ReadOctetsAsync(id), Throws.InstanceOf<QueueException>().With.Message.Contains("replaced"));
        }

        File.Move(file.Path + ".away", file.Path, overwrite: true);
        await EnqueueAsync(store);
        Assert.That((await store.CountAsync(Noon)).Messages, Is.EqualTo(2));
    }

    /// <summary>Mail is refused while the log could not be folded back into the file: else nothing could be written down any more, and the queue would never empty itself.</summary>
    [Test]
    public async Task Mail_is_refused_while_there_is_no_room_for_what_is_in_the_log()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path);
        await store.BeatAsync(Guid.Empty, Noon);
        await EnqueueAsync(store, size: 100_000);
        store.FreeRoom = () => 50_000;
        Assert.That(async () => await EnqueueAsync(store), Throws.InstanceOf<QueueException>().With.Message.Contains("make room"));
        Assert.That(await store.LeaseAsync(new LeaseRequest(Guid.Empty, Noon, 10, 10)), Has.Count.EqualTo(1));
        store.FreeRoom = () => 50_000_000;
        await EnqueueAsync(store);
    }

    private static Task<QueueId> EnqueueAsync(SqliteQueueStore store, int size = 100) => store.AddAsync(new NewMessage(
        new Envelope("s@sender.example", "a@a.test"), new byte[size], Noon, Noon, Noon.AddDays(5), QueuePriority.Normal, null, IsNotice: false, WantsEvents: false));

    private static void Sql(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
