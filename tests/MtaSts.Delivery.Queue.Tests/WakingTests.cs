using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using SmtpPhase = MtaSts.Delivery.Testing.SmtpPhase;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>The worker looks for work as soon as there is some: no time passes in these tests, and so no poll comes.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class WakingTests : IAsyncDisposable
{
    private readonly TaskCompletionSource _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _ended = null!;
    private Rig _rig = null!;
    private HookedStore _store = null!;
    private MailQueue _queue = null!;
    private Task _running = null!;
    private volatile bool _isJaneDone;
    private int _begun;
    private int _looks;
    private int _looksBehind;

    [SetUp]
    public async Task StartAsync()
    {
        _rig = await Rig.StartAsync(runs: false);
        _rig.Internet.Domain("other.test").Mx(10, "mx.other.test");
        _rig.Internet.MxHost("mx.other.test");
        _store = new HookedStore(_rig.Store)
        {
            AddLeased = async next =>
            {
                AddedMessage added = await next();
                _handedOver.TrySetResult();
                await _released.Task;
                return added;
            },
            Lease = async (_, next) =>
            {
                bool isBehind = _isJaneDone;
                Interlocked.Increment(ref _begun);
                IReadOnlyList<QueueLease> leases = await next();
                _looksBehind += isBehind && leases.Count == 0 ? 1 : 0;
                Interlocked.Increment(ref _looks);
                return leases;
            },
            Complete = (completion, next) =>
            {
                _isJaneDone |= completion.Lease.Destination.Name == "example.test";
                return next();
            },
        };
        Start(perDestination: 1);
    }

    public async ValueTask DisposeAsync()
    {
        _released.TrySetResult();
        await StopAsync();
        await _rig.DisposeAsync();
    }

    [Test]
    public async Task The_part_of_a_message_whose_destination_is_busy_goes_when_that_has_room()
    {
        await HandOverAsync("joe@other.test");
        await EnqueueAsync("jane@example.test", "sam@other.test");
        await Patience.UntilAsync(() => _looksBehind > 0);
        _released.SetResult();
        await Patience.UntilAsync(() => _rig.Internet.MxHost("mx.other.test").Messages.Any(message => message.Recipients.Contains("sam@other.test")));
    }

    [Test]
    public async Task What_an_operator_orders_to_be_tried_goes_when_its_busy_destination_has_room()
    {
        await HandOverAsync("joe@other.test");
        await _queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "sam@other.test"), new EnqueueOptions { NotBefore = _rig.Clock.GetUtcNow() + TimeSpan.FromHours(1) });
        int before = Volatile.Read(ref _begun);
        Assert.That(await _queue.RetryNowAsync(QueueFilter.All), Is.EqualTo(1));
        await Patience.UntilAsync(() => Volatile.Read(ref _looks) > before);
        _released.SetResult();
        await Patience.UntilAsync(() => _rig.Internet.MxHost("mx.other.test").Messages.Any(message => message.Recipients.Contains("sam@other.test")));
    }

    [Test]
    public async Task An_order_for_what_is_being_tried_is_carried_out_when_the_try_ends()
    {
        await StopAsync();
        Start(perDestination: 2);
        await HandOverAsync("joe@other.test");
        _rig.Internet.MxHost("mx.other.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.3.0 Later"));
        int before = Volatile.Read(ref _begun);
        Assert.That(await _queue.CancelAsync(QueueFilter.All), Is.EqualTo(1));
        await Patience.UntilAsync(() => Volatile.Read(ref _looks) > before);
        _released.SetResult();
        await Patience.UntilAsync(async () => (await _queue.CountAsync()).Messages == 0);
    }

    [Test]
    public async Task Mail_that_is_kept_although_its_caller_has_left_goes_at_once()
    {
        using var leave = new CancellationTokenSource();
        var kept = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.Add = async next =>
        {
            await next();
            kept.SetResult();
            await Task.Delay(Timeout.Infinite, leave.Token);
            throw new OperationCanceledException(leave.Token);
        };
        await Patience.UntilAsync(() => Volatile.Read(ref _looks) > 0);
        Task enqueued = _queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test", "joe@example.test"), cancellationToken: leave.Token);
        await kept.Task;
        await leave.CancelAsync();
        Assert.That(async () => await enqueued, Throws.InstanceOf<OperationCanceledException>());
        await Patience.UntilAsync(() => _rig.Internet.Messages.Count > 0);
    }

    [Test]
    public async Task A_notice_goes_as_soon_as_it_is_kept()
    {
        _rig.Internet.MxHost("mx1.example.test").On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 No such user"));
        await HandOverAsync("jane@example.test");
        _released.SetResult();
        await Patience.UntilAsync(() => _rig.Internet.MxHost("mx.sender.example").Messages.Count > 0);
    }

    private void Start(int perDestination)
    {
        _ended = new CancellationTokenSource();
        _queue = new MailQueue(_store, _rig.Deliverer, new QueueOptions { MaxConcurrentPerDestination = perDestination, PollInterval = TimeSpan.FromMinutes(1) }, _rig.Notices, clock: _rig.Clock);
        _running = _queue.RunAsync(_ended.Token);
    }

    private async Task StopAsync()
    {
        await _ended.CancelAsync();
        await _running;
        _queue.Dispose();
        _ended.Dispose();
    }

    /// <summary>Has a message leased as it comes, whose delivery is not begun before it is released: its destination is busy until then.</summary>
    private async Task HandOverAsync(string recipient)
    {
        // The worker's first look may still be on its way, and takes it then.
        while (await Task.WhenAny(EnqueueAsync(recipient), _handedOver.Task) != _handedOver.Task)
        {
            await Patience.UntilAsync(async () => (await _queue.CountAsync()).Messages == 0);
        }
    }

    private Task<QueueId> EnqueueAsync(params string[] recipients) => _queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", recipients));
}
