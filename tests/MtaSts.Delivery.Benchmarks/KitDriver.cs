using System.Diagnostics;
using MimeKit;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.Benchmarks;

/// <summary>What a test with the fake internet costs: the first in a process, and the median of a hundred more.</summary>
internal static class KitDriver
{
    private const int Tests = 100;

    public static async Task RunAsync()
    {
        (TimeSpan Start, TimeSpan Domain, TimeSpan Delivery)[] runs = new (TimeSpan, TimeSpan, TimeSpan)[Tests + 1];
        for (int i = 0; i < runs.Length; i++)
        {
            runs[i] = await TestAsync();
        }

        Show("the first", runs[0].Start, runs[0].Domain, runs[0].Delivery);
        Show("median", Median(run => run.Start), Median(run => run.Domain), Median(run => run.Delivery));

        TimeSpan Median(Func<(TimeSpan Start, TimeSpan Domain, TimeSpan Delivery), TimeSpan> part) => runs.Skip(1).Select(part).Order().ElementAt(Tests / 2);
    }

    private static async Task<(TimeSpan Start, TimeSpan Domain, TimeSpan Delivery)> TestAsync()
    {
        long started = Stopwatch.GetTimestamp();
        await using FakeInternet internet = await FakeInternet.StartAsync();
        long running = Stopwatch.GetTimestamp();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        long ready = Stopwatch.GetTimestamp();
        await using (MailDeliverer deliverer = internet.CreateDeliverer())
        {
            using var message = new MimeMessage { Subject = "Hello", Body = new TextPart("plain") { Text = "Hello" } };
            DeliveryResult result = await deliverer.DeliverAsync(message, new Envelope("noreply@sender.example", "jane@example.test"));
            if (result.Outcomes[0] is not RecipientOutcome.Delivered { IsVerified: true })
            {
                throw new InvalidOperationException(result.Outcomes[0].Explanation);
            }
        }

        return (Stopwatch.GetElapsedTime(started, running), Stopwatch.GetElapsedTime(running, ready), Stopwatch.GetElapsedTime(ready));
    }

    private static void Show(string which, TimeSpan start, TimeSpan domain, TimeSpan delivery) => Console.WriteLine(
        $"{which}: start {start.TotalMilliseconds:F1} ms, a domain with MX and policy {domain.TotalMilliseconds:F2} ms, a delivery over TLS {delivery.TotalMilliseconds:F1} ms");
}
