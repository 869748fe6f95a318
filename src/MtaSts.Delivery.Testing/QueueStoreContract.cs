using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Testing;

/// <summary>What every <see cref="IQueueStore"/> must do, as checks that any test framework can run; see <see cref="PolicyStoreContract"/>.</summary>
public static class QueueStoreContract
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 12, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid One = new(1, 0, 0, new byte[8]);
    private static readonly Guid Two = new(2, 0, 0, new byte[8]);
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("Subject: déjà vu\r\n\r\nHello\0\r\n");

    private static readonly QueueAttempt Refused = new(
        Noon.AddTicks(7), new EnhancedStatus(4, 2, 1), "mx1.a.test", new Sessions.SmtpReply(451, ["4.2.1 Later \"\u00E9\"", "4.2.1 really"]), "mx1.a.test answered '; DROP TABLE", FailureCode.RefusedForNow, true);

    /// <summary>The checks. Each begins with a store that is empty.</summary>
    public static IReadOnlyList<StoreCheck<IQueueStore>> Checks { get; } =
    [
        new("a message is kept as it was", open => AMessageIsKept(open.Open())),
        new("a large message is kept octet by octet", open => ALargeMessageIsKept(open.Open())),
        new("numbers are never given again", NumbersAreNotGivenAgain),
        new("each domain is a delivery, and a thousand recipients at most", DomainsAreDeliveries),
        new("what is due is leased once", WhatIsDueIsLeasedOnce),
        new("what is not due is not leased", WhatIsNotDueIsNotLeased),
        new("priority comes first, then time", PriorityComesFirst),
        new("a destination has no more leases than it may", DestinationsHaveLimits),
        new("a destination that fails is left alone, and then has one lease", AFailingDestinationIsLeftAlone),
        new("a destination is left alone from the moment at which it is known to fail", AFailureIsKnownAtOnce),
        new("what has expired is leased also while its destination is left alone", WhatHasExpiredIsLeased),
        new("deferred recipients wait, finished ones are kept until the last", DeferredRecipientsWait),
        new("a finished message is gone with everything", AFinishedMessageIsGone),
        new("notices and events are kept with the end of the lease, or not at all", NoticesAndEventsAreKept),
        new("a lease that was taken back is not completed", ALeaseTakenBackIsNotCompleted),
        new("a worker that gives signs of life keeps its leases", SignsOfLifeKeepLeases),
        new("a worker whose leases were taken back gets none before its next sign of life", AWorkerTakenForDeadGetsNothing),
        new("what waits because of its destination is woken", WhatIsBlockedIsWoken),
        new("moments are shifted once", MomentsAreShiftedOnce),
        new("mail that was taken by the new clock is not shifted", MailOfTheNewClockIsNotShifted),
        new("a last try keeps its destination's limit", ALastTryKeepsTheLimit),
        new("what is only to be told of its delay needs no room at its destination", WhatIsOnlyToldNeedsNoRoom),
        new("what is to be told of its delay is leased for that, also while its destination is left alone", WhatIsDelayedIsLeased),
        new("a message that is leased as it comes is like any other", AMessageIsLeasedAsItComes),
        new("workers are named in the order of their first signs of life", WorkersAreNamedByAge),
        new("mail is held and released", MailIsHeldAndReleased),
        new("mail is tried at once on an order", MailIsRetriedOnOrder),
        new("orders to cancel and drop are leased first, and only once", OrdersAreLeasedFirst),
        new("an order for one recipient leaves the others", AnOrderForOneRecipient),
        new("filters find what they say", FiltersFind),
        new("lists are given in parts", ListsAreGivenInParts),
        new("several threads lose nothing and lease nothing twice", SeveralThreads),
    ];

    /// <summary>Further checks, for a store that outlives its process: each opens it again.</summary>
    public static IReadOnlyList<StoreCheck<IQueueStore>> DurableChecks { get; } =
    [
        new("a message is there when the store is opened again", open => AMessageIsKept(open.Open(), open.ReopenAsync)),
        new("a lease outlives the store's closing, until it is taken back", ALeaseOutlivesTheStore),
        new("outcomes, notices and events are there when the store is opened again", OutcomesOutliveTheStore),
    ];

    private static async Task AMessageIsKept(IQueueStore store, Func<Task<IQueueStore>>? reopen = null)
    {
        EnvelopeAddress jane = EnvelopeAddress.Parse("jane@a.test");
        var envelope = new Envelope("s@sender.example", "jane@a.test", "\"j d\"@[192.0.2.1]")
        {
            EnvelopeId = "id+1 =",
            Return = DsnReturn.Headers,
            Notifications = new Dictionary<EnvelopeAddress, RecipientDsn> { [jane] = new(DsnNotify.Failure | DsnNotify.Delay, "rfc822;Jane@A.test") },
        };
        QueueId id = await store.AddAsync(New(envelope) with { Priority = QueuePriority.Urgent, Tag = "tag", WantsEvents = true, DelayNoticeAt = Noon.AddHours(4) }).ConfigureAwait(false);
        store = reopen is null ? store : await reopen().ConfigureAwait(false);
        Expect((await store.ReadOctetsAsync(id).ConfigureAwait(false))!.Value.Span.SequenceEqual(Text), true, "the octets are the same");
        QueuedMessage found = (await store.FindAsync(id).ConfigureAwait(false))!;
        QueueEntry entry = found.Summary;
        Expect(
            string.Create(CultureInfo.InvariantCulture, $"{entry.Sender} {entry.Size} {entry.Priority} {entry.Tag} {entry.IsNotice} {entry.Arrived:O} {entry.NextTry:O} {entry.Expires:O} {entry.Attempts} {entry.Open} {entry.Held}"),
            string.Create(CultureInfo.InvariantCulture, $"s@sender.example {Text.Length} Urgent tag False {Noon:O} {Noon:O} {Noon.AddDays(5):O} 0 2 0"), "the message");
        Expect($"{found.EnvelopeId} {found.Return}", "id+1 = Headers", "ENVID and RET");
        Expect(found.Recipients[0].Dsn, new RecipientDsn(DsnNotify.Failure | DsnNotify.Delay, "rfc822;Jane@A.test"), "the wishes for a recipient");
        Expect(found.Recipients[1].Dsn, null, "the wishes for a recipient without any");
        Expect(string.Join(' ', found.Recipients.Select(one => $"{one.Address} {one.State} {one.Attempts}")), "jane@a.test Waiting 0 \"j d\"@[192.0.2.1] Waiting 0", "the recipients");
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single(one => one.Destination.Name == "a.test");
        Expect(
            $"{lease.Id == id} {lease.Sender} {lease.EnvelopeId} {lease.Return} {lease.Size} {lease.Priority} {lease.Tag} {lease.IsNotice} {lease.WantsEvents} {lease.Arrived == Noon} {lease.Expires == Noon.AddDays(5)} {lease.NextTry == Noon} {lease.Attempts} {lease.DelayNoticeAt == Noon.AddHours(4)} {lease.Order}",
            $"True s@sender.example id+1 = Headers {Text.Length} Urgent tag False True True True True 0 True ", "the lease");
        Expect(lease.Recipients.Single().Dsn, found.Recipients[0].Dsn, "the wishes in the lease");
        Expect(await store.FindAsync(new QueueId(id.Value + 1)).ConfigureAwait(false), null, "a message that is not there");
        Expect((await store.ReadOctetsAsync(new QueueId(id.Value + 1)).ConfigureAwait(false)).HasValue, false, "the octets of a message that is not there");
    }

    private static async Task ALargeMessageIsKept(IQueueStore store)
    {
        byte[] octets = new byte[(5 << 20) + 3];
        new Random(1).NextBytes(octets);
        QueueId id = await store.AddAsync(New("a@a.test") with { Octets = octets }).ConfigureAwait(false);
        ReadOnlyMemory<byte> read = (await store.ReadOctetsAsync(id).ConfigureAwait(false))!.Value;
        Expect(Convert.ToHexString(SHA256.HashData(read.Span)), Convert.ToHexString(SHA256.HashData(octets)), "the digest of the octets");
    }

    private static async Task NumbersAreNotGivenAgain(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        QueueId first = await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        await FinishAsync(store, (await LeaseAsync(store).ConfigureAwait(false)).Single()).ConfigureAwait(false);
        QueueId second = await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        Expect(second.Value > first.Value, true, "the second number is larger");
    }

    private static async Task DomainsAreDeliveries(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New([.. Enumerable.Range(0, 2500).Select(i => $"r{i}@{(i % 5 == 0 ? "b" : "a")}.test")])).ConfigureAwait(false);
        IReadOnlyList<QueueLease> leases = await LeaseAsync(store).ConfigureAwait(false);
        Expect(string.Join(' ', leases.Select(lease => $"{lease.Destination.Name}:{lease.Recipients.Count}").Order(StringComparer.Ordinal)), "a.test:1000 a.test:1000 b.test:500", "the deliveries");
        Expect(leases.SelectMany(lease => lease.Recipients).All(recipient => recipient.Address.LocalPart == FormattableString.Invariant($"r{recipient.Ordinal}")), true, "each recipient has its place");
    }

    private static async Task WhatIsDueIsLeasedOnce(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        Expect((await LeaseAsync(store).ConfigureAwait(false)).Count, 1, "leases of the first worker");
        Expect((await LeaseAsync(store, worker: Two).ConfigureAwait(false)).Count, 0, "leases of the second worker");
        QueueCounts counts = await store.CountAsync(Noon).ConfigureAwait(false);
        Expect($"{counts.Messages} {counts.Due} {counts.Waiting} {counts.Delivering} {counts.Held}", "1 0 0 1 0", "the counts");
    }

    private static async Task WhatIsNotDueIsNotLeased(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test") with { NextTry = Noon.AddHours(1) }).ConfigureAwait(false);
        Expect((await LeaseAsync(store, Noon.AddHours(1).AddMilliseconds(-1)).ConfigureAwait(false)).Count, 0, "leases before its moment");
        QueueCounts counts = await store.CountAsync(Noon).ConfigureAwait(false);
        Expect($"{counts.Messages} {counts.Due} {counts.Waiting} {counts.Delivering} {counts.Held} {counts.Oldest == Noon}", "1 0 1 0 0 True", "the counts");
        Expect((await LeaseAsync(store, Noon.AddHours(1)).ConfigureAwait(false)).Count, 1, "leases at its moment");
    }

    private static async Task PriorityComesFirst(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test") with { Priority = QueuePriority.Bulk, NextTry = Noon.AddMinutes(-9), Tag = "4" }).ConfigureAwait(false);
        await store.AddAsync(New("a@b.test") with { NextTry = Noon.AddMinutes(-1), Tag = "3" }).ConfigureAwait(false);
        await store.AddAsync(New("a@c.test") with { NextTry = Noon.AddMinutes(-2), Tag = "2" }).ConfigureAwait(false);
        await store.AddAsync(New("a@d.test") with { Priority = QueuePriority.Urgent, Tag = "1" }).ConfigureAwait(false);
        var order = new List<string?>();
        for (int i = 0; i < 4; i++)
        {
            order.Add((await LeaseAsync(store, max: 1).ConfigureAwait(false)).Single().Tag);
        }

        Expect(string.Join(' ', order), "1 2 3 4", "the order");
    }

    private static async Task DestinationsHaveLimits(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        for (int i = 0; i < 10; i++)
        {
            await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        }

        await store.AddAsync(New("a@b.test")).ConfigureAwait(false);
        IReadOnlyList<QueueLease> first = await LeaseAsync(store, perDestination: 3).ConfigureAwait(false);
        Expect(first.Count(lease => lease.Destination.Name == "a.test"), 3, "leases for the first destination");
        Expect(first.Count, 4, "leases");
        Expect((await LeaseAsync(store, worker: Two, perDestination: 3).ConfigureAwait(false)).Count, 0, "leases of another worker");
        await FinishAsync(store, first.First(lease => lease.Destination.Name == "a.test")).ConfigureAwait(false);
        Expect((await LeaseAsync(store, worker: Two, perDestination: 3).ConfigureAwait(false)).Count, 1, "leases after one has ended");
    }

    private static async Task AFailingDestinationIsLeftAlone(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        for (int i = 0; i < 5; i++)
        {
            await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        }

        QueueLease lease = (await LeaseAsync(store, max: 1).ConfigureAwait(false)).Single();
        await DeferAsync(store, lease, Noon.AddHours(1), new DestinationState("a.test", 2, Noon.AddMinutes(10), Refused)).ConfigureAwait(false);
        Expect((await LeaseAsync(store, Noon.AddMinutes(9)).ConfigureAwait(false)).Count, 0, "leases while it is left alone");
        QueueLease probe = (await LeaseAsync(store, Noon.AddMinutes(10)).ConfigureAwait(false)).Single();
        Expect($"{probe.Destination.Failures} {probe.Destination.LastFailure?.ToJson()}", "2 " + Refused.ToJson(), "how the destination does");
        Expect((await LeaseAsync(store, Noon.AddMinutes(11)).ConfigureAwait(false)).Count, 0, "leases beside the one that tries");
        await FinishAsync(store, probe, new DestinationState("a.test", 0, null, null)).ConfigureAwait(false);
        Expect((await LeaseAsync(store, Noon.AddMinutes(12)).ConfigureAwait(false)).Count, 3, "leases when it does well");
    }

    private static async Task AFailureIsKnownAtOnce(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        for (int i = 0; i < 5; i++)
        {
            string destination = $"a{i}.test";
            await store.AddAsync(New("a@" + destination)).ConfigureAwait(false);
            await store.AddAsync(New("b@" + destination)).ConfigureAwait(false);
            QueueLease lease = (await LeaseAsync(store, max: 1).ConfigureAwait(false)).Single();
            // All three are begun before the first has ended, so that a store which puts changes together does so here.
            Task<QueueId> before = store.AddAsync(New("c@late.test") with { Octets = new byte[4 << 20], NextTry = Noon.AddDays(1) });
            Task end = DeferAsync(store, lease, Noon.AddHours(1), new DestinationState(destination, 1, Noon.AddMinutes(10), Refused));
            Expect((await LeaseAsync(store).ConfigureAwait(false)).Count, 0, "leases where a try has just failed");
            await Task.WhenAll(before, end).ConfigureAwait(false);
        }
    }

    private static async Task WhatHasExpiredIsLeased(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test") with { Expires = Noon.AddMinutes(5) }).ConfigureAwait(false);
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single();
        await DeferAsync(store, lease, Noon.AddMinutes(5), new DestinationState("a.test", 1, Noon.AddDays(1), Refused)).ConfigureAwait(false);
        Expect((await LeaseAsync(store, Noon.AddMinutes(4)).ConfigureAwait(false)).Count, 0, "leases before it expires");
        QueueCounts counts = await store.CountAsync(Noon.AddMinutes(5)).ConfigureAwait(false);
        Expect($"{counts.Due} {counts.Waiting}", "1 0", "the counts when it expires");
        QueueLease last = (await LeaseAsync(store, Noon.AddMinutes(5)).ConfigureAwait(false)).Single();
        Expect(last.Destination.NotBefore, Noon.AddDays(1), "until when the destination is left alone");
        Expect((await LeaseAsync(store, Noon.AddMinutes(5)).ConfigureAwait(false)).Count, 0, "leases beside it");
    }

    private static async Task DeferredRecipientsWait(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        QueueId id = await store.AddAsync(New("a@a.test", "b@a.test", "c@a.test") with { DelayNoticeAt = Noon }).ConfigureAwait(false);
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single();
        LeaseCompletion end = Completion(lease) with
        {
            Results = [new RecipientResult(0, RecipientState.Delivered, Refused), new RecipientResult(1, RecipientState.Waiting, Refused), new RecipientResult(2, RecipientState.Failed, Refused)],
            NextTry = Noon.AddMinutes(30),
            IsDelayTold = true,
        };
        Expect(await store.CompleteAsync(end).ConfigureAwait(false), true, "CompleteAsync");
        QueuedMessage found = (await store.FindAsync(id).ConfigureAwait(false))!;
        Expect(string.Join(' ', found.Recipients.Select(one => $"{one.State} {one.Attempts}")), "Delivered 1 Waiting 1 Failed 1", "the recipients");
        Expect(found.Recipients[1].NextTry, Noon.AddMinutes(30), "the next try");
        Expect(found.Recipients[1].LastAttempt!.ToJson(), Refused.ToJson(), "the last try");
        Expect($"{found.Summary.Open} {found.Summary.Attempts} {found.Summary.LastExplanation}", "1 1 " + Refused.Explanation, "the entry");
        Expect((await LeaseAsync(store, Noon.AddMinutes(29)).ConfigureAwait(false)).Count, 0, "leases before the next try");
        QueueLease again = (await LeaseAsync(store, Noon.AddMinutes(30)).ConfigureAwait(false)).Single();
        Expect($"{again.Recipients.Single().Address} {again.Recipients.Single().Attempts} {again.Attempts} {again.DelayNoticeAt is null} {again.Recipients.Single().LastAttempt?.ToJson()}", $"b@a.test 1 1 True {Refused.ToJson()}", "the second lease");
    }

    private static async Task AFinishedMessageIsGone(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        QueueId id = await store.AddAsync(New("a@a.test", "b@b.test")).ConfigureAwait(false);
        IReadOnlyList<QueueLease> leases = await LeaseAsync(store).ConfigureAwait(false);
        await FinishAsync(store, leases[0]).ConfigureAwait(false);
        Expect((await store.FindAsync(id).ConfigureAwait(false)) is not null, true, "the message is there");
        await FinishAsync(store, leases[1]).ConfigureAwait(false);
        Expect(await store.FindAsync(id).ConfigureAwait(false), null, "the message");
        Expect((await store.ReadOctetsAsync(id).ConfigureAwait(false)).HasValue, false, "its octets");
        QueueCounts counts = await store.CountAsync(Noon).ConfigureAwait(false);
        Expect($"{counts.Messages} {counts.Due} {counts.Waiting} {counts.Delivering} {counts.Held} {counts.Oldest}", "0 0 0 0 0 ", "the counts");
    }

    private static async Task NoticesAndEventsAreKept(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single();
        var happened = new QueueEvent(0, lease.Id, "tag", EnvelopeAddress.Parse("s@sender.example"), EnvelopeAddress.Parse("a@a.test"), RecipientState.Failed, Noon, Refused);
        LeaseCompletion end = Completion(lease) with { Results = [new RecipientResult(0, RecipientState.Failed, Refused)], Notices = [Notice()], Events = [happened, happened with { Tag = null, Sender = null, Attempt = null }] };
        Expect(await store.CompleteAsync(end).ConfigureAwait(false), true, "CompleteAsync");
        Expect(await store.CompleteAsync(end).ConfigureAwait(false), false, "CompleteAsync once more");
        QueueEntry notice = (await store.ListAsync(QueueFilter.All, null, 10).ConfigureAwait(false)).Entries.Single();
        Expect($"{notice.IsNotice} {notice.Sender}", "True ", "the notice");
        IReadOnlyList<QueueEvent> events = await store.ReadEventsAsync(10).ConfigureAwait(false);
        Expect(events.Count, 2, "events");
        Expect($"{events[0].Tag} {events[0].Sender} {events[0].Recipient} {events[0].State} {events[0].At:O} {events[0].Attempt?.ToJson()}", $"tag s@sender.example a@a.test Failed {Noon:O} {Refused.ToJson()}", "the event");
        Expect($"{events[1].Tag} {events[1].Sender} {events[1].Attempt}", "  ", "the event without more");
        Expect((await store.CountAsync(Noon).ConfigureAwait(false)).UntoldEvents, 2, "events that were not taken");
        await store.RemoveEventsAsync([events[0].Number]).ConfigureAwait(false);
        Expect((await store.ReadEventsAsync(10).ConfigureAwait(false)).Single().Number, events[1].Number, "the event that is left");
    }

    private static async Task ALeaseTakenBackIsNotCompleted(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single();
        Expect(await store.ReclaimAsync(new WorkerBeat(One, 1), Noon).ConfigureAwait(false), 1, "leases taken back");
        Expect(await store.CompleteAsync(Completion(lease)).ConfigureAwait(false), false, "CompleteAsync of a lease that was taken back");
        QueueLease again = (await LeaseAsync(store, worker: Two).ConfigureAwait(false)).Single();
        Expect(await store.CompleteAsync(Completion(lease)).ConfigureAwait(false), false, "CompleteAsync of a lease that another has");
        Expect(await store.CompleteAsync(Completion(again with { Number = lease.Number, Worker = Two })).ConfigureAwait(false), false, "CompleteAsync with an old number");
        Expect(await store.CompleteAsync(Completion(again)).ConfigureAwait(false), true, "CompleteAsync of the lease");
    }

    private static async Task SignsOfLifeKeepLeases(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single();
        QueuePulse pulse = await store.BeatAsync(One, Noon.AddMinutes(1)).ConfigureAwait(false);
        Expect(pulse.Workers.Single(), new WorkerBeat(One, 2), "the second sign of life");
        Expect(pulse.LastSeen, Noon, "the moment of the first");
        Expect(await store.ReclaimAsync(new WorkerBeat(One, 1), Noon).ConfigureAwait(false), null, "what is taken back for an old sign of life");
        Expect(await store.CompleteAsync(Completion(lease)).ConfigureAwait(false), true, "CompleteAsync");
        Expect(await store.ReclaimAsync(new WorkerBeat(One, 2), Noon).ConfigureAwait(false), 0, "what is taken back of a worker without leases");
        Expect(await store.ReclaimAsync(new WorkerBeat(One, 2), Noon).ConfigureAwait(false), null, "what is taken back of a worker that has ended");
    }

    private static async Task AWorkerTakenForDeadGetsNothing(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        await store.BeatAsync(One, Noon).ConfigureAwait(false);
        await store.ReclaimAsync(new WorkerBeat(One, 1), Noon).ConfigureAwait(false);
        Expect((await store.LeaseAsync(new LeaseRequest(One, Noon, 10, 10)).ConfigureAwait(false)).Count, 0, "leases");
        Expect((await LeaseAsync(store).ConfigureAwait(false)).Count, 1, "leases after a sign of life");
    }

    private static async Task WhatIsBlockedIsWoken(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        for (int i = 0; i < 5; i++)
        {
            await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        }

        await store.AddAsync(New("a@b.test")).ConfigureAwait(false);
        foreach (QueueLease lease in await LeaseAsync(store).ConfigureAwait(false))
        {
            await store.CompleteAsync(Completion(lease) with
            {
                Results = [new RecipientResult(0, RecipientState.Waiting, Refused)],
                NextTry = Noon.AddHours(1),
                IsBlocked = lease.Id.Value % 2 == 0,
                Destination = new DestinationState(lease.Destination.Name, 1, Noon.AddHours(2), Refused),
            }).ConfigureAwait(false);
        }

        int blocked = await store.WakeAsync("a.test", Noon.AddMinutes(1), 1).ConfigureAwait(false) + await store.WakeAsync("a.test", Noon.AddMinutes(1), 100).ConfigureAwait(false);
        Expect(blocked is 2 or 3, true, "every second of five is woken");
        Expect(await store.WakeAsync("a.test", Noon.AddMinutes(1), 100).ConfigureAwait(false), 0, "deliveries that can be woken again");
        Expect((await LeaseAsync(store, Noon.AddMinutes(1)).ConfigureAwait(false)).Select(lease => lease.Destination.Name).Single(), "a.test", "the lease of the destination that was woken");
    }

    private static async Task MomentsAreShiftedOnce(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        QueueId id = await store.AddAsync(New("a@a.test") with { NextTry = Noon.AddHours(1) }).ConfigureAwait(false);
        Expect((await store.BeatAsync(One, Noon).ConfigureAwait(false)).Shifts, 0, "shifts");
        DateTimeOffset jumped = Noon.AddDays(365);
        Expect(await store.ShiftAsync(0, TimeSpan.FromDays(365), jumped).ConfigureAwait(false), true, "ShiftAsync");
        Expect(await store.ShiftAsync(0, TimeSpan.FromDays(365), jumped).ConfigureAwait(false), false, "ShiftAsync by another who saw the same jump");
        QueuePulse pulse = await store.BeatAsync(One, Noon.AddDays(365)).ConfigureAwait(false);
        Expect($"{pulse.Shifts} {pulse.LastShift} {pulse.LastSeen:O}", $"1 365.00:00:00 {Noon.AddDays(365):O}", "the pulse");
        QueuedMessage found = (await store.FindAsync(id).ConfigureAwait(false))!;
        QueuedRecipient recipient = found.Recipients.Single();
        Expect($"{found.Summary.Arrived:O} {recipient.NextTry:O} {recipient.Expires:O}", $"{Noon.AddDays(365):O} {Noon.AddDays(365).AddHours(1):O} {Noon.AddDays(370):O}", "the moments");
        Expect((await LeaseAsync(store, Noon.AddDays(365).AddMinutes(59)).ConfigureAwait(false)).Count, 0, "leases before its moment");
        Expect((await LeaseAsync(store, Noon.AddDays(365).AddHours(1)).ConfigureAwait(false)).Count, 1, "leases at its moment");
    }

    private static async Task MailOfTheNewClockIsNotShifted(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        TimeSpan jump = TimeSpan.FromDays(400);
        QueueId ahead = await store.AddAsync(At(Noon + jump)).ConfigureAwait(false), right = await store.AddAsync(At(Noon.AddMinutes(-1))).ConfigureAwait(false);
        await store.BeatAsync(One, Noon).ConfigureAwait(false);
        Expect(await store.ShiftAsync(0, -jump, Noon.AddMinutes(1)).ConfigureAwait(false), true, "ShiftAsync back");
        await ExpectArrived(ahead, Noon, "the message taken while the clock was ahead").ConfigureAwait(false);
        await ExpectArrived(right, Noon.AddMinutes(-1), "the message taken by the clock that was set back").ConfigureAwait(false);
        Expect((await LeaseAsync(store).ConfigureAwait(false)).Count, 2, "leases");

        QueueId late = await store.AddAsync(At(Noon + jump)).ConfigureAwait(false);
        Expect(await store.ShiftAsync(1, jump, Noon.AddSeconds(30) + jump).ConfigureAwait(false), true, "ShiftAsync forward");
        await ExpectArrived(right, Noon.AddMinutes(-1) + jump, "the message taken before the clock was set forward").ConfigureAwait(false);
        await ExpectArrived(late, Noon + jump, "the message taken by the clock that was set forward").ConfigureAwait(false);

        static NewMessage At(DateTimeOffset moment) => New("a@a.test") with { Arrived = moment, NextTry = moment, Expires = moment.AddDays(5) };

        async Task ExpectArrived(QueueId id, DateTimeOffset moment, string what)
        {
            QueueEntry entry = (await store.FindAsync(id).ConfigureAwait(false))!.Summary;
            Expect($"{entry.Arrived:O} {entry.Expires:O}", $"{moment:O} {moment.AddDays(5):O}", what);
        }
    }

    private static async Task WhatIsDelayedIsLeased(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        QueueId id = await store.AddAsync(New("a@a.test") with { DelayNoticeAt = Noon.AddHours(4) }).ConfigureAwait(false);
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single();
        await DeferAsync(store, lease, Noon.AddHours(10), new DestinationState("a.test", 1, Noon.AddDays(1), Refused)).ConfigureAwait(false);
        Expect((await LeaseAsync(store, Noon.AddHours(4).AddSeconds(-1)).ConfigureAwait(false)).Count, 0, "leases before the sender is to be told");
        QueueLease told = (await LeaseAsync(store, Noon.AddHours(4)).ConfigureAwait(false)).Single();
        Expect($"{told.DelayNoticeAt:O} {told.NextTry:O} {told.Destination.NotBefore:O}", $"{Noon.AddHours(4):O} {Noon.AddHours(10):O} {Noon.AddDays(1):O}", "the moments of the lease");
        LeaseCompletion end = Completion(told) with { Results = [new RecipientResult(0, RecipientState.Waiting, null)], WasTried = false, NextTry = null, IsDelayTold = true };
        Expect(await store.CompleteAsync(end).ConfigureAwait(false), true, "CompleteAsync");
        Expect((await LeaseAsync(store, Noon.AddHours(5)).ConfigureAwait(false)).Count, 0, "leases after the sender was told");
        QueuedRecipient recipient = (await store.FindAsync(id).ConfigureAwait(false))!.Recipients.Single();
        Expect($"{recipient.NextTry:O} {recipient.Attempts}", $"{Noon.AddHours(10):O} 1", "the next try");
        Expect(await store.WakeAsync("a.test", Noon.AddHours(6), 10).ConfigureAwait(false), 1, "deliveries that still wait because of their destination");
    }

    private static async Task ALastTryKeepsTheLimit(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        for (int i = 0; i < 3; i++)
        {
            await store.AddAsync(New("a@a.test") with { Expires = Noon.AddMinutes(5) }).ConfigureAwait(false);
            await store.AddAsync(New("a@b.test") with { DelayNoticeAt = Noon.AddMinutes(5) }).ConfigureAwait(false);
        }

        IReadOnlyList<QueueLease> leases = await LeaseAsync(store, Noon.AddMinutes(5), perDestination: 2).ConfigureAwait(false);
        Expect(leases.Count(lease => lease.Destination.Name == "a.test"), 2, "leases of what has expired");
        Expect(leases.Count(lease => lease.Destination.Name == "b.test"), 2, "leases of what is due and to be told of its delay");
        await FinishAsync(store, leases[0]).ConfigureAwait(false);
        Expect((await LeaseAsync(store, Noon.AddMinutes(5), perDestination: 2).ConfigureAwait(false)).Single().Destination.Name, leases[0].Destination.Name, "the destination that has room again");
        await store.AddAsync(New("a@c.test")).ConfigureAwait(false);
        QueueLease failed = (await LeaseAsync(store).ConfigureAwait(false)).Single(lease => lease.Destination.Name == "c.test");
        await DeferAsync(store, failed, Noon.AddDays(2), new DestinationState("c.test", 1, Noon.AddDays(1), Refused)).ConfigureAwait(false);
        await store.AddAsync(New("a@c.test") with { Expires = Noon.AddMinutes(5) }).ConfigureAwait(false);
        await store.AddAsync(New("a@c.test") with { Expires = Noon.AddMinutes(5) }).ConfigureAwait(false);
        Expect((await LeaseAsync(store, Noon.AddMinutes(5)).ConfigureAwait(false)).Count(lease => lease.Destination.Name == "c.test"), 1, "leases of what has expired while its destination is left alone");
    }

    private static async Task WhatIsOnlyToldNeedsNoRoom(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@b.test")).ConfigureAwait(false);
        Expect((await LeaseAsync(store, perDestination: 1).ConfigureAwait(false)).Count, 1, "leases");
        QueueId told = await store.AddAsync(New("a@b.test") with { NextTry = Noon.AddHours(9), DelayNoticeAt = Noon.AddHours(4) }).ConfigureAwait(false);
        Expect((await LeaseAsync(store, Noon.AddHours(4), perDestination: 1).ConfigureAwait(false)).Single().Id, told, "the lease of what is only to be told of its delay");
    }

    private static async Task AMessageIsLeasedAsItComes(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        var request = new LeaseRequest(One, Noon, 1, 2);
        Expect((await store.AddLeasedAsync(New("z@z.test"), request).ConfigureAwait(false)).Lease, null, "the lease of a worker that has given no sign of life");
        await store.BeatAsync(One, Noon).ConfigureAwait(false);
        Expect((await store.AddLeasedAsync(New("y@z.test"), request).ConfigureAwait(false)).Lease, null, "a lease past what waits for the destination");
        AddedMessage[] added = [.. await Task.WhenAll(Enumerable.Range(0, 3).Select(i => store.AddLeasedAsync(New($"r{i}@a.test") with { Tag = "t", DelayNoticeAt = Noon.AddHours(4) }, request))).ConfigureAwait(false)];
        QueueLease[] leases = [.. added.Select(one => one.Lease).OfType<QueueLease>()];
        Expect(leases.Length <= 2, true, "leases keep the destination's limit");
        IReadOnlyList<QueueLease> others = await LeaseAsync(store).ConfigureAwait(false);
        Expect(others.Select(lease => lease.Id).Intersect(leases.Select(lease => lease.Id)).Count(), 0, "messages leased twice");
        Expect(others.Count + leases.Length, 5, "leases in all");
        foreach (QueueLease lease in leases)
        {
            QueuedMessage found = (await store.FindAsync(lease.Id).ConfigureAwait(false))!;
            Expect(found.Recipients.Single().State, RecipientState.Delivering, "the state of what is leased as it comes");
            Expect(
                $"{lease.Sender} {lease.Size} {lease.Tag} {lease.Arrived == Noon} {lease.Expires == Noon.AddDays(5)} {lease.DelayNoticeAt == Noon.AddHours(4)} {lease.Recipients.Single().Address} {lease.Destination}",
                $"{found.Summary.Sender} {Text.Length} t True True True {found.Recipients.Single().Address} {new DestinationState("a.test", 0, null, null)}", "the lease");
            await FinishAsync(store, lease).ConfigureAwait(false);
            Expect(await store.FindAsync(lease.Id).ConfigureAwait(false), null, "the message when it is finished");
        }

        foreach (QueueLease lease in others)
        {
            await FinishAsync(store, lease).ConfigureAwait(false);
        }

        // Whatever was leased is counted as ended: the destination has room again.
        await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        Expect((await LeaseAsync(store, perDestination: 1).ConfigureAwait(false)).Count, 1, "leases when all have ended");

        await store.AddAsync(New("a@b.test")).ConfigureAwait(false);
        QueueLease failed = (await store.LeaseAsync(new LeaseRequest(One, Noon, 100, 2)).ConfigureAwait(false)).Single(lease => lease.Destination.Name == "b.test");
        await DeferAsync(store, failed, Noon.AddDays(2), new DestinationState("b.test", 1, Noon.AddHours(1), Refused)).ConfigureAwait(false);
        Expect((await store.AddLeasedAsync(New("b@b.test"), request).ConfigureAwait(false)).Lease, null, "a lease while the destination is left alone");
    }

    private static async Task WorkersAreNamedByAge(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        foreach (Guid worker in (Guid[])[Two, One, Two])
        {
            await store.BeatAsync(worker, Noon).ConfigureAwait(false);
        }

        QueuePulse pulse = await store.BeatAsync(One, Noon).ConfigureAwait(false);
        Expect(string.Join(' ', pulse.Workers.Select(beat => beat.Worker)), $"{Two} {One}", "the workers");
        await store.ReclaimAsync(new WorkerBeat(Two, 2), Noon).ConfigureAwait(false);
        pulse = await store.BeatAsync(Two, Noon).ConfigureAwait(false);
        Expect(string.Join(' ', pulse.Workers.Select(beat => beat.Worker)), $"{One} {Two}", "the workers after the first one's end and return");
    }

    private static async Task MailIsHeldAndReleased(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        QueueId id = await store.AddAsync(New("a@a.test") with { Expires = Noon.AddMinutes(1) }).ConfigureAwait(false);
        Expect(await OrderAsync(store, QueueOrder.Hold).ConfigureAwait(false), 1, "deliveries held");
        Expect(await OrderAsync(store, QueueOrder.Hold).ConfigureAwait(false), 0, "deliveries held once more");
        Expect((await LeaseAsync(store, Noon.AddMinutes(5)).ConfigureAwait(false)).Count, 0, "leases");
        Expect((await store.FindAsync(id).ConfigureAwait(false))!.Recipients.Single().State, RecipientState.Held, "the state");
        QueueCounts counts = await store.CountAsync(Noon).ConfigureAwait(false);
        Expect($"{counts.Due} {counts.Waiting} {counts.Delivering} {counts.Held}", "0 0 0 1", "the counts");
        Expect(await OrderAsync(store, QueueOrder.Release).ConfigureAwait(false), 1, "deliveries released");
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single();
        Expect(await OrderAsync(store, QueueOrder.Hold).ConfigureAwait(false), 1, "deliveries held while they are tried");
        await DeferAsync(store, lease, Noon, null).ConfigureAwait(false);
        Expect((await LeaseAsync(store, Noon.AddMinutes(5)).ConfigureAwait(false)).Count, 0, "leases after that try");
    }

    private static async Task MailIsRetriedOnOrder(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single();
        await DeferAsync(store, lease, Noon.AddHours(4), new DestinationState("a.test", 5, Noon.AddHours(1), Refused)).ConfigureAwait(false);
        Expect(await OrderAsync(store, QueueOrder.Retry).ConfigureAwait(false), 1, "deliveries");
        Expect((await LeaseAsync(store).ConfigureAwait(false)).Single().Destination.Failures, 0, "the destination's failures");
    }

    private static async Task OrdersAreLeasedFirst(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test") with { NextTry = Noon.AddHours(1), Tag = "cancel" }).ConfigureAwait(false);
        await store.AddAsync(New("a@b.test") with { Tag = "drop" }).ConfigureAwait(false);
        await store.AddAsync(New("a@c.test") with { Tag = "go" }).ConfigureAwait(false);
        QueueLease busy = (await LeaseAsync(store).ConfigureAwait(false)).Single(lease => lease.Tag == "go");
        await store.ReclaimAsync(new WorkerBeat(One, 1), Noon).ConfigureAwait(false);
        Expect(await OrderAsync(store, QueueOrder.Cancel, new QueueFilter { Tag = "cancel" }).ConfigureAwait(false), 1, "cancelled");
        Expect(await OrderAsync(store, QueueOrder.Drop, new QueueFilter { Tag = "drop" }).ConfigureAwait(false), 1, "dropped");
        Expect(await OrderAsync(store, QueueOrder.Drop, new QueueFilter { Tag = "drop" }).ConfigureAwait(false), 0, "dropped once more");
        await store.BeatAsync(Two, Noon).ConfigureAwait(false);
        IReadOnlyList<QueueLease> leases = await store.LeaseAsync(new LeaseRequest(Two, Noon, 10, 10, OnlyOrders: true)).ConfigureAwait(false);
        Expect(string.Join(' ', leases.Select(lease => $"{lease.Tag} {lease.Order} {lease.Reason}".Trim()).Order(StringComparer.Ordinal)), "cancel Cancel drop Drop why", "the leases");
        Expect((await store.LeaseAsync(new LeaseRequest(Two, Noon, 10, 10, OnlyOrders: true)).ConfigureAwait(false)).Count, 0, "leases once more");
        Expect((await store.LeaseAsync(new LeaseRequest(Two, Noon, 10, 10)).ConfigureAwait(false)).Single().Id, busy.Id, "the lease of the message without an order");
    }

    private static async Task AnOrderForOneRecipient(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        QueueId id = await store.AddAsync(New("a@a.test", "b@a.test", "c@b.test")).ConfigureAwait(false);
        Expect(await OrderAsync(store, QueueOrder.Hold, new QueueFilter { Recipient = "b@a.test" }).ConfigureAwait(false), 1, "deliveries");
        Expect(string.Join(' ', (await store.FindAsync(id).ConfigureAwait(false))!.Recipients.Select(one => $"{one.Address} {one.State}")), "a@a.test Waiting b@a.test Held c@b.test Waiting", "the recipients");
        IReadOnlyList<QueueLease> leases = await LeaseAsync(store).ConfigureAwait(false);
        Expect(string.Join(' ', leases.SelectMany(lease => lease.Recipients).Select(one => $"{one.Address}").Order(StringComparer.Ordinal)), "a@a.test c@b.test", "what is leased");
        foreach (QueueLease lease in leases)
        {
            await FinishAsync(store, lease).ConfigureAwait(false);
        }

        Expect(await OrderAsync(store, QueueOrder.Release, new QueueFilter { Recipient = "b@a.test" }).ConfigureAwait(false), 1, "deliveries released");
        await FinishAsync(store, (await LeaseAsync(store).ConfigureAwait(false)).Single()).ConfigureAwait(false);
        Expect(await store.FindAsync(id).ConfigureAwait(false), null, "the message");
    }

    private static async Task FiltersFind(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        QueueId one = await store.AddAsync(New("a@a.test", "b@b.test") with { Tag = "x" }).ConfigureAwait(false);
        QueueId two = await store.AddAsync(New(new Envelope("", "c@b.test")) with { NextTry = Noon.AddHours(1) }).ConfigureAwait(false);
        await LeaseAsync(store, max: 1).ConfigureAwait(false);
        async Task ExpectFound(QueueFilter filter, params QueueId[] ids) => Expect(
            string.Join(' ', (await store.ListAsync(filter, null, 10).ConfigureAwait(false)).Entries.Select(entry => entry.Id)), string.Join(' ', ids), filter.ToString());
        await ExpectFound(QueueFilter.All, one, two).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { Id = two }, two).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { Destination = "b.test" }, one, two).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { Destination = "a.test" }, one).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { Destination = "z.test" }).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { Recipient = "c@b.test" }, two).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { Sender = "" }, two).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { Sender = "s@sender.example" }, one).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { Tag = "x" }, one).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { State = RecipientState.Delivering }, one).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { State = RecipientState.Waiting, Sender = "" }, two).ConfigureAwait(false);
        await ExpectFound(new QueueFilter { State = RecipientState.Held }).ConfigureAwait(false);
    }

    private static async Task ListsAreGivenInParts(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        for (int i = 0; i < 25; i++)
        {
            await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        }

        var seen = new List<long>();
        QueueId? from = null;
        do
        {
            QueuePage page = await store.ListAsync(QueueFilter.All, from, 10).ConfigureAwait(false);
            seen.AddRange(page.Entries.Select(entry => entry.Id.Value));
            from = page.Next;
        }
        while (from is not null);
        Expect(seen.Count, 25, "messages");
        Expect(seen.SequenceEqual(seen.Distinct().Order()), true, "each once and in order");
        long orders = 0;
        do
        {
            OrderResult result = await store.OrderAsync(QueueOrder.Hold, QueueFilter.All, null, Noon, from, 10).ConfigureAwait(false);
            orders += result.Count;
            from = result.Next;
        }
        while (from is not null);
        Expect(orders, 25, "deliveries that an order in parts has reached");
    }

    private static async Task SeveralThreads(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        var leased = new System.Collections.Concurrent.ConcurrentBag<long>();
        await Task.WhenAll(Enumerable.Range(1, 4).Select(lane => Task.Run(async () =>
        {
            var worker = new Guid(lane, 0, 0, new byte[8]);
            await store.BeatAsync(worker, Noon).ConfigureAwait(false);
            for (int i = 0; i < 50; i++)
            {
                await store.AddAsync(New($"a@d{i % 3}.test")).ConfigureAwait(false);
                foreach (QueueLease lease in await store.LeaseAsync(new LeaseRequest(worker, Noon, 2, 100)).ConfigureAwait(false))
                {
                    leased.Add(lease.Id.Value);
                    await FinishAsync(store, lease).ConfigureAwait(false);
                }
            }
        }))).ConfigureAwait(false);
        while (await LeaseAsync(store).ConfigureAwait(false) is { Count: > 0 } rest)
        {
            foreach (QueueLease lease in rest)
            {
                leased.Add(lease.Id.Value);
                await FinishAsync(store, lease).ConfigureAwait(false);
            }
        }

        Expect(leased.Count, 200, "leases");
        Expect(leased.Distinct().Count(), 200, "messages leased");
    }

    private static async Task ALeaseOutlivesTheStore(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        await LeaseAsync(store).ConfigureAwait(false);
        store = await open.ReopenAsync().ConfigureAwait(false);
        Expect((await LeaseAsync(store, worker: Two).ConfigureAwait(false)).Count, 0, "leases of another worker");
        QueuePulse pulse = await store.BeatAsync(Two, Noon).ConfigureAwait(false);
        Expect(await store.ReclaimAsync(pulse.Workers.Single(worker => worker.Worker == One), Noon).ConfigureAwait(false), 1, "leases taken back");
        Expect((await LeaseAsync(store, worker: Two).ConfigureAwait(false)).Count, 1, "leases of another worker afterwards");
    }

    private static async Task OutcomesOutliveTheStore(StoreOpening<IQueueStore> open)
    {
        IQueueStore store = open.Open();
        QueueId id = await store.AddAsync(New("a@a.test")).ConfigureAwait(false);
        QueueLease lease = (await LeaseAsync(store).ConfigureAwait(false)).Single();
        await store.CompleteAsync(Completion(lease) with
        {
            Results = [new RecipientResult(0, RecipientState.Waiting, Refused)],
            NextTry = Noon.AddHours(1),
            Notices = [Notice()],
            Events = [new QueueEvent(0, id, null, null, EnvelopeAddress.Parse("a@a.test"), RecipientState.Waiting, Noon, null)],
        }).ConfigureAwait(false);
        store = await open.ReopenAsync().ConfigureAwait(false);
        QueuedRecipient recipient = (await store.FindAsync(id).ConfigureAwait(false))!.Recipients.Single();
        Expect($"{recipient.Attempts} {recipient.NextTry:O} {recipient.LastAttempt?.ToJson()}", $"1 {Noon.AddHours(1):O} {Refused.ToJson()}", "the recipient");
        Expect((await store.ListAsync(new QueueFilter { Sender = "" }, null, 10).ConfigureAwait(false)).Entries.Count, 1, "notices");
        Expect((await store.ReadEventsAsync(10).ConfigureAwait(false)).Count, 1, "events");
    }

    private static NewMessage New(params string[] recipients) => New(new Envelope("s@sender.example", recipients));

    private static NewMessage New(Envelope envelope) => new(envelope, Text, Noon, Noon, Noon.AddDays(5), QueuePriority.Normal, null, IsNotice: false, WantsEvents: false);

    private static NewMessage Notice() => New(new Envelope("", "s@sender.example")) with { IsNotice = true };

    /// <summary>Gives the first sign of life, if there was none, and leases.</summary>
    private static async Task<IReadOnlyList<QueueLease>> LeaseAsync(IQueueStore store, DateTimeOffset? now = null, Guid? worker = null, int max = 100, int perDestination = 100)
    {
        var request = new LeaseRequest(worker ?? One, now ?? Noon, max, perDestination);
        if (await store.LeaseAsync(request).ConfigureAwait(false) is { Count: > 0 } leases)
        {
            return leases;
        }

        QueuePulse pulse = await store.BeatAsync(new Guid(99, 0, 0, new byte[8]), Noon).ConfigureAwait(false);
        if (!pulse.Workers.Any(beat => beat.Worker == request.Worker))
        {
            await store.BeatAsync(request.Worker, Noon).ConfigureAwait(false);
        }

        await store.ReclaimAsync(pulse.Workers.Single(beat => beat.Worker == new Guid(99, 0, 0, new byte[8])), Noon).ConfigureAwait(false);
        return await store.LeaseAsync(request).ConfigureAwait(false);
    }

    private static LeaseCompletion Completion(QueueLease lease) => new(
        lease, Noon, [.. lease.Recipients.Select(recipient => new RecipientResult(recipient.Ordinal, RecipientState.Delivered, Refused))], Noon, WasTried: true, IsBlocked: false, IsDelayTold: false, null, [], []);

    private static async Task FinishAsync(IQueueStore store, QueueLease lease, DestinationState? destination = null) =>
        Expect(await store.CompleteAsync(Completion(lease) with { Destination = destination }).ConfigureAwait(false), true, "CompleteAsync");

    private static async Task DeferAsync(IQueueStore store, QueueLease lease, DateTimeOffset next, DestinationState? destination) => Expect(
        await store.CompleteAsync(Completion(lease) with
        {
            Results = [.. lease.Recipients.Select(recipient => new RecipientResult(recipient.Ordinal, RecipientState.Waiting, Refused))],
            NextTry = next,
            IsBlocked = destination is not null,
            Destination = destination,
        }).ConfigureAwait(false),
        true,
        "CompleteAsync");

    private static Task<long> OrderAsync(IQueueStore store, QueueOrder order, QueueFilter? filter = null) => CountAsync(store.OrderAsync(order, filter ?? QueueFilter.All, "why", Noon, null, 100));

    private static async Task<long> CountAsync(Task<OrderResult> order) => (await order.ConfigureAwait(false)).Count;

    private static void Expect<T>(T found, T expected, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(found, expected))
        {
            throw new StoreContractException($"{what}: expected {expected}, found {found}.");
        }
    }
}
