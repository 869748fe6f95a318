using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Sqlite.Tests;

/// <summary>Counts session after session into a file, and says after each hundred how many are saved, until somebody kills it.</summary>
internal static class CountingVictim
{
    public const int Step = 100;
    public static readonly DomainName Domain = DomainName.Parse("example.test");
    public static readonly DateTimeOffset Noon = new(2026, 1, 12, 12, 0, 0, TimeSpan.Zero);
    private static readonly TlsFailureDetail[] Expired = [new("certificate-expired", "certificate-expired", null, "mx1.example.test")];

    public static TlsSessionResult Result { get; } = new(Noon, new TlsPolicyKey(TlsPolicyType.Sts, Domain, "a policy"), false, Expired);

    public static async Task RunAsync(string path)
    {
        using var store = new SqliteTlsResultStore(path);
        await using var collector = new TlsResultCollector(store, new CollectorOptions { FlushInterval = TimeSpan.FromHours(1) });
        for (int saved = Step; ; saved += Step)
        {
            for (int i = 0; i < Step; i++)
            {
                collector.Record(Result);
            }

            await collector.FlushAsync();
            Console.WriteLine(saved);
        }
    }
}
