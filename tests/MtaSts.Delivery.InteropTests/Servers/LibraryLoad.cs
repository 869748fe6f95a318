using System.Globalization;
using System.Runtime;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.InteropTests.Servers;

/// <summary>
/// <c>load --kind KIND --recipients FILE --warm-up COUNT --size OCTETS --concurrency COUNT</c>: the library under load, in a process of its own. Delivers COUNT messages
/// to <c>warmup.test</c> and one to each of COUNT domains <c>warm1.test</c>, …, says <c>ready</c>, waits for a line, delivers a message to each recipient, and says how many were delivered.
/// </summary>
/// <remarks>
/// The kind <c>direct</c> hands each message to the deliverer. <c>queue</c> and <c>filled-queue</c> hand it to a durable queue in the file <c>--queue FILE</c>: the
/// one when the line has come, the other before that, and then it is released.
/// </remarks>
internal sealed class LibraryLoad
{
    private const int Wave = 120;

    private readonly Arguments _arguments;
    private readonly CancellationToken _stop;
    private readonly string[] _recipients;
    private readonly string[] _warmUp;
    private readonly int _concurrency;
    private readonly byte[] _message;

    private LibraryLoad(Arguments arguments, CancellationToken stop)
    {
        _arguments = arguments;
        _stop = stop;
        _recipients = File.ReadAllLines(arguments.One("--recipients"));
        int domains = int.Parse(arguments.One("--warm-up"), CultureInfo.InvariantCulture);
        _warmUp = [.. Enumerable.Range(1, domains).SelectMany(i => new[] { string.Create(CultureInfo.InvariantCulture, $"r@warm{i}.test"), string.Create(CultureInfo.InvariantCulture, $"r{i}@warmup.test") })];
        _concurrency = int.Parse(arguments.One("--concurrency"), CultureInfo.InvariantCulture);
        _message = Message(int.Parse(arguments.One("--size"), CultureInfo.InvariantCulture));
    }

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        LibraryLoad load = new(arguments, cancellationToken);
        await (arguments.One("--kind") switch
        {
            "direct" => load.DirectAsync(),
            "queue" => load.QueueAsync(filled: false),
            "filled-queue" => load.QueueAsync(filled: true),
            var other => throw new ArgumentException($"'{other}' is no kind of load."),
        });
        return 0;
    }

    private async Task DirectAsync()
    {
        await using Sender sender = new(_arguments);
        await WarmUpAsync(SendAsync);
        await OnceAskedAsync(() => SendAsync(_recipients));

        async Task<long> SendAsync(string[] recipients)
        {
            long delivered = 0;
            await ForEachAsync(recipients, async (content, envelope) =>
            {
                if ((await sender.Deliverer.DeliverAsync(content, envelope, _stop)).AllDelivered)
                {
                    Interlocked.Increment(ref delivered);
                }
            });
            return delivered;
        }
    }

    private async Task QueueAsync(bool filled)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMtaStsDelivery(options => Sender.Configure(options, _arguments))
            .AddSqliteQueue(_arguments.One("--queue"), options => options.MaxConcurrentPerDestination = _concurrency);
        using IHost host = builder.Build();
        await host.StartAsync(_stop);
        IMailQueue queue = host.Services.GetRequiredService<IMailQueue>();
        await WarmUpAsync(async recipients =>
        {
            await EnqueueAsync(recipients, new EnqueueOptions());
            await queue.DrainAsync(_stop);
        });
        if (filled)
        {
            await EnqueueAsync(_recipients, new EnqueueOptions { NotBefore = TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1) });
        }

        await OnceAskedAsync(async () =>
        {
            await (filled ? queue.RetryNowAsync(QueueFilter.All, _stop) : EnqueueAsync(_recipients, new EnqueueOptions()));
            return _recipients.Length - (await queue.DrainAsync(_stop)).Messages;
        });
        await host.StopAsync(_stop);

        Task EnqueueAsync(string[] recipients, EnqueueOptions options) => ForEachAsync(recipients, (content, envelope) => queue.EnqueueAsync(content, envelope, options, _stop));
    }

    /// <summary>Makes the process one that has run for a while: the runtime compiles what is called often once more, step by step, and each time when nothing new has been called for a moment.</summary>
    private async Task WarmUpAsync(Func<string[], Task> send)
    {
        foreach (string[] wave in _warmUp.Chunk(Wave))
        {
            await send(wave);
            for (long compiled = -1; compiled != JitInfo.GetCompiledMethodCount();)
            {
                compiled = JitInfo.GetCompiledMethodCount();
                await Task.Delay(TimeSpan.FromMilliseconds(300), _stop);
            }
        }
    }

    private async Task OnceAskedAsync(Func<Task<long>> send)
    {
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync(_stop);
        Console.WriteLine(await send());
        await Console.In.ReadLineAsync(_stop);
    }

    private Task ForEachAsync(string[] recipients, Func<MessageContent, Envelope, Task> send) =>
        Parallel.ForEachAsync(recipients, new ParallelOptions { MaxDegreeOfParallelism = _concurrency, CancellationToken = _stop }, async (recipient, _) =>
            await send(MessageContent.From(_message), new Envelope("sender@sender.example", recipient)));

    private static byte[] Message(int size)
    {
        var text = new StringBuilder("From: sender@sender.example\r\nSubject: load\r\nMIME-Version: 1.0\r\n\r\n");
        while (text.Length < size)
        {
            text.Append('x', 70).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
