using System.Runtime.CompilerServices;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;
using SmtpPhase = MtaSts.Delivery.Testing.SmtpPhase;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Many messages in one call: each one answered for, in bounded memory, whatever ends the call.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DeliverManyTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Mx1 = "mx1.example.test";

    [Test]
    public async Task Every_message_comes_back_with_its_result_and_its_tag()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.Domain("gone.test").NullMx();
        await using MailDeliverer deliverer = internet.Deliverer();
        var done = new List<CompletedDelivery>();
        await foreach (CompletedDelivery one in deliverer.DeliverManyAsync(Requests(50, i => i % 5 == 0 ? "x@gone.test" : One), 8))
        {
            done.Add(one);
        }

        Assert.That(done.Select(one => (int)one.Request.Tag!), Is.EquivalentTo(Enumerable.Range(0, 50)));
        Assert.That(done.Where(one => one.Result.AllDelivered).Select(one => (int)one.Request.Tag! % 5), Has.None.EqualTo(0).And.Exactly(40).Items);
        Assert.That(internet.Messages, Has.Count.EqualTo(40));
    }

    [Test]
    public async Task No_more_is_taken_than_there_is_room_for()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        await using MailDeliverer deliverer = internet.Deliverer();
        int taken = 0, seen = 0, most = 0;
        await foreach (CompletedDelivery one in deliverer.DeliverManyAsync(Requests(100, _ => One, _ => Interlocked.Increment(ref taken)), 4))
        {
            most = Math.Max(most, Volatile.Read(ref taken) - seen);
            seen++;
        }

        Assert.That((seen, most), Is.EqualTo((100, 4)));
    }

    /// <summary>SMTP-21.</summary>
    [Test]
    public async Task Cancelled_it_tells_of_what_was_under_way_and_then_throws()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Stall);
        await using MailDeliverer deliverer = internet.Deliverer();
        using var leave = new CancellationTokenSource();
        int taken = 0;
        var done = new List<CompletedDelivery>();
        IAsyncEnumerable<CompletedDelivery> all = deliverer.DeliverManyAsync(Requests(100, _ => One, _ => Later(Interlocked.Increment(ref taken))), 4, leave.Token);
        await Assert.ThatAsync(async () =>
        {
            await foreach (CompletedDelivery one in all)
            {
                done.Add(one);
            }
        }, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(done, Has.Count.EqualTo(4));
        Assert.That(done.Select(one => one.Result.Deferred().Failure), Has.All.EqualTo(FailureCode.Cancelled));

        void Later(int number)
        {
            if (number == 4)
            {
                _ = leave.CancelAsync();
            }
        }
    }

    [Test]
    public async Task Who_leaves_early_leaves_nothing_running()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Stall.After(1));
        await using MailDeliverer deliverer = internet.Deliverer();
        int taken = 0;
        await foreach (CompletedDelivery one in deliverer.DeliverManyAsync(Requests(int.MaxValue, _ => One, _ => Interlocked.Increment(ref taken)), 4))
        {
            Assert.That(one.Result.AllDelivered, Is.True);

            // Nobody lets the others go but who leaves.
            await Patience.UntilAsync(() => internet.Sessions.Any(IsHeld));
            break;
        }

        int atEnd = Volatile.Read(ref taken);
        await Task.WhenAll(internet.Sessions.Where(IsHeld).Select(session => session.WaitForEndAsync()));
        internet.MxHost(Mx1).Healthy();
        (await deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, One))).Delivered();
        Assert.That(internet.Messages, Has.Count.EqualTo(2));
        Assert.That(Volatile.Read(ref taken), Is.EqualTo(atEnd));

        static bool IsHeld(SmtpTranscript session) => session.Commands.Contains("RCPT") && !session.ReceivedContent;
    }

    [Test]
    public async Task A_fault_of_the_source_comes_behind_the_results_of_what_it_gave()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        await using MailDeliverer deliverer = internet.Deliverer();
        int seen = 0;
        await Assert.ThatAsync(async () =>
        {
            await foreach (CompletedDelivery one in deliverer.DeliverManyAsync(Requests(10, _ => One, i => { if (i == 7) { throw new InvalidDataException("the queue is broken"); } })))
            {
                seen++;
            }
        }, Throws.InstanceOf<InvalidDataException>());
        Assert.That(seen, Is.EqualTo(7));
    }

    [Test]
    public async Task A_request_that_cannot_be_is_told_at_the_end_and_holds_nothing_up()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        await using MailDeliverer deliverer = internet.Deliverer();
        int seen = 0;
        await Assert.ThatAsync(async () =>
        {
            await foreach (CompletedDelivery one in deliverer.DeliverManyAsync(ThreeAndNothing(), 1))
            {
                Assert.That(one.Result.AllDelivered, Is.True);
                seen++;
            }
        }, Throws.InstanceOf<ArgumentNullException>());
        Assert.That(seen, Is.EqualTo(3));
        Assert.That((await deliverer.DeliverAsync(Octets(Message), new Envelope(Sender, One))).AllDelivered, Is.True);

        static async IAsyncEnumerable<DeliveryRequest> ThreeAndNothing()
        {
            await foreach (DeliveryRequest request in Requests(3, _ => One))
            {
                yield return request;
            }

            for (int i = 0; i < 100; i++)
            {
                yield return null!;
            }
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task A_fault_is_told_though_the_source_waits_for_its_next_message(CancellationToken cancellationToken)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        await using MailDeliverer deliverer = internet.Deliverer();
        await Assert.ThatAsync(async () =>
        {
            await foreach (CompletedDelivery _ in deliverer.DeliverManyAsync(OneAndNoMore(cancellationToken), 5))
            {
            }
        }, Throws.Exception.Not.InstanceOf<OperationCanceledException>());

        static async IAsyncEnumerable<DeliveryRequest> OneAndNoMore([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return null!;
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    [TestCase(0)]
    [TestCase(100_001)]
    public async Task A_number_out_of_range_is_refused_at_once(int atOnce)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        await using MailDeliverer deliverer = internet.Deliverer();
        Assert.That(() => deliverer.DeliverManyAsync(Requests(1, _ => One), atOnce), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static async IAsyncEnumerable<DeliveryRequest> Requests(
        int count, Func<int, string> to, Action<int>? taken = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            taken?.Invoke(i);
            yield return new DeliveryRequest(Octets(Message), new Envelope(Sender, to(i)), i);
        }
    }
}
