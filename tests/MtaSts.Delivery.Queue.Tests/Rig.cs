using Microsoft.Extensions.Time.Testing;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Sqlite;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

[assembly: Parallelizable(ParallelScope.All)]

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>A queue with its worker in a fake internet, by whose clock it goes.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private readonly TemporaryFile _file = new();
    private readonly CancellationTokenSource _ended = new();
    private Task _running = Task.CompletedTask;

    private Rig(FakeInternet internet, Action<QueueOptions>? configure, IQueueListener? listener)
    {
        Internet = internet;
        Deliverer = internet.CreateDeliverer();
        Store = new SqliteQueueStore(_file.Path);
        configure?.Invoke(Options);
        Queue = new MailQueue(Store, Deliverer, Options, Notices, listener, internet.Clock, Logs, new Random(1));
    }

    public FakeInternet Internet { get; }

    public MailDeliverer Deliverer { get; }

    public SqliteQueueStore Store { get; }

    public QueueOptions Options { get; } = new();

    public RecordingNoticeWriter Notices { get; } = new();

    public RecordingLogs Logs { get; } = new();

    public MailQueue Queue { get; }

    public FakeTimeProvider Clock => Internet.Clock;

    /// <summary>A queue for mail to example.test, whose host is mx1.example.test, and from sender.example, whose host is mx.sender.example.</summary>
    public static async Task<Rig> StartAsync(Action<QueueOptions>? configure = null, IQueueListener? listener = null, bool runs = true)
    {
        FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test");
        internet.MxHost("mx1.example.test");
        internet.Domain("sender.example").Mx(10, "mx.sender.example");
        internet.MxHost("mx.sender.example");
        var rig = new Rig(internet, configure, listener);
        if (runs)
        {
            rig.Run();
        }

        return rig;
    }

    public static MessageContent Message(string subject = "Hello") =>
        MessageContent.From(System.Text.Encoding.ASCII.GetBytes($"From: <a@sender.example>\r\nSubject: {subject}\r\n\r\nHello\r\n"));

    public void Run() => _running = Queue.RunAsync(_ended.Token);

    public Task<QueueId> EnqueueAsync(string recipient = "jane@example.test", EnqueueOptions? options = null, string subject = "Hello") =>
        Queue.EnqueueAsync(Message(subject), new Envelope("a@sender.example", recipient), options);

    /// <summary>Waits until nothing is due or under way.</summary>
    public async Task SettleAsync()
    {
        long started = TimeProvider.System.GetTimestamp();
        int looks = 0;
        while (await Queue.CountAsync() is var counts && counts is not { Due: 0, Delivering: 0, UntoldEvents: 0 })
        {
            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(TimeSpan.FromMinutes(3)), $"the queue does not come to rest: {counts}, {await Queue.CheckHealthAsync()}");
            await Task.Delay(2);
            if (++looks % 25 == 0 && counts.Delivering == 0)
            {
                // A worker that looked at the clock just before it moved waits for its next look; deliveries have time limits by the same clock.
                Clock.Advance(Options.PollInterval);
            }
        }
    }

    /// <summary>Lets time pass in steps, each of which the queue uses before the next.</summary>
    public async Task PassAsync(TimeSpan time, TimeSpan? step = null)
    {
        await SettleAsync();
        TimeSpan one = step ?? TimeSpan.FromMinutes(5);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += one)
        {
            Clock.Advance(one);
            await SettleAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(60));
        Queue.Dispose();
        await Store.DisposeAsync();
        await Deliverer.DisposeAsync();
        await Internet.DisposeAsync();
        _ended.Dispose();
        _file.Dispose();
    }
}
