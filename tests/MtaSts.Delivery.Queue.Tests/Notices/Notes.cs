using System.Text;
using MimeKit;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Tests.Notices;

/// <summary>Messages, outcomes and notices for tests, and how a notice is read again.</summary>
internal static class Notes
{
    public static readonly DateTimeOffset Arrived = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset LastTry = Arrived.AddDays(4);
    public static readonly DateTimeOffset Now = Arrived.AddDays(5);
    public const string PolicySentence =
        "No MX host of example.test met its MTA-STS policy (mode enforce, id 20260115), so the message was not handed over. "
        + "mx1.example.test [192.0.2.1]: the certificate does not name mx1.example.test: it names mail.elsewhere.test.";

    public static NoticeRequest Message(string content = "From: noreply@shop.example\r\nTo: jane@example.test\r\nSubject: Your new password\r\nMessage-ID: <1@shop.example>\r\n\r\nsecret body\r\n", string sender = "noreply@shop.example", string? envelopeId = null, bool full = false) =>
        Message(Encoding.UTF8.GetBytes(content), sender, envelopeId, full);

    public static NoticeRequest Message(byte[] content, string sender = "noreply@shop.example", string? envelopeId = null, bool full = false) => new(
        new QueueId(4711), new Envelope(sender, "jane@example.test") { EnvelopeId = envelopeId, Return = full ? DsnReturn.Full : null }, MessageContent.From(content), [], Arrived, null, null, Now);

    public static SmtpReply Reply(int code, params string[] lines) => new(code, lines);

    public static RecipientOutcome.Failed NoSuchUser(SmtpReply? reply = null, EnhancedStatus? status = null, string mxHost = "mx1.example.test") => new(
        EnvelopeAddress.Parse("jane@example.test"), status ?? new EnhancedStatus(5, 1, 1), mxHost, reply ?? Reply(550, "5.1.1 no such user"),
        "mx1.example.test [192.0.2.1] answered RCPT with 550 5.1.1 no such user.", FailureCode.RefusedForGood, DeliveryStage.Transaction, FailureTable.For(FailureCode.RefusedForGood).Advice);

    public static RecipientOutcome.Failed Failed(FailureCode code, string recipient = "jane@example.test") => new(
        EnvelopeAddress.Parse(recipient), FailureTable.For(code).Status, null, null, "It cannot be.", code, FailureTable.For(code).Stage, FailureTable.For(code).Advice);

    public static RecipientOutcome.Deferred Deferred(FailureCode code, SmtpReply? reply = null, string explanation = PolicySentence, string recipient = "jane@example.test")
    {
        FailureRow row = FailureTable.For(code);
        return new RecipientOutcome.Deferred(EnvelopeAddress.Parse(recipient), reply?.Enhanced is { Class: 4 } theirs ? theirs : row.Status, "mx1.example.test", reply, explanation, code, row.Stage, row.Advice,
            code == FailureCode.FinalReplyLost, TimeSpan.FromMinutes(30));
    }

    public static RecipientOutcome.Delivered Delivered(SmtpReply reply) => new(
        EnvelopeAddress.Parse("jane@example.test"), reply.Enhanced ?? new EnhancedStatus(2, 0, 0), "mx1.example.test", reply, "mx1.example.test [192.0.2.1] accepted the message over verified TLS (TLS 1.3).", true, true);

    public static NoticeRecipient Refused(RecipientOutcome.Failed outcome) => Of(outcome, RecipientState.Failed, NoticeAction.Failed);

    public static NoticeRecipient Expired(RecipientOutcome.Deferred? outcome) => Of(outcome, RecipientState.Expired, NoticeAction.Failed);

    public static NoticeRecipient Dropped(RecipientOutcome.Deferred? outcome) => Of(outcome, RecipientState.Dropped, NoticeAction.Failed);

    public static NoticeRecipient Delayed(RecipientOutcome.Deferred? outcome) => Of(outcome, RecipientState.Waiting, NoticeAction.Delayed);

    public static NoticeRecipient Relayed(RecipientOutcome.Delivered outcome) => Of(outcome, RecipientState.Delivered, NoticeAction.Relayed);

    public static NoticeRecipient To(this NoticeRecipient recipient, string address, string? original = null) =>
        recipient with { Address = EnvelopeAddress.Parse(address), Dsn = original is null ? null : new RecipientDsn(DsnNotify.None, original) };

    public static MessageContent Write(NoticeRequest message, NoticeOptions options, params NoticeRecipient[] recipients) => new NoticeWriter(options).Write(
        message with { Recipients = recipients, WillRetryUntil = recipients[0].Action == NoticeAction.Delayed ? Now : null });

    public static Read One(NoticeRequest message, params NoticeRecipient[] recipients) => Read.From(Write(message, Options(), recipients));

    public static Read One(NoticeRecipient recipient) => One(Message(), recipient);

    public static NoticeOptions Options() => new() { ReportingMta = "mail.shop.example" };

    private static NoticeRecipient Of(RecipientOutcome? outcome, RecipientState state, NoticeAction action) => new(
        EnvelopeAddress.Parse("jane@example.test"), null, action, state, outcome is null ? null : QueueAttempt.From(outcome, LastTry, outcome is RecipientOutcome.Deferred { MayHaveBeenDelivered: true }), outcome is null ? 0 : 7);

    /// <summary>A notice as a reader of mail sees it.</summary>
    internal sealed record Read(MessageContent Content, string Raw, MimeMessage Message, string Text, HeaderList PerMessage, IReadOnlyList<HeaderList> PerRecipient, MimeEntity Returned)
    {
        public static Read From(MessageContent notice)
        {
            string raw = Encoding.UTF8.GetString(notice.Octets.Span);
            MimeMessage message = MimeMessage.Load(new MemoryStream(notice.Octets.ToArray()));
            var report = (MultipartReport)message.Body!;
            var status = (MessageDeliveryStatus)report[1];
            return new Read(notice, raw, message, ((TextPart)report[0]).Text.ReplaceLineEndings("\r\n"), status.StatusGroups[0], [.. status.StatusGroups.Skip(1)], report[2]);
        }

        /// <summary>The one recipient's field, as it stands.</summary>
        public string? Field(string name) => PerRecipient.Single()[name];

        /// <summary>The octets of what came back.</summary>
        public string ReturnedText
        {
            get
            {
                using var stream = new MemoryStream();
                if (Returned is MessagePart whole)
                {
                    FormatOptions format = FormatOptions.Default.Clone();
                    format.NewLineFormat = NewLineFormat.Dos;
                    whole.Message!.WriteTo(format, stream);
                }
                else
                {
                    ((MimePart)Returned).Content!.DecodeTo(stream);
                }

                string text = Encoding.UTF8.GetString(stream.ToArray());
                // MimeKit reads a header that comes back as a message without a body, and writes the blank line in front of that.
                return Returned is TextRfc822Headers ? text[..^2] : text;
            }
        }

        /// <summary>The text with its lines joined, for sentences that are wrapped.</summary>
        public string Words => string.Join(' ', Text.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }
}
