using MtaSts.Delivery.Benchmarks.Sinks;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>This library behind its durable queue: a message counts as sent when it is on disk, and the run ends when the last has arrived.</summary>
internal sealed class QueuedLibrary(LoadWorld world, SinkProcess sink, MessageTemplate template, int workers) : ICompetitor
{
    private readonly EnvelopeAddress _sender = EnvelopeAddress.Parse("noreply@client.load.example");
    private readonly byte[][] _messages = [.. Enumerable.Range(0, workers).Select(_ => template.Copy())];
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"load-{Guid.NewGuid():N}.db");
    private readonly CancellationTokenSource _end = new();
    private MailDeliverer _deliverer = null!;
    private SqliteQueueStore _store = null!;
    private MailQueue _queue = null!;
    private Task _running = Task.CompletedTask;
    private long _before;
    private long _sent;

    public async Task StartAsync()
    {
        _before = (await sink.CountAsync()).Messages;
        _deliverer = await world.CreateDelivererAsync(sink, known: true);
        _store = new SqliteQueueStore(_path);
        _queue = new MailQueue(_store, _deliverer, new QueueOptions { MaxConcurrentPerDestination = workers, MaxConcurrentDeliveries = workers });
        _running = _queue.RunAsync(_end.Token);
    }

    public async Task SendAsync(int worker, long id, int domain)
    {
        template.Patch(_messages[worker], id);
        await _queue.EnqueueAsync(MessageContent.From(_messages[worker].AsMemory()), new Envelope(_sender, [world.Recipients[domain]]));
        Interlocked.Increment(ref _sent);
    }

    public async Task FinishAsync()
    {
        while ((await sink.CountAsync()).Messages - _before < Interlocked.Read(ref _sent))
        {
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _queue.Dispose();
        await _store.DisposeAsync();
        await _deliverer.DisposeAsync();
        _end.Dispose();
        foreach (string suffix in (string[])["", "-wal", "-shm", "-reserve"])
        {
            File.Delete(_path + suffix);
        }
    }
}
