using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Queue.Working;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>What can befall a worker between two steps.</summary>
public sealed class WorkerTroubleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Whoever gives up waiting has its octets back, though they are on their way into the store.</summary>
    [Test]
    public async Task What_a_caller_writes_into_its_message_after_it_has_given_up_goes_nowhere()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        NewMessage? kept = null;
        var store = new HookedStore(rig.Store) { Adding = message => kept = message };
        using var queue = new MailQueue(store, rig.Deliverer, rig.Options, rig.Notices, clock: rig.Clock);
        byte[] mine = Encoding.ASCII.GetBytes("Subject: mine\r\n\r\nfor Jane only\r\n");
        using var leave = new CancellationTokenSource();
        await queue.EnqueueAsync(MessageContent.From(mine), new Envelope("a@sender.example", "jane@example.test", "joe@example.test"), cancellationToken: leave.Token);
        Array.Fill(mine, (byte)'x');
        Assert.That(Encoding.ASCII.GetString(kept!.Octets.Span), Does.EndWith("for Jane only\r\n"));
    }

    /// <summary>A large message waits its turn, and not until nobody else wants room.</summary>
    [Test]
    public async Task Small_messages_do_not_pass_a_large_one_that_waits_for_room()
    {
        MessageContent large = MessageContent.From(new byte[100]), small = MessageContent.From(new byte[10]);
        var store = new MemoryQueueStore();
        var shelf = new ContentShelf(store, maxSize: 100, TimeProvider.System);
        shelf.Put(new QueueId(1), small);
        await shelf.BorrowAsync(new QueueId(1), 10, CancellationToken.None);
        Task<MessageContent?> first = shelf.BorrowAsync(new QueueId(2), large.Octets.Length, CancellationToken.None), second = shelf.BorrowAsync(new QueueId(3), 10, CancellationToken.None);
        shelf.Put(new QueueId(4), small);
        Assert.That((first.IsCompleted, second.IsCompleted), Is.EqualTo((false, false)));
        shelf.GiveBack(new QueueId(1));
        await first.WaitAsync(Limit);
        Assert.That(second.IsCompleted, Is.False);
        shelf.GiveBack(new QueueId(2));
        await second.WaitAsync(Limit);
    }

    /// <summary>The same message twice is kept once.</summary>
    [Test]
    public void A_message_that_waits_on_the_shelf_already_is_kept_once()
    {
        var shelf = new ContentShelf(new MemoryQueueStore(), maxSize: 1000, TimeProvider.System);
        MessageContent content = MessageContent.From(new byte[10]);
        shelf.Keep(new QueueId(1), content);
        Assert.That(() => shelf.Keep(new QueueId(1), content), Throws.Nothing);
    }

    /// <summary>The clock is set while a message is being delivered, nothing can be shifted by it any more, and the worker is ended: what was delivered is not delivered again.</summary>
    [Test]
    public async Task What_was_delivered_is_written_down_although_the_clock_does_not_settle_before_the_end()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        var clock = new JumpingClock(rig.Clock);
        var wanted = new TaskCompletionSource();
        var released = new TaskCompletionSource();
        int beats = 0;
        var store = new HookedStore(rig.Store)
        {
            Read = next =>
            {
                clock.Jump = TimeSpan.FromDays(1);
                return next();
            },
            Beat = async next =>
            {
                if (Interlocked.Increment(ref beats) > 1)
                {
                    wanted.TrySetResult();
                    await released.Task;
                }

                return await next();
            },
        };
        using var queue = new MailQueue(store, rig.Deliverer, rig.Options, rig.Notices, clock: clock);
        await queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"));
        using var ended = new CancellationTokenSource();
        Task running = queue.RunAsync(ended.Token);
        // Nobody asks for a sign of life but the delivery, when it is over.
        await wanted.Task.WaitAsync(Limit);
        await ended.CancelAsync();
        while ((await queue.CountAsync()).Delivering > 0)
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        Assert.That(rig.Internet.Messages, Has.Count.EqualTo(1));
        Assert.That((await queue.CountAsync()).Messages, Is.Zero);
        released.SetResult();
        await running.WaitAsync(Limit);
    }

    [Test]
    public async Task What_was_delivered_is_not_delivered_again_when_its_end_cannot_be_thought_out()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        rig.Internet.MxHost("mx1.example.test").OnRecipient("busy@example.test", MtaSts.Delivery.Testing.SmtpFault.Reply("451 4.2.1 Later"));
        using var queue = new MailQueue(rig.Store, rig.Deliverer, rig.Options, rig.Notices, clock: rig.Clock, loggers: rig.Logs, random: new BrokenRandom());
        QueueId id = await queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test", "busy@example.test"));
        using var ended = new CancellationTokenSource();
        Task running = queue.RunAsync(ended.Token);
        while ((await queue.CountAsync()) is not { Due: 0, Delivering: 0 })
        {
            await Task.Delay(1);
        }

        Assert.That((await queue.FindAsync(id))!.Recipients.Select(one => one.State), Is.EqualTo([RecipientState.Delivered, RecipientState.Waiting]));
        Assert.That(rig.Logs.Lines.Select(line => line.Id), Does.Contain(213));
        await ended.CancelAsync();
        await running.WaitAsync(Limit);
    }

    /// <summary>The clock was set, and the store is down: the worker asks again each second, and not as fast as it can.</summary>
    [Test]
    public async Task A_store_that_is_down_when_the_clock_is_set_is_not_asked_without_a_pause()
    {
        var time = new FakeTimeProvider();
        var clock = new JumpingClock(time);
        using var telemetry = new QueueTelemetry(clock);
        using var logs = new RecordingLogs();
        using var ended = new CancellationTokenSource();
        int failures = 0;
        bool isDown = false;
        var store = new HookedStore(new MemoryQueueStore())
        {
            Beat = next =>
            {
                if (!Volatile.Read(ref isDown))
                {
                    return next();
                }

                Interlocked.Increment(ref failures);
                throw new QueueException("The disk is away.");
            },
        };
        using var life = new WorkerLife(store, new QueueOptions(), new StoreState(logs, telemetry), new Signal(), clock, logs);
        Task running = life.RunAsync(ended.Token);
        await life.Born.WaitAsync(Limit);
        Volatile.Write(ref isDown, true);
        clock.Jump = TimeSpan.FromDays(1);
        Task settling = life.SettleAsync(ended.Token);
        for (int seconds = 0; seconds < 20; seconds++)
        {
            while (Volatile.Read(ref failures) <= seconds)
            {
                await Task.Delay(1);
                // Its pause may begin only now.
                time.Advance(TimeSpan.FromSeconds(0.1));
            }
        }

        Assert.That(Volatile.Read(ref failures), Is.LessThan(40));
        Volatile.Write(ref isDown, false);
        while (!settling.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        Assert.That(life.Shifted, Is.EqualTo(TimeSpan.FromDays(1)));
        await ended.CancelAsync();
        await running.WaitAsync(Limit);
    }

    /// <summary>What the store has been asked for is not given to others meanwhile.</summary>
    [Test]
    public async Task Mail_that_comes_while_a_lease_is_on_its_way_does_not_take_its_place()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        var asked = new TaskCompletionSource();
        var answered = new TaskCompletionSource();
        int handed = 0;
        var store = new HookedStore(rig.Store)
        {
            Lease = async (_, next) =>
            {
                asked.TrySetResult();
                await answered.Task;
                return await next();
            },
            AddLeased = next =>
            {
                handed++;
                return next();
            },
        };
        using var queue = new MailQueue(store, rig.Deliverer, new QueueOptions { MaxConcurrentDeliveries = 1 }, rig.Notices, clock: rig.Clock);
        using var ended = new CancellationTokenSource();
        Task running = queue.RunAsync(ended.Token);
        await asked.Task.WaitAsync(Limit);
        await queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"));
        Assert.That(handed, Is.Zero);
        answered.SetResult();
        while ((await queue.CountAsync()).Messages > 0)
        {
            await Task.Delay(1);
        }

        Assert.That(rig.Internet.Messages, Has.Count.EqualTo(1));
        await ended.CancelAsync();
        await running.WaitAsync(Limit);
    }

    [Test]
    public async Task Mail_whose_caller_has_cancelled_beforehand_is_not_taken()
    {
        await using Rig rig = await Rig.StartAsync();
        await rig.EnqueueAsync();
        await rig.SettleAsync();
        var cancelled = new CancellationToken(canceled: true);
        Assert.That(async () => await rig.Queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"), cancellationToken: cancelled), Throws.InstanceOf<OperationCanceledException>());
        await rig.EnqueueAsync(subject: "after");
        await rig.SettleAsync();
        Assert.That(rig.Internet.Messages, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Content_that_is_on_the_shelf_already_stays_there_once()
    {
        MessageContent content = Rig.Message();
        MessageContent large = Rig.Message(new string('x', 2 * content.Octets.Length));
        var shelf = new ContentShelf(new MemoryQueueStore(), large.Octets.Length, TimeProvider.System);
        shelf.Put(new QueueId(1), content);
        shelf.Put(new QueueId(1), content);
        Assert.That(await shelf.BorrowAsync(new QueueId(1), content.Octets.Length, CancellationToken.None), Is.SameAs(content));
        shelf.GiveBack(new QueueId(1));
        shelf.Put(new QueueId(2), large);
        Assert.That(await shelf.BorrowAsync(new QueueId(2), large.Octets.Length, CancellationToken.None), Is.SameAs(large), "there is room again for as much");
    }

    /// <summary>What came last is at hand for whoever leases it; what nobody comes for does not stay.</summary>
    [Test]
    public async Task Content_that_waits_is_not_read_and_makes_room_when_nobody_comes_for_it()
    {
        var clock = new FakeTimeProvider();
        int reads = 0;
        var store = new HookedStore(new MemoryQueueStore())
        {
            Read = next =>
            {
                reads++;
                return next();
            },
        };
        MessageContent content = Rig.Message();
        int size = content.Octets.Length;
        var shelf = new ContentShelf(store, maxSize: 8 * size, clock);
        shelf.Keep(new QueueId(1), content);
        shelf.Keep(new QueueId(2), content);
        Assert.That(shelf.HasRoomFor(size), Is.False, "a quarter is taken");
        shelf.Keep(new QueueId(3), content);
        Assert.That(await shelf.BorrowAsync(new QueueId(1), size, CancellationToken.None), Is.SameAs(content));
        Assert.That(reads, Is.Zero);
        Assert.That(await shelf.BorrowAsync(new QueueId(3), size, CancellationToken.None), Is.Null);
        Assert.That(reads, Is.EqualTo(1), "it is read as there was no room for it");
        Assert.That(shelf.HasRoomFor(2 * size), Is.False);
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That(shelf.HasRoomFor(2 * size), Is.True);
        Assert.That(await shelf.BorrowAsync(new QueueId(2), size, CancellationToken.None), Is.Null);
        Assert.That(reads, Is.EqualTo(2));
    }

    /// <summary>Where mail waits already, what comes behind it is not offered for a hand-over that cannot be; when nothing waits any more, it is.</summary>
    [Test]
    public async Task Mail_is_handed_over_again_when_nothing_waits_any_more()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        var released = new TaskCompletionSource();
        int handed = 0;
        var store = new HookedStore(rig.Store)
        {
            AddLeased = next =>
            {
                handed++;
                return next();
            },
            Read = async next =>
            {
                await released.Task;
                return await next();
            },
        };
        using var queue = new MailQueue(store, rig.Deliverer, new QueueOptions { MaxConcurrentPerDestination = 1 }, rig.Notices, clock: rig.Clock);
        await EnqueueAsync(1);
        using var ended = new CancellationTokenSource();
        Task running = queue.RunAsync(ended.Token);
        while ((await queue.CountAsync()).Delivering == 0)
        {
            await Task.Delay(1);
        }

        await EnqueueAsync(10);
        Assert.That(handed, Is.Zero, "offered although the one place is taken");
        released.SetResult();
        while ((await queue.CountAsync()).Messages > 0)
        {
            await Task.Delay(1);
        }

        handed = 0;
        // The worker's last look that finds nothing may still be on its way.
        for (int i = 0; i < 100 && handed == 0; i++)
        {
            await EnqueueAsync(1);
            while ((await queue.CountAsync()).Messages > 0)
            {
                await Task.Delay(1);
            }
        }

        Assert.That(handed, Is.EqualTo(1));
        await ended.CancelAsync();
        await running.WaitAsync(Limit);

        async Task EnqueueAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"));
            }
        }
    }

    /// <summary>A store that fails holds its places: otherwise more and more would be delivered whose outcomes cannot be written down.</summary>
    [Test]
    public async Task A_delivery_whose_outcome_could_not_be_written_down_keeps_its_place_while_that_is_tried_again()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new ConcurrentQueue<int>();
        int tries = 0;
        var store = new HookedStore(rig.Store)
        {
            Lease = (request, next) =>
            {
                asked.Enqueue(request.Max);
                return next();
            },
            Complete = async (_, next) =>
            {
                if (Interlocked.Increment(ref tries) == 1)
                {
                    throw new QueueException("The disk is full; make room.");
                }

                again.TrySetResult();
                await released.Task;
                return await next();
            },
        };
        using var queue = new MailQueue(store, rig.Deliverer, new QueueOptions { MaxConcurrentDeliveries = 2 }, rig.Notices, clock: rig.Clock);
        await queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"));
        using var ended = new CancellationTokenSource();
        Task running = queue.RunAsync(ended.Token);
        await Patience.UntilAsync(() => again.Task.IsCompleted, () => rig.Clock.Advance(TimeSpan.FromSeconds(0.5)));
        asked.Clear();
        for (int i = 1; i <= 10; i++)
        {
            await queue.RetryNowAsync(QueueFilter.All);
            await Patience.UntilAsync(() => asked.Count >= i);
        }

        Assert.That(asked, Is.All.EqualTo(1));
        released.SetResult();
        await Patience.UntilAsync(async () => (await queue.CountAsync()).Messages == 0);
        await ended.CancelAsync();
        await running.WaitAsync(Limit);
    }

    private sealed class BrokenRandom : Random
    {
        public override double NextDouble() => throw new InvalidOperationException("no luck");
    }
}
