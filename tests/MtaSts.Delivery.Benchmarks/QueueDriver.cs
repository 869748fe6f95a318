using System.Diagnostics;
using System.Globalization;
using System.Text;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Benchmarks;

/// <summary>The queue's file: many callers beside one commit for each message, and leasing out of a million messages.</summary>
/// <remarks>The directory of the file is the second argument; the temporary one unless given.</remarks>
internal static class QueueDriver
{
    private const int Callers = 64;
    private const int Alone = 2000;
    private const int Together = 40_000;
    private const int Many = 1_000_000;
    private static readonly Guid Worker = Guid.NewGuid();
    private static readonly byte[] Message = Encoding.ASCII.GetBytes($"Subject: test\r\n\r\n{string.Concat(Enumerable.Repeat(new string('x', 76) + "\r\n", 52))}");
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    public static async Task RunAsync(string? directory)
    {
        string path = Path.Combine(directory ?? Path.GetTempPath(), $"queue-{Guid.NewGuid():N}.db");
        try
        {
            double single, leaseSingle, group, leaseGroup;
            await using (var store = new SqliteQueueStore(path))
            {
                await store.BeatAsync(Worker, Now);
                single = await RateAsync(Alone, callers: 1, number => store.AddAsync(New(number, Message)));
                leaseSingle = await RateAsync(Alone, callers: 1, async _ =>
                {
                    QueueLease lease = (await store.LeaseAsync(new LeaseRequest(Worker, Now, 1, 1_000_000))).Single();
                    await store.CompleteAsync(Completion(lease));
                });
                group = await RateAsync(Together, Callers, number => store.AddAsync(New(number, Message)));
                leaseGroup = await LeaseAndCompleteAsync(store);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"enqueue 4 KB: {single:F0}/s one commit each, {group:F0}/s with {Callers} callers: {group / single:F1}x"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lease and complete: {leaseSingle:F0}/s one at a time, {leaseGroup:F0}/s with {Callers} callers: {leaseGroup / leaseSingle:F1}x"));
            await FillAsync(path);
        }
        finally
        {
            foreach (string suffix in (string[])["", "-wal", "-shm", "-reserve"])
            {
                File.Delete(path + suffix);
            }
        }
    }

    private static async Task FillAsync(string path)
    {
        await using var store = new SqliteQueueStore(path);
        await store.BeatAsync(Worker, Now);
        byte[] small = Message[..200];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        double rate = await RateAsync(Many, 4 * Callers, number => store.AddAsync(New(number, small)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Many} messages: {rate:F0}/s, file {new FileInfo(path).Length >> 20} MiB, heap +{(GC.GetTotalMemory(forceFullCollection: true) - before) >> 20} MiB, process {Environment.WorkingSet >> 20} MiB"));
        var times = new List<double>();
        for (int i = 0; i < 500; i++)
        {
            long started = Stopwatch.GetTimestamp();
            IReadOnlyList<QueueLease> leases = await store.LeaseAsync(new LeaseRequest(Worker, Now, 20, 10));
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await Task.WhenAll(leases.Select(lease => store.CompleteAsync(Completion(lease) with
            {
                Results = [new RecipientResult(0, i % 2 == 0 ? RecipientState.Delivered : RecipientState.Waiting, null)],
                NextTry = Now.AddHours(1),
            })));
        }

        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lease of 20 out of them: {times[times.Count / 2]:F1} ms median, {times[(int)(times.Count * 0.99)]:F1} ms p99, {times[^1]:F1} ms at most"));
        long counted = Stopwatch.GetTimestamp();
        QueueCounts counts = await store.CountAsync(Now);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"counting {counts.Messages} messages: {Stopwatch.GetElapsedTime(counted).TotalMilliseconds:F0} ms; heap {GC.GetTotalMemory(forceFullCollection: true) >> 20} MiB, process {Environment.WorkingSet >> 20} MiB"));
    }

    private static async Task<double> LeaseAndCompleteAsync(SqliteQueueStore store)
    {
        long started = Stopwatch.GetTimestamp();
        int done = 0;
        var running = new List<Task>(Callers);
        // As a worker does it: whoever has ended makes room, and what there is room for is leased while the others end.
        while (true)
        {
            IReadOnlyList<QueueLease> leases = running.Count == Callers ? [] : await store.LeaseAsync(new LeaseRequest(Worker, Now, Callers - running.Count, 1_000_000));
            running.AddRange(leases.Select(lease => store.CompleteAsync(Completion(lease))));
            if (running.Count == 0)
            {
                break;
            }

            await await Task.WhenAny(running);
            done += running.RemoveAll(one => one.IsCompletedSuccessfully);
        }

        return done / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<double> RateAsync(int count, int callers, Func<int, Task> work)
    {
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (int i = caller; i < count; i += callers)
            {
                await work(i);
            }
        })));
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static NewMessage New(int number, byte[] octets) => new(
        new Envelope("a@sender.example", $"r{number}@{KnownDomains.Name(number % 1000)}"), octets, Now, Now, Now.AddDays(5), QueuePriority.Normal, null, IsNotice: false, WantsEvents: false)
    {
        DelayNoticeAt = Now.AddHours(4),
    };

    private static LeaseCompletion Completion(QueueLease lease) => new(
        lease, Now, [new RecipientResult(0, RecipientState.Delivered, null)], Now, WasTried: true, IsBlocked: false, IsDelayTold: false, null, [], []);
}
