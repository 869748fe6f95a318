using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Queue.Working;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Sqlite;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using SmtpPhase = MtaSts.Delivery.Testing.SmtpPhase;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>What operators and programs do with a queue.</summary>
public sealed class OperatingTests
{
    private static readonly QueueFilter Example = new() { Destination = "Example.TEST" };

    [Test]
    public async Task Held_mail_stays_until_it_is_released()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        QueueId id = await rig.EnqueueAsync();
        Assert.That(await rig.Queue.HoldAsync(new QueueFilter { Id = id }), Is.EqualTo(1));
        rig.Run();
        await rig.PassAsync(TimeSpan.FromDays(6), TimeSpan.FromHours(6));
        Assert.That(rig.Internet.Messages, Is.Empty);
        Assert.That((await rig.Queue.FindAsync(id))!.Recipients.Single().State, Is.EqualTo(RecipientState.Held));

        Assert.That(await rig.Queue.ReleaseAsync(QueueFilter.All), Is.EqualTo(1));
        await rig.SettleAsync();
        Assert.That(rig.Internet.Messages, Has.Count.EqualTo(1), "a last try is made although its lifetime is over");
    }

    [Test]
    public async Task Cancelled_mail_is_gone_and_nobody_is_told()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        await rig.Queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test", "joe@sender.example"));
        Assert.That(await rig.Queue.CancelAsync(new QueueFilter { Recipient = "jane@EXAMPLE.test" }), Is.EqualTo(1));
        rig.Run();
        await rig.SettleAsync();
        Assert.That(rig.Internet.Messages.Single().Recipients, Is.EqualTo(["joe@sender.example"]));
        Assert.That((await rig.Queue.CountAsync()).Messages, Is.Zero);
        Assert.That(rig.Notices.Requests, Is.Empty);
    }

    [Test]
    public async Task Dropped_mail_is_bounced_with_the_operators_words_also_without_a_worker()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        await rig.EnqueueAsync();
        Assert.That(await rig.Queue.DropAsync(Example, "That domain is gone."), Is.EqualTo(1));
        NoticeRequest request = rig.Notices.Requests.Single();
        Assert.That(request.Reason, Is.EqualTo("That domain is gone."));
        Assert.That(request.Recipients.Single().State, Is.EqualTo(RecipientState.Dropped));
        QueueEntry notice = (await rig.Queue.ListAsync()).Entries.Single();
        Assert.That(notice.IsNotice, Is.True);
        Assert.That(notice.Destinations, Is.EqualTo(["sender.example"]));
    }

    [Test]
    public async Task An_order_to_try_again_reaches_a_destination_that_is_left_alone()
    {
        await using Rig rig = await Rig.StartAsync();
        FakeMxHost mx = rig.Internet.MxHost("mx1.example.test").Down();
        await rig.EnqueueAsync();
        await rig.PassAsync(TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(1));
        mx.Healthy();
        Assert.That(await rig.Queue.RetryNowAsync(Example), Is.EqualTo(1));
        await rig.SettleAsync();
        Assert.That(mx.Messages, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Draining_tries_everything_once_and_takes_nothing_meanwhile()
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Internet.MxHost("mx1.example.test").OnRecipient("busy@example.test", SmtpFault.Reply("451 4.2.1 Later"));
        await rig.EnqueueAsync(options: new EnqueueOptions { NotBefore = rig.Clock.GetUtcNow() + TimeSpan.FromDays(1) });
        await rig.EnqueueAsync("busy@example.test");
        Task<QueueCounts> draining = rig.Queue.DrainAsync();
        Assert.That(async () => await rig.EnqueueAsync(), Throws.InvalidOperationException.With.Message.Contains("drained"));
        while (!draining.IsCompleted)
        {
            await rig.SettleAsync();
            rig.Clock.Advance(rig.Options.PollInterval);
        }

        Assert.That((await draining).Messages, Is.EqualTo(1));
        Assert.That(rig.Internet.Messages, Has.Count.EqualTo(1));
        await rig.EnqueueAsync();
    }

    /// <summary>Where nothing answers that is found out once, and not for each of the messages that wait for it.</summary>
    [Test]
    public async Task Draining_leaves_a_destination_alone_at_which_nothing_answers()
    {
        await using Rig rig = await Rig.StartAsync(options => options.MaxConcurrentPerDestination = 2, runs: false);
        FakeMxHost mx = rig.Internet.MxHost("mx1.example.test").Down();
        rig.Internet.Domain("other.test").Mx(10, "mx.other.test");
        rig.Internet.MxHost("mx.other.test");
        for (int i = 0; i < 20; i++)
        {
            await rig.EnqueueAsync();
        }

        await rig.EnqueueAsync("joe@other.test");
        rig.Run();
        Task<QueueCounts> draining = rig.Queue.DrainAsync();
        await Patience.UntilAsync(() => draining.IsCompleted, () => rig.Clock.Advance(TimeSpan.FromSeconds(0.1)));
        Assert.That((await draining).Waiting, Is.EqualTo(20));
        Assert.That(rig.Internet.Messages.Single().Recipients, Is.EqualTo(["joe@other.test"]));
        // Two at first, and one for each minute that passes while a slow machine drains.
        Assert.That((await rig.Queue.ListAsync()).Entries.Count(entry => entry.Attempts > 0), Is.InRange(1, 9));
        Assert.That(rig.Internet.Connections.Count(attempt => mx.Addresses.Contains(attempt.EndPoint.Address)), Is.InRange(1, 9));
    }

    /// <summary>Whoever drains a queue on which nobody works must hear of it, and not wait for ever.</summary>
    [Test]
    public async Task Draining_without_a_worker_ends_with_an_error_that_says_so()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        await rig.EnqueueAsync();
        Task<QueueCounts> draining = rig.Queue.DrainAsync();
        for (int i = 0; i < 5000 && !draining.IsCompleted; i++)
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        Assert.That(draining.IsCompleted, Is.True);
        Assert.That(async () => await draining, Throws.InvalidOperationException.With.Message.Contains("Nobody works on the queue"));
        rig.Run();
        await rig.EnqueueAsync();
        await rig.SettleAsync();
        Assert.That(rig.Internet.Messages, Has.Count.EqualTo(2));
    }

    /// <summary>Of several workers on one store the oldest tells the listener, so one that begins takes nothing over.</summary>
    [Test]
    public async Task Of_two_workers_that_begin_together_only_one_tells_the_listener()
    {
        for (int i = 0; i < 20; i++)
        {
            using var file = new TemporaryFile();
            await using var store = new SqliteQueueStore(file.Path);
            using var telemetry = new QueueTelemetry(TimeProvider.System);
            using var logs = new RecordingLogs();
            using var ended = new CancellationTokenSource();
            var state = new StoreState(logs, telemetry);
            using var first = new WorkerLife(store, new QueueOptions(), state, new Signal(), TimeProvider.System, logs);
            using var second = new WorkerLife(store, new QueueOptions(), state, new Signal(), TimeProvider.System, logs);
            Task[] running = [first.RunAsync(ended.Token), second.RunAsync(ended.Token)];
            await Task.WhenAll(first.Born, second.Born);
            Assert.That((bool[])[first.IsFirst, second.IsFirst], Has.One.True);
            await ended.CancelAsync();
            await Task.WhenAll(running);
        }
    }

    /// <summary>A clock that was ahead when the last worker ran, and mail that a program without a worker has taken since it was set right.</summary>
    [Test]
    public async Task Mail_taken_by_a_clock_that_is_right_does_not_expire_because_the_clock_was_wrong_before()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.3.0 Later"));
        DateTimeOffset now = rig.Clock.GetUtcNow();
        Guid earlier = Guid.NewGuid();
        await rig.Store.BeatAsync(earlier, now.AddDays(400));
        await rig.Store.ReclaimAsync(new WorkerBeat(earlier, 1), now.AddDays(400));
        QueueId id = await rig.EnqueueAsync();
        rig.Run();
        await rig.SettleAsync();
        Assert.That(rig.Logs.Lines.Select(line => line.Id), Does.Contain(209), "the jump was seen");
        Assert.That((await rig.Queue.FindAsync(id))!.Recipients.Single().Expires, Is.EqualTo(now.AddDays(5)));
        Assert.That(rig.Notices.Requests, Is.Empty);
    }

    /// <summary>A body that is gone is nobody's order: its sender is told, and the log names it.</summary>
    [Test]
    public async Task Mail_whose_content_is_gone_from_the_store_fails_and_says_so()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        QueueId id = await rig.EnqueueAsync();
        Assert.That(DatabaseFile.Execute(rig.Store.Path, "DELETE FROM queue_bodies"), Is.EqualTo(1));
        rig.Run();
        await rig.SettleAsync();
        NoticeRecipient told = rig.Notices.Requests.Single().Recipients.Single();
        Assert.That((told.State, told.LastAttempt!.Status.ToString()), Is.EqualTo((RecipientState.Failed, "5.3.0")));
        Assert.That(told.LastAttempt.Explanation, Does.Contain($"message {id}").And.Contain("gone"));
        Assert.That(rig.Logs.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Id), Is.EqualTo([218]));
        Assert.That(rig.Internet.Messages.Select(message => message.Host), Is.EqualTo(["mx.sender.example"]));
        string notice = System.Text.Encoding.UTF8.GetString(new NoticeWriter().Write(rig.Notices.Requests.Single()).Octets.Span);
        Assert.That(notice, Does.Contain("Status: 5.3.0"));
    }

    [Test]
    public async Task A_notice_that_cannot_be_delivered_is_a_warning()
    {
        await using Rig rig = await Rig.StartAsync();
        rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 No"));
        rig.Internet.MxHost("mx.sender.example").On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 No"));
        await rig.EnqueueAsync();
        await rig.SettleAsync();
        Assert.That(rig.Logs.Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Id), Is.EqualTo([219]));
    }

    [Test]
    public async Task Notices_of_a_queue_without_a_container_come_from_the_name_that_the_deliverer_gives_in_EHLO()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        var options = new MailDelivererOptions { EhloName = "mail.sender.example" };
        internet.Configure(options);
        options.EhloName = "Mail.Sender.example";
        await using var deliverer = new MailDeliverer(options, internet.Clock);
        using var queue = new MailQueue(new MemoryQueueStore(), deliverer, clock: internet.Clock);
        await queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"));
        await queue.DropAsync(QueueFilter.All, "no");
        QueueEntry notice = (await queue.ListAsync()).Entries.Single();
        string text = System.Text.Encoding.UTF8.GetString((await queue.ReadContentAsync(notice.Id))!.Octets.Span);
        Assert.That(text, Does.Contain("Reporting-MTA: dns; mail.sender.example").And.Contain("MAILER-DAEMON@mail.sender.example"));
    }

    [Test]
    public async Task A_listener_is_told_at_least_once_of_every_end()
    {
        var listener = new Listener { Failures = 2 };
        await using Rig rig = await Rig.StartAsync(options => options.SendNotices = false, listener);
        rig.Internet.MxHost("mx1.example.test").OnRecipient("bad@example.test", SmtpFault.Reply("550 5.1.1 No"));
        await rig.EnqueueAsync(options: new EnqueueOptions { Tag = "signup-1" });
        await rig.EnqueueAsync("bad@example.test");
        await rig.PassAsync(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5));
        Assert.That(listener.Told.Select(one => $"{one.Recipient} {one.State} {one.Tag}").Distinct().Order(), Is.EqualTo(["bad@example.test Failed ", "jane@example.test Delivered signup-1"]));
        Assert.That(listener.Calls, Is.GreaterThan(2));
        Assert.That(rig.Notices.Requests, Is.Empty);
        Assert.That((await rig.Queue.CountAsync()).Messages, Is.Zero);
    }

    [Test]
    public async Task The_mail_of_a_worker_that_has_died_comes_back()
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        await rig.EnqueueAsync();
        Guid dead = Guid.NewGuid();
        await rig.Store.BeatAsync(dead, rig.Clock.GetUtcNow());
        Assert.That(await rig.Store.LeaseAsync(new LeaseRequest(dead, rig.Clock.GetUtcNow(), 1, 1)), Has.Count.EqualTo(1));
        rig.Run();
        await Patience.UntilAsync(() => rig.Logs.Lines.Any(line => line.Id == 208), () => rig.Clock.Advance(TimeSpan.FromSeconds(15)));
        // Taken back; from now on time would count for its delivery.
        await rig.SettleAsync();
        Assert.That(rig.Internet.Messages, Has.Count.EqualTo(1));
    }

    /// <summary>Neither does a clock that is set forward expire mail, nor one that is set back keep it for ever.</summary>
    [TestCase(400)]
    [TestCase(-400)]
    public async Task A_clock_that_jumps_neither_expires_mail_nor_keeps_it(int days)
    {
        await using Rig rig = await Rig.StartAsync(runs: false);
        var clock = new SettableClock(rig.Clock);
        using var ended = new CancellationTokenSource();
        using var queue = new MailQueue(rig.Store, rig.Deliverer, rig.Options, rig.Notices, clock: clock);
        rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.3.0 Later"));
        QueueId id = await queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"));
        Task running = queue.RunAsync(ended.Token);
        DateTimeOffset before = clock.GetUtcNow();
        await UntilAsync(async () => (await queue.FindAsync(id))!.Recipients.Single().Attempts > 0, rig, TimeSpan.FromSeconds(1));
        clock.Error = TimeSpan.FromDays(days);
        await UntilAsync(async () => ((await queue.FindAsync(id))!.Recipients.Single().Expires - before - TimeSpan.FromDays(5 + days)).Duration() < TimeSpan.FromMinutes(1), rig, TimeSpan.FromSeconds(15));

        QueuedRecipient recipient = (await queue.FindAsync(id))!.Recipients.Single();
        Assert.That(recipient.NextTry!.Value - clock.GetUtcNow(), Is.LessThan(TimeSpan.FromHours(1)));
        Assert.That(rig.Notices.Requests, Is.Empty);
        rig.Internet.MxHost("mx1.example.test").Healthy();
        // To the next try at once.
        rig.Clock.Advance(recipient.NextTry.Value - clock.GetUtcNow());
        await UntilAsync(async () => (await queue.CountAsync()).Messages == 0, rig, TimeSpan.FromSeconds(1));
        Assert.That(rig.Internet.Messages.Single().Recipients, Is.EqualTo(["jane@example.test"]));
        await ended.CancelAsync();
        await running;
    }

    [Test]
    public async Task Bad_input_is_an_error_that_names_it_and_nothing_is_taken()
    {
        await using Rig rig = await Rig.StartAsync(options => options.MaxMessageSize = 2000, runs: false);
        var envelope = new Envelope("a@sender.example", "jane@example.test");
        Assert.That(() => rig.Queue.EnqueueAsync(MessageContent.From(new byte[3000]), envelope), Throws.ArgumentException.With.Message.Contains("2000"));
        Assert.That(() => rig.Queue.EnqueueAsync(new MemoryStream(new byte[3000]), envelope), Throws.ArgumentException.With.Message.Contains("2000"));
        Assert.That(() => rig.Queue.EnqueueAsync(new MemoryStream(), envelope), Throws.ArgumentException);
        Assert.That(() => rig.Queue.EnqueueAsync(MessageContent.From("DKIM-Signature: x\r\n\r\na\0b\r\n"u8.ToArray()), envelope), Throws.ArgumentException.With.Message.Contains("NUL"));
        Assert.That(() => rig.EnqueueAsync(options: new EnqueueOptions { Lifetime = TimeSpan.FromSeconds(1) }), Throws.ArgumentException.With.Message.Contains("Lifetime"));
        Assert.That(() => rig.EnqueueAsync(options: new EnqueueOptions { NotBefore = rig.Clock.GetUtcNow().AddYears(2) }), Throws.ArgumentException.With.Message.Contains("NotBefore"));
        Assert.That(() => rig.EnqueueAsync(options: new EnqueueOptions { Tag = "a\nb" }), Throws.ArgumentException.With.Message.Contains("Tag"));
        Assert.That(() => rig.Queue.ListAsync(new QueueFilter { Recipient = "nobody" }), Throws.ArgumentException);
        Assert.That(() => rig.Queue.HoldAsync(new QueueFilter { State = RecipientState.Delivered }), Throws.ArgumentException);
        Assert.That(() => rig.Queue.DropAsync(QueueFilter.All, "a\nb"), Throws.ArgumentException);
        Assert.That((await rig.Queue.CountAsync()).Messages, Is.Zero);
    }

    [Test]
    public async Task Health_says_what_is_wrong()
    {
        using var file = new TemporaryFile();
        await using FakeInternet internet = await FakeInternet.StartAsync();
        await using MailDeliverer deliverer = internet.CreateDeliverer();
        await using (var broken = new SqliteQueueStore(file.Path + "/no/queue.db"))
        using (var queue = new MailQueue(broken, deliverer))
        {
            QueueHealth health = await queue.CheckHealthAsync();
            Assert.That(health.State, Is.EqualTo(QueueHealthState.Unhealthy));
            Assert.That(health.Description, Does.Contain("directory"));
            HealthCheckResult result = await new MailQueueHealthCheck(queue).CheckHealthAsync(new HealthCheckContext());
            Assert.That(result.Status, Is.EqualTo(HealthStatus.Unhealthy));
        }

        await using Rig rig = await Rig.StartAsync(runs: false);
        Assert.That((await rig.Queue.CheckHealthAsync()).State, Is.EqualTo(QueueHealthState.Degraded), "the worker does not run");
        rig.Run();
        await rig.EnqueueAsync();
        await rig.SettleAsync();
        Assert.That((await rig.Queue.CheckHealthAsync()).State, Is.EqualTo(QueueHealthState.Healthy));
        Assert.That((await new MailQueueHealthCheck(rig.Queue).CheckHealthAsync(new HealthCheckContext())).Data["messages"], Is.Zero);
    }

    /// <summary>The disk is full when the outcome is to be written down: it is written when there is room, and nobody gets the message twice.</summary>
    [Test]
    public async Task An_outcome_that_cannot_be_written_down_at_once_is_written_down_later()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test");
        internet.MxHost("mx1.example.test");
        await using MailDeliverer deliverer = internet.CreateDeliverer();
        var store = new FailingStore { Failures = 3 };
        using var ended = new CancellationTokenSource();
        using var queue = new MailQueue(store, deliverer);
        await queue.EnqueueAsync(Rig.Message(), new Envelope("", "jane@example.test"));
        Task running = queue.RunAsync(ended.Token);
        await Patience.UntilAsync(async () => (await queue.CountAsync()).Messages == 0);
        await ended.CancelAsync();
        await running;
        Assert.That(internet.Messages, Has.Count.EqualTo(1));
        Assert.That(store.Failures, Is.Zero);
    }

    [Test]
    public async Task One_line_adds_it_all_to_a_host()
    {
        using var file = new TemporaryFile();
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test");
        internet.MxHost("mx1.example.test");
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddMtaStsDelivery(internet.Configure).AddSqliteQueue(file.Path);
        using IHost host = builder.Build();
        // Certificates go by the internet's clock.
        internet.MxHost("mx1.example.test").NoStartTls();
        await host.StartAsync();
        await host.Services.GetRequiredService<IMailQueue>().EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"));
        await Patience.UntilAsync(() => internet.Messages.Count > 0);
        await host.StopAsync();
        Assert.That(internet.Messages.Single().Recipients, Is.EqualTo(["jane@example.test"]));
    }

    /// <summary>STS-108, STS-120, STS-132. RFC 8461 §5: whoever hides the policy while the sender restarts does not get the mail.</summary>
    [Test]
    public async Task Mail_that_waits_across_a_restart_knows_by_which_policy_it_waits()
    {
        using var file = new TemporaryFile();
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "mx1.example.test");
        internet.MxHost("mx1.example.test").Certificate(c => c.Names("other.test"));
        QueueId id;
        using (IHost first = Build())
        {
            await first.StartAsync();
            IMailQueue queue = first.Services.GetRequiredService<IMailQueue>();
            id = await queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"));
            await Patience.UntilAsync(async () => (await queue.FindAsync(id))!.Recipients.Single().Attempts > 0);
            await first.StopAsync();
        }

        domain.NoRecord();
        domain.PolicyHost.Down();
        internet.MxHost("mx1.example.test").Healthy().NoStartTls();
        int sessions = internet.Sessions.Count;
        using (IHost second = Build())
        {
            await second.StartAsync();
            IMailQueue queue = second.Services.GetRequiredService<IMailQueue>();
            await queue.RetryNowAsync(QueueFilter.All);
            await Patience.UntilAsync(() => internet.Sessions.Count > sessions);
            await queue.DrainAsync();
            Assert.That((await queue.FindAsync(id))!.Recipients.Single().State, Is.EqualTo(RecipientState.Waiting));
            await second.StopAsync();
        }

        Assert.That(internet.Messages, Is.Empty);
        internet.Verify.NoMailInClear();

        IHost Build()
        {
            HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Services.AddSingleton<TimeProvider>(internet.Clock);
            builder.Services.AddMtaStsDelivery(internet.Configure).AddSqliteQueue(file.Path);
            return builder.Build();
        }
    }

    /// <summary>Lets time pass until it is so, but none while a delivery is under way: its time limits go by the same clock.</summary>
    private static Task UntilAsync(Func<Task<bool>> isSo, Rig rig, TimeSpan step) => Patience.UntilAsync(async () =>
    {
        bool isDone = await isSo();
        rig.Clock.Advance(isDone || (await rig.Queue.CountAsync()).Delivering > 0 ? TimeSpan.Zero : step);
        return isDone;
    });

    private sealed class Listener : IQueueListener
    {
        public int Failures { get; set; }

        public int Calls { get; private set; }

        public ConcurrentQueue<QueueEvent> Told { get; } = new();

        public Task HandleAsync(IReadOnlyList<QueueEvent> events, CancellationToken cancellationToken)
        {
            Calls++;
            foreach (QueueEvent happened in events)
            {
                Told.Enqueue(happened);
            }

            return Failures-- > 0 ? throw new InvalidOperationException("not now") : Task.CompletedTask;
        }
    }

    /// <summary>A store whose first completions fail.</summary>
    private sealed class FailingStore : IQueueStore
    {
        private readonly MemoryQueueStore _inner = new();

        public int Failures { get; set; }

        public Task<QueueId> AddAsync(NewMessage message, CancellationToken cancellationToken = default) => _inner.AddAsync(message, cancellationToken);

        public Task<ReadOnlyMemory<byte>?> ReadOctetsAsync(QueueId id, CancellationToken cancellationToken = default) => _inner.ReadOctetsAsync(id, cancellationToken);

        public Task<IReadOnlyList<QueueLease>> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken = default) => _inner.LeaseAsync(request, cancellationToken);

        public Task<bool> CompleteAsync(LeaseCompletion completion, CancellationToken cancellationToken = default)
        {
            if (Failures > 0)
            {
                Failures--;
                throw new QueueException("The disk is full; make room.");
            }

            return _inner.CompleteAsync(completion, cancellationToken);
        }

        public Task<QueuePulse> BeatAsync(Guid worker, DateTimeOffset now, CancellationToken cancellationToken = default) => _inner.BeatAsync(worker, now, cancellationToken);

        public Task<long?> ReclaimAsync(WorkerBeat silent, DateTimeOffset now, CancellationToken cancellationToken = default) => _inner.ReclaimAsync(silent, now, cancellationToken);

        public Task<bool> ShiftAsync(long shifts, TimeSpan by, DateTimeOffset now, CancellationToken cancellationToken = default) => _inner.ShiftAsync(shifts, by, now, cancellationToken);

        public Task<int> WakeAsync(string destination, DateTimeOffset now, int count, CancellationToken cancellationToken = default) => _inner.WakeAsync(destination, now, count, cancellationToken);

        public Task<OrderResult> OrderAsync(
            QueueOrder order, QueueFilter filter, string? reason, DateTimeOffset now, QueueId? from, int count, CancellationToken cancellationToken = default) =>
            _inner.OrderAsync(order, filter, reason, now, from, count, cancellationToken);

        public Task<QueuePage> ListAsync(QueueFilter filter, QueueId? from, int count, CancellationToken cancellationToken = default) => _inner.ListAsync(filter, from, count, cancellationToken);

        public Task<QueuedMessage?> FindAsync(QueueId id, CancellationToken cancellationToken = default) => _inner.FindAsync(id, cancellationToken);

        public Task<QueueCounts> CountAsync(DateTimeOffset now, CancellationToken cancellationToken = default) => _inner.CountAsync(now, cancellationToken);

        public Task<IReadOnlyList<QueueEvent>> ReadEventsAsync(int count, CancellationToken cancellationToken = default) => _inner.ReadEventsAsync(count, cancellationToken);

        public Task RemoveEventsAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken = default) => _inner.RemoveEventsAsync(numbers, cancellationToken);
    }
}
