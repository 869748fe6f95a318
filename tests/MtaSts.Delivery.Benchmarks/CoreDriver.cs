using System.Diagnostics;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Benchmarks;

/// <summary>Whether warm decisions get more with more cores: no lock stands on the way.</summary>
internal static class CoreDriver
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(3);

    public static async Task RunAsync()
    {
        DomainName[] domains = [.. Enumerable.Range(0, 10_000).Select(KnownDomains.Name)];
        await using var deliverer = new MailDeliverer(resolver: new KnownDomains.Resolver(_ => null));
        foreach (DomainName domain in domains)
        {
            await deliverer.Policies.DiscoverAsync(domain);
        }

        double one = 0;
        for (int threads = 1; threads <= Environment.ProcessorCount; threads *= 2)
        {
            long[] counts = new long[threads * 16];
            long started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(
                () =>
                {
                    long count = 0;
                    for (int i = thread * 997; Stopwatch.GetElapsedTime(started) < Length; i++)
                    {
                        for (int j = 0; j < 100; j++, count++)
                        {
                            ValueTask<PolicyDiscovery> decision = deliverer.Policies.DiscoverAsync(domains[(i + (j * 31)) % domains.Length]);
                            if (!decision.IsCompletedSuccessfully)
                            {
                                throw new InvalidOperationException("A decision was not warm.");
                            }
                        }
                    }

                    counts[thread * 16] = count;
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            double rate = counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
            one = threads == 1 ? rate : one;
            Console.WriteLine($"{threads} threads: {rate / 1e6:F1} million decisions/s, {rate / one:F2} times one thread");
        }
    }
}
