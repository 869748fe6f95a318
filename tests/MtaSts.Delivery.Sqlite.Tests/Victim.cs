using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.Sqlite.Tests;

/// <summary>Learns one policy after the other into a file, and says of each that it is known, until somebody kills it.</summary>
internal static class Victim
{
    public const int Domains = 300;

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is ["count", var counts])
        {
            await CountingVictim.RunAsync(counts);
        }

        if (arguments is not ["learn", var path])
        {
            return 2;
        }

        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var store = new SqlitePolicyStore(path);
        for (int i = 0; i < Domains; i++)
        {
            internet.Domain($"d{i}.test").Mx(10, "mx.d0.test").Policy(PolicyMode.Enforce, "mx.d0.test");
        }

        // What is known must be in the file, however slow the disk is just now.
        await using MailDeliverer deliverer = internet.CreateDeliverer(options => options.Policies.StorePatience = TimeSpan.FromMinutes(1), store);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(lane => Task.Run(async () =>
        {
            for (int i = lane; i < Domains; i += 8)
            {
                PolicyDiscovery found = await deliverer.Policies.DiscoverAsync(DomainName.Parse($"d{i}.test"));
                Console.WriteLine($"{i} {found.Source}");
            }
        })));
        await Task.Delay(Timeout.InfiniteTimeSpan);
        return 0;
    }
}
