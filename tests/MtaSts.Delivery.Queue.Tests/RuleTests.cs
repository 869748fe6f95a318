using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Queue.Working;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

public sealed class RuleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 12, 12, 0, 0, TimeSpan.Zero);
    private static readonly EnvelopeAddress Jane = EnvelopeAddress.Parse("jane@example.test");

    /// <summary>SMTP-08. RFC 5321 §4.5.4.1: minutes first where the server spoke, half an hour at least otherwise, four hours at most.</summary>
    [TestCase(1, FailureCode.RefusedForNow, 5)]
    [TestCase(2, FailureCode.RefusedForNow, 10)]
    [TestCase(3, FailureCode.RefusedForNow, 30)]
    [TestCase(4, FailureCode.RefusedForNow, 40)]
    [TestCase(5, FailureCode.RefusedForNow, 80)]
    [TestCase(7, FailureCode.RefusedForNow, 240)]
    [TestCase(1000, FailureCode.RefusedForNow, 240)]
    [TestCase(1, FailureCode.ConnectFailed, 30)]
    [TestCase(1, FailureCode.HostNotPermitted, 30)]
    [TestCase(1, FailureCode.FinalReplyLost, 30)]
    public void Delays_grow(int attempts, FailureCode failure, int minutes)
    {
        TimeSpan least = RetryRules.Delay(attempts, [Deferred(failure)], new QueueOptions(), 0);
        Assert.That(least, Is.EqualTo(TimeSpan.FromMinutes(minutes)));
        Assert.That(RetryRules.Delay(attempts, [Deferred(failure)], new QueueOptions(), 1), Is.EqualTo(least * 1.25), "up to a quarter more");
    }

    [Test]
    public void What_an_outcome_asks_for_is_waited_for() =>
        Assert.That(RetryRules.Delay(1, [Deferred(FailureCode.RefusedForNow), Deferred(FailureCode.ConnectFailed) with { RetryAfter = TimeSpan.FromHours(7) }], new QueueOptions(), 0), Is.EqualTo(TimeSpan.FromHours(7)));

    [TestCase(60, 60)]
    [TestCase(300, 120)]
    public void The_last_try_falls_on_the_end_of_the_lifetime(int delayMinutes, int expectedMinutes) =>
        Assert.That(RetryRules.NextTry(Noon, TimeSpan.FromMinutes(delayMinutes), Noon.AddMinutes(120)), Is.EqualTo(Noon.AddMinutes(expectedMinutes)));

    [TestCase(1, 1)]
    [TestCase(2, 2)]
    [TestCase(5, 16)]
    [TestCase(6, 30)]
    [TestCase(int.MaxValue, 30)]
    public void A_destination_is_left_alone_for_longer_with_each_failure(int failures, int minutes) =>
        Assert.That(RetryRules.BackOff(failures, new QueueOptions(), 0), Is.EqualTo(TimeSpan.FromMinutes(minutes)));

    [TestCase(FailureCode.ConnectFailed, true)]
    [TestCase(FailureCode.CertificateExpired, true)]
    [TestCase(FailureCode.RouteUnavailable, true)]
    [TestCase(FailureCode.RefusedForNow, false)]
    [TestCase(FailureCode.Cancelled, null)]
    [TestCase(FailureCode.InternalError, null)]
    [TestCase(FailureCode.FinalReplyLost, false)]
    public void A_destination_fails_when_no_server_talks_about_mail(FailureCode failure, bool? isFailing) =>
        Assert.That(RetryRules.IsDestinationFailing([Deferred(failure)]), Is.EqualTo(isFailing));

    [TestCase(FailureCode.ConnectFailed, true)]
    [TestCase(FailureCode.RouteUnavailable, true)]
    [TestCase(FailureCode.HostNotPermitted, false)]
    [TestCase(FailureCode.CertificateExpired, false)]
    public void The_last_try_is_left_out_only_where_nothing_can_be_reached(FailureCode failure, bool isLeftOut)
    {
        QueueAttempt attempt = QueueAttempt.From(Deferred(failure), Noon, mayHaveBeenDelivered: false);
        Assert.That(RetryRules.NeedsNoLastTry(Noon, Noon.AddMinutes(1), attempt), Is.EqualTo(isLeftOut));
        Assert.That(RetryRules.NeedsNoLastTry(Noon, Noon, attempt), Is.False, "it is not left alone any more");
    }

    [Test]
    public void Ten_tries_that_fail_together_are_one_failure_of_the_destination()
    {
        QueueLease lease = Lease();
        LeaseCompletion[] ends = [.. Enumerable.Range(0, 10).Select(_ => CompletionRules.AfterTry(lease, new TryResult([Deferred(FailureCode.ConnectFailed)], false), new QueueOptions(), Noon, (0, 0)))];
        Assert.That(ends.Select(end => end.Destination!.Failures), Is.All.EqualTo(4));
        Assert.That(ends[0].IsBlocked, Is.True);
    }

    [Test]
    public void What_was_cancelled_was_not_tried()
    {
        LeaseCompletion end = CompletionRules.AfterTry(Lease(), new TryResult([Deferred(FailureCode.Cancelled)], true), new QueueOptions(), Noon, (0, 0));
        Assert.That(end.WasTried, Is.False);
        Assert.That(end.Results.Single(), Is.EqualTo(new RecipientResult(0, RecipientState.Waiting, null)));
        Assert.That(end.NextTry, Is.EqualTo(Noon));
    }

    [Test]
    public void Who_was_never_tried_is_told_what_others_met_there()
    {
        LeaseCompletion end = CompletionRules.AfterTry(Lease(), new TryResult([null], true), new QueueOptions(), Noon, (0, 0));
        Assert.That(end.Results.Single().State, Is.EqualTo(RecipientState.Expired));
        Assert.That(end.Results.Single().Attempt!.Failure, Is.EqualTo(FailureCode.ConnectFailed));
    }

    /// <summary>What stands in a log, or in a test that fails.</summary>
    [Test]
    public void What_is_in_a_queue_says_so_in_words()
    {
        QueueAttempt attempt = QueueAttempt.From(Deferred(FailureCode.ConnectFailed), Noon, false);
        var recipient = new QueuedRecipient(Jane, null, RecipientState.Waiting, Noon.AddHours(1), Noon.AddDays(5), 2, attempt);
        var entry = new QueueEntry(new QueueId(7), Jane, 10, QueuePriority.Normal, null, false, Noon, Noon.AddHours(1), Noon.AddDays(5), 2, 1, 0, ["example.test"], "text");
        Assert.That(new QueuedMessage(entry, null, null, [recipient]).ToString(), Is.EqualTo(
            "7 from jane@example.test to example.test; taken 2026-01-12 12:00:00Z, recipients open: 1, held: 0, tries: 2, next 2026-01-12 13:00:00Z; text\n"
            + "  jane@example.test: Waiting, tries: 2, next 2026-01-12 13:00:00Z; 2026-01-12 12:00:00Z 4.0.0: text"));
        Assert.That(new QueueEvent(3, new QueueId(7), "tag", null, Jane, RecipientState.Delivered, Noon, null).ToString(), Is.EqualTo("3: message 7 (tag), jane@example.test: Delivered"));
        Assert.That(new QueueCounts(1, 0, 1, 0, 0, Noon, 0).ToString(), Is.EqualTo("1 messages; 0 deliveries due, 1 waiting, 0 under way, 0 held; the oldest of 2026-01-12 12:00:00Z"));
    }

    [Test]
    public void An_attempt_is_read_as_it_was_written()
    {
        QueueAttempt attempt = QueueAttempt.From(new RecipientOutcome.Failed(
            Jane, new EnhancedStatus(5, 1, 1), "mx1.example.test", new SmtpReply(550, [.. Enumerable.Repeat(new string('\u00E9', 3000), 30)]), "No such user \"\\\u0001",
            FailureCode.RefusedForGood, DeliveryStage.Transaction, "advice"), Noon, mayHaveBeenDelivered: true);
        Assert.That(QueueAttempt.Parse(attempt.ToJson()).ToJson(), Is.EqualTo(attempt.ToJson()));
        Assert.That(attempt.Reply!.Lines, Has.Count.EqualTo(20));
        Assert.That(attempt.Reply.Lines[0], Has.Length.EqualTo(1000));
        Assert.That(() => QueueAttempt.Parse("{}"), Throws.TypeOf<FormatException>());
        Assert.That(() => QueueAttempt.Parse("nonsense"), Throws.TypeOf<FormatException>());
    }

    /// <summary>A worker is silent when its count stands still while this one's own signs get through.</summary>
    [Test]
    public void Silence_is_measured_by_the_watchers_own_timer()
    {
        (Guid own, Guid other) = (Guid.NewGuid(), Guid.NewGuid());
        var watch = new SilenceWatch(own, TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(30));
        WorkerBeat[] beats = [new(own, 1), new(other, 7)];
        Assert.That(watch.Look(beats, TimeSpan.Zero), Is.Empty);
        Assert.That(watch.Look(beats, TimeSpan.FromSeconds(30)), Is.Empty);
        Assert.That(watch.Look([new(other, 8)], TimeSpan.FromSeconds(30)), Is.Empty, "it lives");
        Assert.That(watch.Look([new(other, 8)], TimeSpan.FromHours(9)), Is.Empty, "nobody could use the store");
        Assert.That(watch.Look([new(other, 8)], TimeSpan.FromSeconds(59)), Is.Empty);
        Assert.That(watch.Look([new(other, 8)], TimeSpan.FromSeconds(1)), Is.EqualTo([new WorkerBeat(other, 8)]));
    }

    [TestCase("Lifetime", "00:00:30")]
    [TestCase("FirstDelay", "00:00:59")]
    [TestCase("MaxDelay", "00:04:59")]
    [TestCase("DestinationBackOff", "00:00:00.5")]
    [TestCase("MaxDestinationBackOff", "00:00:30")]
    [TestCase("DelayNoticeAfter", "00:00:59")]
    [TestCase("MaxConcurrentDeliveries", "0")]
    [TestCase("MaxConcurrentPerDestination", "1001")]
    [TestCase("MaxContentInMemory", "1000")]
    [TestCase("MaxMessageSize", "100")]
    [TestCase("LeaseTime", "00:00:00.9")]
    [TestCase("PollInterval", "00:02:00")]
    public void An_option_out_of_range_is_an_error_that_names_it(string name, string value)
    {
        var options = new QueueOptions();
        Assert.That(options.Validate(), Is.Empty);
        System.Reflection.PropertyInfo property = typeof(QueueOptions).GetProperty(name)!;
        property.SetValue(options, property.PropertyType == typeof(TimeSpan)
            ? TimeSpan.Parse(value, System.Globalization.CultureInfo.InvariantCulture)
            : Convert.ChangeType(value, property.PropertyType, System.Globalization.CultureInfo.InvariantCulture));
        Assert.That(options.Validate().First(), Does.StartWith($"Queue.{name} is "));
        Assert.That(() => new MailQueue(new MemoryQueueStore(), options: options), Throws.ArgumentException.With.Message.Contains(name));
    }

    private static RecipientOutcome.Deferred Deferred(FailureCode failure) =>
        new(Jane, new EnhancedStatus(4, 0, 0), null, null, "text", failure, FailureTable.For(failure).Stage, "advice", failure == FailureCode.FinalReplyLost, TimeSpan.FromMinutes(30));

    /// <summary>What cannot even be tried waits, until its time is over: then it ends, or it would be leased for ever.</summary>
    [Test]
    public void Mail_that_cannot_be_tried_ends_with_its_lifetime()
    {
        QueueLease lease = Lease();
        LeaseCompletion before = CompletionRules.AfterTrouble(lease, lease.Expires.AddSeconds(-1), lease.Expires, "the disk"), after = CompletionRules.AfterTrouble(lease, lease.Expires, lease.Expires.AddMinutes(5), "the disk");
        Assert.That(before.Results.Select(one => one.State), Is.All.EqualTo(RecipientState.Waiting));
        Assert.That(after.Results.Select(one => one.State), Is.All.EqualTo(RecipientState.Failed));
        Assert.That(CompletionRules.AfterFault(lease, null, lease.Expires, lease.Expires.AddMinutes(5)).Results.Select(one => one.State), Is.All.EqualTo(RecipientState.Failed));
    }

    private static QueueLease Lease() => new(
        Guid.Empty, 1, 1, new QueueId(1), Jane, null, null, 10, QueuePriority.Normal, null, false, false, Noon, Noon, Noon.AddDays(5), 0, null, null, null,
        new DestinationState("example.test", 3, Noon.AddMinutes(1), QueueAttempt.From(Deferred(FailureCode.ConnectFailed), Noon, false)), [new LeasedRecipient(0, Jane, null, 0, null)]);
}
