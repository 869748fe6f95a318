using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests.Notices;

/// <summary>Notices as they come to the sender's own mail host.</summary>
public sealed class NoticeDeliveryTests
{
    private static readonly EnvelopeAddress Jane = EnvelopeAddress.Parse("jane@bad.test");

    /// <summary>DSN-08, DSN-09, DSN-10, DSN-11. RFC 3461 §6: a policy that stays broken ends in a warning and a bounce that a person can act on.</summary>
    [Test]
    public async Task A_domain_that_stays_broken_is_told_of_twice()
    {
        await using Rig rig = await StartAsync();
        await using Worker worker = new(rig);
        await worker.Queue.EnqueueAsync(Rig.Message("Your order"), new Envelope("a@sender.example", "jane@bad.test")
        {
            EnvelopeId = "order=1",
            Return = DsnReturn.Full,
            Notifications = new Dictionary<EnvelopeAddress, RecipientDsn> { [Jane] = new(DsnNotify.Failure | DsnNotify.Delay, "rfc822;Jane@bad.test") },
        });
        await rig.PassAsync(TimeSpan.FromHours(9));
        ReceivedMessage warning = rig.Internet.MxHost("mx.sender.example").Messages.Single();
        await rig.PassAsync(TimeSpan.FromDays(5), TimeSpan.FromHours(1));

        ReceivedMessage[] notices = [.. rig.Internet.MxHost("mx.sender.example").Messages];
        Assert.That(notices, Has.Length.EqualTo(2));
        foreach (ReceivedMessage notice in notices)
        {
            Assert.That(notice.ReversePath, Is.Empty);
            Assert.That(notice.Recipients, Is.EqualTo((string[])["a@sender.example"]));
            Assert.That(notice.MailParameters.Where(parameter => parameter.StartsWith("RET", StringComparison.Ordinal) || parameter.StartsWith("ENVID", StringComparison.Ordinal)), Is.Empty);
            Assert.That(notice.RecipientParameters.Single(), Is.SubsetOf((string[])["NOTIFY=NEVER"]));
        }

        Notes.Read first = Notes.Read.From(MessageContent.From(warning.Content)), last = Notes.Read.From(MessageContent.From(notices[1].Content));
        Assert.That((first.Field("Action"), first.Field("Status"), first.PerMessage["Original-Envelope-Id"]), Is.EqualTo(("delayed", "4.7.5", "order=1")));
        Assert.That((last.Field("Action"), last.Field("Status"), last.Field("Original-Recipient"), last.Field("Remote-MTA")), Is.EqualTo(("failed", "5.7.5", "rfc822; Jane@bad.test", "dns; mx1.bad.test")));
        Assert.That(last.Field("Diagnostic-Code"), Does.StartWith("x-mtasts-delivery; No MX host of bad.test met its MTA-STS policy (mode enforce, id 20260115), so the message was not handed over."));
        Assert.That(last.Words, Does.Contain("What can be done: The recipient's administrator must renew the MX host's certificate."));
        Assert.That(first.ReturnedText, Does.Not.Contain("Hello\r\n"), "a warning brings the header back");
        Assert.That(last.ReturnedText, Does.EndWith("\r\n\r\nHello\r\n"), "the bounce brings the whole back, as was asked for");
        Assert.That(rig.Internet.MxHost("mx1.bad.test").Messages, Is.Empty);
        Assert.That((await worker.Queue.CountAsync()).Messages, Is.Zero);
    }

    /// <summary>DSN-06. RFC 5321 §6.1: what becomes of a notice is told to nobody.</summary>
    [Test]
    public async Task A_notice_that_is_refused_has_no_notice()
    {
        await using Rig rig = await StartAsync();
        rig.Internet.MxHost("mx1.example.test").OnRecipient("jane@example.test", SmtpFault.Reply("550 5.1.1 no such user"));
        rig.Internet.MxHost("mx.sender.example").OnRecipient("a@sender.example", SmtpFault.Reply("550 5.1.1 nor this one"));
        await using Worker worker = new(rig);
        await worker.Queue.EnqueueAsync(Rig.Message(), new Envelope("a@sender.example", "jane@example.test"));
        await rig.SettleAsync();
        await rig.PassAsync(TimeSpan.FromHours(1));
        Assert.That((await worker.Queue.CountAsync()).Messages, Is.Zero);
        Assert.That(rig.Internet.Messages, Is.Empty);
        Assert.That(rig.Internet.MxHost("mx.sender.example").Sessions, Has.Count.EqualTo(1));
    }

    private static async Task<Rig> StartAsync()
    {
        Rig rig = await Rig.StartAsync(runs: false);
        rig.Internet.Domain("bad.test").Mx(10, "mx1.bad.test").Policy(PolicyMode.Enforce, "mx1.bad.test").PolicyId("20260115");
        rig.Internet.MxHost("mx1.bad.test").Certificate(certificate => certificate.Expired());
        return rig;
    }

    /// <summary>A second queue on the rig's store, which writes notices as programs have them.</summary>
    private sealed class Worker : IAsyncDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly Task _running;

        public Worker(Rig rig)
        {
            Queue = new MailQueue(rig.Store, rig.Deliverer, rig.Options, new NoticeWriter(Notes.Options()), clock: rig.Clock, random: new Random(1));
            _running = Queue.RunAsync(_ended.Token);
        }

        public MailQueue Queue { get; }

        public async ValueTask DisposeAsync()
        {
            await _ended.CancelAsync();
            await _running.WaitAsync(TimeSpan.FromSeconds(60));
            Queue.Dispose();
            _ended.Dispose();
        }
    }
}
