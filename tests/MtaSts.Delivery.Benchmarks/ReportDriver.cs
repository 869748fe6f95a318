using System.Diagnostics;
using System.Net;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Benchmarks;

/// <summary>A day of a million sessions with ten thousand domains, one in ten failing: counted, kept, built and packed.</summary>
internal static class ReportDriver
{
    private const int Domains = 10_000;
    private const int Sessions = 1_000_000;
    private static readonly DateTimeOffset Noon = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    public static async Task RunAsync()
    {
        (TlsPolicyKey Policy, TlsFailureDetail[] Failure)[] domains = [.. Enumerable.Range(0, Domains).Select(Domain)];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var store = new MemoryTlsResultStore();
        await using var collector = new TlsResultCollector(store, new CollectorOptions { FlushInterval = TimeSpan.FromHours(1) });
        long allocated = 0, started = 0;
        for (int i = 0; i < Sessions; i++)
        {
            if (i == 2 * Domains)
            {
                // From here on each policy is known, with and without a failure.
                (allocated, started) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            }

            (TlsPolicyKey policy, TlsFailureDetail[] failure) = domains[i % Domains];
            bool failed = i / Domains % 10 == 0;
            collector.Record(new TlsSessionResult(Noon, policy, !failed, failed ? failure : []));
        }

        const int known = Sessions - (2 * Domains);
        Console.WriteLine(
            $"one session with a known key: {Stopwatch.GetElapsedTime(started).TotalMicroseconds / known:F2} µs, {(GC.GetAllocatedBytesForCurrentThread() - allocated) / known} octets allocated");
        await collector.FlushAsync();
        Console.WriteLine($"{Sessions} sessions, {Domains} domains: {(GC.GetTotalMemory(forceFullCollection: true) - before) >> 20} MiB");
        started = Stopwatch.GetTimestamp();
        long octets = 0;
        EnvelopeAddress contact = EnvelopeAddress.Parse("tls-reports@sender.example");
        foreach (TlsReportJob job in await store.FindWaitingAsync(new DateOnly(2026, 1, 16)))
        {
            TlsReport report = ReportRules.Build("Sender Ltd", contact, $"{octets:x}@sender.example", job.Day, await store.ReadAsync(job.Day, job.Domain, job.Part));
            octets += ReportFile.From(report, job.Domain, contact.Domain!).Content.Length;
        }

        Console.WriteLine($"{Domains} reports built and packed: {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s, {octets >> 10} KiB");
    }

    private static (TlsPolicyKey Policy, TlsFailureDetail[] Failure) Domain(int number)
    {
        DomainName name = KnownDomains.Name(number);
        var address = IPAddress.Parse("192.0.2.1");
        return (new TlsPolicyKey(TlsPolicyType.Sts, name, $"version: STSv1\r\nmode: enforce\r\nmx: *.{name}\r\nmax_age: 604800\r\n"),
            [new TlsFailureDetail("certificate-expired", "certificate-expired", address, $"mx.{name}", $"mx.{name}", address)]);
    }
}
