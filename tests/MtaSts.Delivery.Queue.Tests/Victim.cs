using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>Takes and delivers mail, says of each message that it is taken, and of the queue how much is left, until somebody kills it.</summary>
/// <remarks>Arguments: the file, a file that says where the fake internet is, the number of the first message, how many, and the most pages that the file may have.</remarks>
internal static class Victim
{
    /// <summary>How many times as fast as time the queue's clock goes: half an hour is a little more than a second.</summary>
    public const double Speed = 1500;

    private const int Enqueuers = 8;
    private const int Domains = 20;

    public static QueueOptions Options { get; } = new()
    {
        LeaseTime = TimeSpan.FromMinutes(5),
        PollInterval = TimeSpan.FromMinutes(1),
        MaxConcurrentDeliveries = 40,
        MaxConcurrentPerDestination = 1,
        DelayNoticeAfter = Timeout.InfiniteTimeSpan,
    };

    /// <summary>To whom a message goes; every hundredth goes where it is never taken.</summary>
    public static string Recipient(int number) => string.Create(CultureInfo.InvariantCulture, $"r{number}@d{(number % 100 == 99 ? "ead" : number % Domains)}.test");

    public static async Task<int> RunAsync(string[] arguments)
    {
        string[] lines = await File.ReadAllLinesAsync(arguments[1]);
        DateTimeOffset start = DateTimeOffset.Parse(lines[0], CultureInfo.InvariantCulture);
        DateTimeOffset realStart = DateTimeOffset.Parse(lines[1], CultureInfo.InvariantCulture);
        Dictionary<string, IPEndPoint> map = lines.Skip(4).Select(line => line.Split(' ')).ToDictionary(words => words[0], words => IPEndPoint.Parse(words[1]));
        var options = new MailDelivererOptions { EhloName = "sender.example" };
        options.Dns.Servers.Add(IPEndPoint.Parse(lines[2]));
        options.Network.EndPointMap = asked => map.GetValueOrDefault(asked.ToString(), new IPEndPoint(IPAddress.Loopback, 1));
        // The deliverer's own clock is no faster than time, and a host is to be left alone for as long as the queue would see it.
        options.Pool.BackOff /= Speed;
        options.Pool.MaxBackOff /= Speed;
        options.Certificates.TrustAnchors = new X509Certificate2Collection(X509CertificateLoader.LoadCertificate(Convert.FromBase64String(lines[3])));
        (int first, int count) = (int.Parse(arguments[2], CultureInfo.InvariantCulture), int.Parse(arguments[3], CultureInfo.InvariantCulture));

        await using var deliverer = new MailDeliverer(options, new FastClock(start, realStart, 1));
        await using var store = new SqliteQueueStore(arguments[0]);
        if (int.TryParse(arguments[4], out int pages))
        {
            store.MaxPageCount = pages;
        }

        var clock = new FastClock(start, realStart, Speed);
        using var queue = new MailQueue(store, deliverer, Options, clock: clock);
        Task running = queue.RunAsync(CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Enqueuers).Select(lane => Task.Run(async () =>
        {
            for (int i = first + lane; i < first + count; i += Enqueuers)
            {
                await EnqueueAsync(queue, i);
            }
        })));
        Console.WriteLine("all");
        while (!running.IsCompleted)
        {
            QueueCounts counts = await queue.CountAsync();
            Console.WriteLine($"left {counts.Messages}");
            await Task.Delay(100);
        }

        return 0;
    }

    private static async Task EnqueueAsync(MailQueue queue, int number)
    {
        byte[] message = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"From: <a@sender.example>\r\nSubject: {number}\r\n\r\n{new string('x', 1000)}\r\n"));
        var options = new EnqueueOptions { Tag = string.Create(CultureInfo.InvariantCulture, $"{number}"), Lifetime = number % 100 == 99 ? TimeSpan.FromHours(2) : null };
        while (true)
        {
            try
            {
                await queue.EnqueueAsync(MessageContent.From(message), new Envelope("a@sender.example", Recipient(number)), options);
                Console.WriteLine($"taken {number}");
                return;
            }
            catch (QueueException full)
            {
                Console.WriteLine("refused " + full.Message);
                await Task.Delay(50);
            }
        }
    }
}
