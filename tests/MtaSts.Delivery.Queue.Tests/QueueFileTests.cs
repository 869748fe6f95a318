using System.Diagnostics;
using System.Text;
using Microsoft.Data.Sqlite;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Sqlite;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>What can be wrong with a queue's file: a clear error, and nothing that was acknowledged is lost.</summary>
public sealed class QueueFileTests
{
    [Test]
    public async Task A_file_that_is_damaged_is_told_and_never_begun_anew()
    {
        using var file = new TemporaryFile();
        byte[] garbage = [.. Enumerable.Repeat((byte)0xA5, 5 * 4096)];
        await File.WriteAllBytesAsync(file.Path, garbage);
        await using var store = new SqliteQueueStore(file.Path);
        QueueException told = (await ExpectAsync(() => EnqueueAsync(store)))!;
        Assert.That(told.Message, Does.Contain(file.Path).And.Contain("no SQLite database"));
        Assert.That(await File.ReadAllBytesAsync(file.Path), Is.EqualTo(garbage));
        Assert.That(file.Neighbours, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_damaged_page_is_told_with_what_to_do()
    {
        using var file = new TemporaryFile();
        await using (var store = new SqliteQueueStore(file.Path))
        {
            for (int i = 0; i < 100; i++)
            {
                await EnqueueAsync(store);
            }
        }

        byte[] octets = await File.ReadAllBytesAsync(file.Path);
        octets.AsSpan(4096 * 2, octets.Length - (4096 * 2)).Fill(0xA5);
        await File.WriteAllBytesAsync(file.Path, octets);
        await using var damaged = new SqliteQueueStore(file.Path);
        QueueException told = (await ExpectAsync(() => EnqueueAsync(damaged)))!;
        Assert.That(told.Message, Does.Contain(file.Path).And.Contain("damaged").And.Contain("recover"));
        Assert.That(file.Neighbours.Where(name => name.Contains("damaged", StringComparison.Ordinal) || name.Contains("salvaged", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task A_file_of_a_newer_version_is_left_alone()
    {
        using var file = new TemporaryFile();
        await using (var store = new SqliteQueueStore(file.Path))
        {
            await EnqueueAsync(store);
        }

        DatabaseFile.Execute(file.Path, "UPDATE schema SET version = 99");
        await using var newer = new SqliteQueueStore(file.Path);
        Assert.That((await ExpectAsync(() => EnqueueAsync(newer)))!.Message, Does.Contain("newer version").And.Contain("update MtaSts.Delivery.Sqlite"));
    }

    [Test]
    public async Task A_database_of_another_program_is_left_alone()
    {
        using var file = new TemporaryFile();
        DatabaseFile.Execute(file.Path, "CREATE TABLE theirs (x)");
        await using var store = new SqliteQueueStore(file.Path);
        Assert.That((await ExpectAsync(() => EnqueueAsync(store)))!.Message, Does.Contain("another program"));
    }

    [Test]
    public async Task A_locked_file_is_told_and_used_when_it_is_free()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path, null, lockTimeout: 1);
        await EnqueueAsync(store);
        using (var other = new SqliteConnection($"Data Source={file.Path};Pooling=False"))
        {
            other.Open();
            using SqliteCommand begin = other.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            begin.ExecuteNonQuery();
            Assert.That((await ExpectAsync(() => EnqueueAsync(store)))!.Message, Does.Contain("locked by another program"));
            Assert.That((await store.CountAsync(Noon)).Messages, Is.EqualTo(1), "reading goes on");
        }

        await EnqueueAsync(store);
        Assert.That((await store.CountAsync(Noon)).Messages, Is.EqualTo(2));
    }

    [Test]
    public async Task A_full_disk_refuses_mail_keeps_what_it_has_and_takes_mail_again_when_there_is_room()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path) { MaxPageCount = 100 };
        var taken = new List<QueueId>();
        QueueException? told = null;
        while (told is null)
        {
            told = await ExpectAsync(async () => taken.Add(await EnqueueAsync(store, size: 3000)), mayPass: true);
        }

        Assert.That(told.Message, Does.Contain(file.Path).And.Contain("full").And.Contain("make room"));
        Assert.That(taken, Has.Count.GreaterThan(20));
        await store.BeatAsync(Guid.Empty, Noon);
        foreach (QueueLease lease in await store.LeaseAsync(new LeaseRequest(Guid.Empty, Noon, 1000, 1000)))
        {
            Assert.That((await store.ReadOctetsAsync(lease.Id))!.Value.Length, Is.EqualTo(lease.Size));
            Assert.That(await store.CompleteAsync(new LeaseCompletion(
                lease, Noon, [new RecipientResult(0, RecipientState.Delivered, null)], Noon, true, false, false, null, [], [])), Is.True);
            taken.Remove(lease.Id);
        }

        Assert.That(taken, Is.Empty, "all that was acknowledged was there");
        await EnqueueAsync(store, size: 3000);
    }

    [Test]
    public async Task Of_changes_that_are_committed_together_one_that_cannot_be_does_not_keep_the_others()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path) { MaxPageCount = 200 };
        await EnqueueAsync(store);
        Task<QueueId>[] all = [.. Enumerable.Range(0, 50).Select(i => EnqueueAsync(store, size: i == 25 ? 3_000_000 : 1000))];
        Assert.That(async () => await Task.WhenAll(all), Throws.InstanceOf<QueueException>());
        Assert.That(all.Count(one => one.IsFaulted), Is.EqualTo(1));
        Assert.That((await store.CountAsync(Noon)).Messages, Is.EqualTo(50));
    }

