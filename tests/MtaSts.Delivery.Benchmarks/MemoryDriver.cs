using System.Diagnostics;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Benchmarks;

/// <summary>A million domains: managed memory for each, the time to load them from SQLite, and a decision meanwhile.</summary>
internal static class MemoryDriver
{
    private const int Domains = 1_000_000;

    public static async Task RunAsync()
    {
        foreach (int texts in (int[])[100, Domains])
        {
            string path = Path.Combine(Path.GetTempPath(), $"mta-sts-benchmark-{Environment.ProcessId}.db");
            try
            {
                await MeasureAsync(path, texts);
            }
            finally
            {
                foreach (string suffix in (string[])["", "-wal", "-shm"])
                {
                    File.Delete(path + suffix);
                }
            }
        }
    }

    private static async Task MeasureAsync(string path, int texts)
    {
        using (var store = new SqlitePolicyStore(path))
        {
            long wrote = Stopwatch.GetTimestamp();
            foreach (int[] part in Enumerable.Range(0, Domains).Chunk(1000))
            {
                await store.SaveAsync([.. part.Select(i => KnownDomains.Policy(i, texts))], default);
            }

            Console.WriteLine($"{texts} texts: written in {Stopwatch.GetElapsedTime(wrote).TotalSeconds:F1} s, {new FileInfo(path).Length >> 20} MiB");
        }

        using var read = new SqlitePolicyStore(path);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long started = Stopwatch.GetTimestamp();
        await using var deliverer = new MailDeliverer(
            new MailDelivererOptions { Policies = { MaxCachedPolicySize = 1L << 30 } },
            resolver: new KnownDomains.Resolver(_ => null), policyStore: read);
        PolicyDiscovery meanwhile = await deliverer.Policies.DiscoverAsync(KnownDomains.Name(Domains - 1));
        TimeSpan first = Stopwatch.GetElapsedTime(started);
        int loaded = deliverer.Policies.Cache.Count;
        await deliverer.Policies.Cache.WaitUntilLoadedAsync();
        TimeSpan load = Stopwatch.GetElapsedTime(started);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        using var ended = new CancellationTokenSource();
        Task refresh = deliverer.Policies.RunRefreshAsync(ended.Token);
        while (deliverer.Policies.Cache.List().Any(known => known.RefreshAt is null))
        {
            await Task.Delay(100);
        }

        long scheduled = GC.GetTotalMemory(forceFullCollection: true);
        await ended.CancelAsync();
        await refresh;
        Console.WriteLine(
            $"{texts} texts: {deliverer.Policies.Cache.Count} domains loaded in {load.TotalSeconds:F2} s; a decision meanwhile (mode {meanwhile.Mode}) after {first.TotalMilliseconds:F0} ms with {loaded} loaded; "
            + $"{(after - before) / Domains} octets a domain, {(scheduled - before) / Domains} with the refresh running");
    }
}