    [Test]
    public async Task A_directory_that_is_not_there_is_told()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path + "/no/queue.db");
        Assert.That((await ExpectAsync(() => EnqueueAsync(store)))!.Message, Does.Contain("directory").IgnoreCase);
    }

    [Test]
    public async Task A_file_that_is_removed_while_it_is_in_use_is_not_begun_anew_in_silence()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path);
        await EnqueueAsync(store);
        File.Move(file.Path, file.Path + ".elsewhere");
        Assert.That((await ExpectAsync(() => EnqueueAsync(store)))!.Message, Does.Contain("moved, removed or replaced"));
        Assert.That((await ExpectAsync(() => EnqueueAsync(store)))!.Message, Does.Contain("put it back"));
        Assert.That(File.Exists(file.Path), Is.False);
        File.Move(file.Path + ".elsewhere", file.Path);
        await EnqueueAsync(store);
        Assert.That((await store.CountAsync(Noon)).Messages, Is.EqualTo(2));
    }

    /// <summary>What is written to a log that was removed or replaced ends with the process: nothing more is acknowledged, and what was is folded back.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_log_that_is_removed_or_replaced_under_the_writer_is_told_and_nothing_acknowledged_is_lost(bool isReplaced)
    {
        using var file = new TemporaryFile();
        string log = file.Path + "-wal";
        await using (var store = new SqliteQueueStore(file.Path))
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => EnqueueAsync(store)));
            File.Move(log, log + ".elsewhere");
            if (isReplaced)
            {
                File.Copy(log + ".elsewhere", log);
            }

            Assert.That((await ExpectAsync(() => EnqueueAsync(store)))!.Message, Does.Contain("-wal was moved, removed or replaced").And.Contain("what was acknowledged is safe").And.Contain("Restart"));
            Assert.That((await ExpectAsync(() => EnqueueAsync(store)))!.Message, Does.Contain("Restart"));
            Assert.That((await store.CountAsync(Noon)).Messages, Is.EqualTo(10), "reading goes on");
        }

        await using var again = new SqliteQueueStore(file.Path);
        Assert.That((await again.CountAsync(Noon)).Messages, Is.EqualTo(10));
        await EnqueueAsync(again);
    }

    [Test]
    public async Task A_log_that_is_cut_short_under_the_writer_is_told()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path);
        await EnqueueAsync(store);
        using (var log = new FileStream(file.Path + "-wal", FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            log.SetLength(0);
        }

        Assert.That((await ExpectAsync(() => EnqueueAsync(store)))!.Message, Does.Contain("-wal was cut short"));
    }

    [Test]
    public async Task A_log_that_another_program_folds_back_and_cuts_is_no_trouble()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path);
        for (int i = 1; i < 4; i++)
        {
            await EnqueueAsync(store);
            DatabaseFile.Execute(file.Path, "PRAGMA wal_checkpoint(TRUNCATE)");
            Assert.That(new FileInfo(file.Path + "-wal").Length, Is.Zero);
            await EnqueueAsync(store);
            Assert.That((await store.CountAsync(Noon)).Messages, Is.EqualTo(2 * i));
        }
    }

    [Test]
    public async Task Each_program_keeps_room_of_its_own_that_nobody_else_may_read()
    {
        using var file = new TemporaryFile();
        await using var one = new SqliteQueueStore(file.Path);
        await EnqueueAsync(one);
        await using (var other = new SqliteQueueStore(file.Path))
        {
            await EnqueueAsync(other);
            Assert.That(file.Neighbours, Does.Contain("mta-sts.db-reserve").And.Contain("mta-sts.db-reserve2"));
        }

        Assert.That(file.Neighbours, Does.Contain("mta-sts.db-reserve").And.Not.Contain("mta-sts.db-reserve2"));
        Assert.That(new FileInfo(file.Path + "-reserve").Length, Is.EqualTo(1 << 20));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(file.Path + "-reserve"), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
    }

    [Test]
    public async Task A_file_that_may_not_be_written_is_told()
    {
        using var file = new TemporaryFile();
        await using (var store = new SqliteQueueStore(file.Path))
        {
            await EnqueueAsync(store);
        }

        // Root may write to anything; what only this program's own flag forbids holds for root, too.
        DatabaseFile.Execute(file.Path, "CREATE TRIGGER closed BEFORE INSERT ON queue_messages BEGIN SELECT RAISE(ABORT, 'closed'); END");
        await using var closed = new SqliteQueueStore(file.Path);
        Assert.That((await ExpectAsync(() => EnqueueAsync(closed)))!.Message, Does.Contain(file.Path).And.Contain("closed"));
        Assert.That((await closed.CountAsync(Noon)).Messages, Is.EqualTo(1));
    }

    [Test]
    public async Task A_message_of_200_MB_and_one_with_100_000_recipients_are_taken_and_read()
    {
        using var file = new TemporaryFile();
        await using var store = new SqliteQueueStore(file.Path);
        byte[] large = new byte[200 << 20];
        Encoding.ASCII.GetBytes("Subject: large\r\n\r\n").CopyTo(large, 0);
        large[^1] = 7;
        QueueId id = await store.AddAsync(New("a@a.test", large));
        Assert.That((await store.ReadOctetsAsync(id))!.Value.Span.SequenceEqual(large), Is.True);

        long started = Stopwatch.GetTimestamp();
        QueueId many = await store.AddAsync(New(new Envelope("s@sender.example", Enumerable.Range(0, 100_000).Select(i => $"r{i}@d{i % 50}.test")), "Subject: x\r\n\r\n"u8.ToArray()));
        TestContext.Out.WriteLine($"100,000 recipients: {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        QueuedMessage found = (await store.FindAsync(many))!;
        Assert.That(found.Recipients, Has.Count.EqualTo(100_000));
        Assert.That(found.Recipients[77_777].Address, Is.EqualTo(EnvelopeAddress.Parse("r77777@d27.test")));
        await store.BeatAsync(Guid.Empty, Noon);
        IReadOnlyList<QueueLease> leases = await store.LeaseAsync(new LeaseRequest(Guid.Empty, Noon, 1000, 1000));
        Assert.That(leases.Sum(lease => lease.Recipients.Count), Is.EqualTo(100_001));
        Assert.That(leases.Max(lease => lease.Recipients.Count), Is.EqualTo(1000));
    }

    [Test]
    public async Task Two_stores_on_one_file_share_its_mail()
    {
        using var file = new TemporaryFile();
        await using var one = new SqliteQueueStore(file.Path);
        await using var other = new SqliteQueueStore(file.Path);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => EnqueueAsync(i % 2 == 0 ? one : other)));
        await one.BeatAsync(new Guid(1, 0, 0, new byte[8]), Noon);
        await other.BeatAsync(new Guid(2, 0, 0, new byte[8]), Noon);
        IReadOnlyList<QueueLease>[] leases = await Task.WhenAll(
            one.LeaseAsync(new LeaseRequest(new Guid(1, 0, 0, new byte[8]), Noon, 150, 1000)), other.LeaseAsync(new LeaseRequest(new Guid(2, 0, 0, new byte[8]), Noon, 150, 1000)));
        Assert.That(leases.SelectMany(some => some).Select(lease => lease.Id).Distinct().Count(), Is.EqualTo(200));
        Assert.That(leases.Sum(some => some.Count), Is.EqualTo(200));
    }

    [Test]
    public async Task A_queue_shares_its_file_with_the_other_stores()
    {
        using var file = new TemporaryFile();
        using var policies = new SqlitePolicyStore(file.Path);
        Assert.That(await policies.FindAsync(DomainName.Parse("a.test"), CancellationToken.None), Is.Null);
        await using var store = new SqliteQueueStore(file.Path);
        await EnqueueAsync(store);
        Assert.That((await store.CountAsync(Noon)).Messages, Is.EqualTo(1));
    }

    private static readonly DateTimeOffset Noon = new(2026, 1, 12, 12, 0, 0, TimeSpan.Zero);

    private static Task<QueueId> EnqueueAsync(SqliteQueueStore store, int size = 100) => store.AddAsync(New("a@a.test", new byte[size]));

    private static NewMessage New(string recipient, byte[] octets) => New(new Envelope("s@sender.example", recipient), octets);

    private static NewMessage New(Envelope envelope, byte[] octets) => new(envelope, octets, Noon, Noon, Noon.AddDays(5), QueuePriority.Normal, null, IsNotice: false, WantsEvents: false);

    private static async Task<QueueException?> ExpectAsync(Func<Task> work, bool mayPass = false)
    {
        try
        {
            await work();
        }
        catch (QueueException told)
        {
            return told;
        }

        return mayPass ? null : throw new AssertionException("expected a QueueException");
    }
}
