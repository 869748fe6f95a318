using System.Globalization;
using System.Text;
using CsCheck;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Sessions;

public sealed class ReplyTests
{
    /// <summary>SMTP-02. RFC 5321 §4.2.</summary>
    [TestCase("250", 250, true, "")]
    [TestCase("250 ", 250, true, "")]
    [TestCase("250-", 250, false, "")]
    [TestCase("250 ok", 250, true, "ok")]
    [TestCase("299 x", 299, true, "x")]
    [TestCase("450-a", 450, false, "a")]
    [TestCase("450 b", 450, true, "b")]
    [TestCase("354", 354, true, "")]
    [TestCase("599 x", 599, true, "x")]
    [TestCase("550 a\tb\u001B[31m", 550, true, "a?b?[31m")]
    [TestCase("550 a\u202Eb\u2066c\u200Ed", 550, true, "a?b?c?d")]
    [TestCase("550 a\u2028b\u2029c", 550, true, "a b c")]
    [TestCase("550 a\U000E0041b \U0001F4EB", 550, true, "a?b \U0001F4EB")]
    public void A_reply_line_has_a_code_and_a_text(string line, int code, bool isLast, string text)
    {
        Assert.That(ReplyRules.TryReadLine(Encoding.UTF8.GetBytes(line), out int readCode, out bool readLast, out string readText), Is.True);
        Assert.That((readCode, readLast, readText), Is.EqualTo((code, isLast, text)));
    }

    /// <summary>SMTP-02. RFC 5321 §4.2.</summary>
    [TestCase("")]
    [TestCase("25")]
    [TestCase("199 x")]
    [TestCase("600 x")]
    [TestCase("2x0 x")]
    [TestCase("25x x")]
    [TestCase("2500")]
    [TestCase("250x")]
    [TestCase("250\tx")]
    [TestCase(" 250 x")]
    [TestCase("２５０ x")]
    [TestCase("HTTP/1.1 400 Bad Request")]
    public void Anything_else_is_no_reply_line(string line) =>
        Assert.That(ReplyRules.TryReadLine(Encoding.UTF8.GetBytes(line), out _, out _, out _), Is.False);

    /// <summary>LIB-08, SMTP-19. RFC 5321 §4.2.</summary>
    [Test]
    public void Whatever_octets_come_no_control_character_and_no_endless_text_gets_through() =>
        Gen.Byte.Array[0, 2000].Sample(octets => !ReplyRules.TryReadLine([.. "250 "u8, .. octets], out _, out _, out string text)
            || (text.Length <= 512 && !text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)), iter: 2000);

    /// <summary>SMTP-22. RFC 2034 §3, RFC 3463 §2.</summary>
    [TestCase("5.1.1", "5.1.1")]
    [TestCase("5.1.1 x", "5.1.1")]
    [TestCase("2.0.0", "2.0.0")]
    [TestCase("4.999.999 x", "4.999.999")]
    [TestCase("3.0.0 x", null)]
    [TestCase("5.1 x", null)]
    [TestCase("5.1.1.1 x", null)]
    [TestCase("5.1.1x", null)]
    [TestCase("5.1.1: x", null)]
    [TestCase(" 5.1.1 x", null)]
    [TestCase("x 5.1.1", null)]
    [TestCase("5.01.1 x", null)]
    [TestCase("5.1000.1 x", null)]
    [TestCase("5..1 x", null)]
    [TestCase("٥.1.1 x", null)]
    [TestCase("", null)]
    [TestCase(null, null)]
    public void An_enhanced_status_stands_at_the_start_of_a_text(string? text, string? status) =>
        Assert.That(EnhancedStatus.TryParse(text, out EnhancedStatus read) ? read.ToString() : null, Is.EqualTo(status));

    /// <summary>SMTP-22. RFC 2034 §3.</summary>
    [TestCase(550, "5.1.1 x", "5.1.1")]
    [TestCase(550, "4.2.2 x", null)]
    [TestCase(450, "4.2.2 x", "4.2.2")]
    [TestCase(450, "5.2.2 x", null)]
    [TestCase(250, "2.0.0", "2.0.0")]
    [TestCase(354, "2.0.0 go", null)]
    [TestCase(550, "see 5.1.1", null)]
    public void Its_class_agrees_with_the_code_or_it_does_not_count(int code, string text, string? status) =>
        Assert.That(new SmtpReply(code, [text]).Enhanced?.ToString(), Is.EqualTo(status));

    /// <summary>SMTP-22. RFC 2034 §3.</summary>
    [Test]
    public void Lines_are_joined_and_the_status_stands_there_once()
    {
        Assert.That(new SmtpReply(550, ["5.7.1 a", "5.7.1 b"]).ToString(), Is.EqualTo("550 5.7.1 a b"));
        Assert.That(new SmtpReply(550, ["a", "5.7.1 b"]).ToString(), Is.EqualTo("550 a 5.7.1 b"));
        Assert.That(new SmtpReply(250, []).ToString(), Is.EqualTo("250"));
        Assert.That(new SmtpReply(250, []).Enhanced, Is.Null);
    }

    private static readonly SmtpReply Ok = new(250, ["ok"]), Go = new(354, ["go"]), Later = new(450, ["later"]), Never = new(550, ["no"]);
    private static readonly SessionFailure Lost = new(SessionFailureKind.ConnectionLost, SmtpPhase.Rcpt, "lost");

    /// <summary>SMTP-03, SMTP-04, SMTP-13, EXT-02, EXT-03. RFC 5321 §4.2, RFC 2920 §3.1.</summary>
    [TestCase("250|250 250|354|250", "A A")]
    [TestCase("250|550 250|354|250", "R-Rcpt-550 A")]
    [TestCase("250|250 450|354|250", "A R-Rcpt-450")]
    [TestCase("250|550 550|354|554", "R-Rcpt-550 R-Rcpt-550")]
    [TestCase("250|550 550|503|", "R-Rcpt-550 R-Rcpt-550")]
    [TestCase("451|503 503|503|", "R-Mail-451 R-Mail-451")]
    [TestCase("550|||", "R-Mail-550 R-Mail-550")]
    [TestCase("354|250 250|354|250", "R-Mail-354 R-Mail-354")]
    [TestCase("250|250 250|452|", "R-Data-452 R-Data-452")]
    [TestCase("250|250 550|554|", "R-Data-554 R-Rcpt-550")]
    [TestCase("250|250 250|250|", "R-Data-250 R-Data-250")]
    [TestCase("250|250 250|354|550", "R-FinalDot-550 R-FinalDot-550")]
    [TestCase("250|250 550|354|450", "R-FinalDot-450 R-Rcpt-550")]
    [TestCase("250|250 250|354|", "I I")]
    [TestCase("250|550|", "R-Rcpt-550 I")]
    [TestCase("|||", "I I")]
    public void Each_recipient_gets_the_reply_that_is_theirs(string replies, string expected)
    {
        SmtpPhase[] phases = [SmtpPhase.Mail, SmtpPhase.Rcpt, SmtpPhase.Data, SmtpPhase.FinalDot];
        SmtpExchange[] exchanges = [.. replies.Split('|').Zip(phases).SelectMany(pair =>
            pair.First.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(code => new SmtpExchange(pair.Second, new SmtpReply(int.Parse(code, CultureInfo.InvariantCulture), []))))];
        IEnumerable<string> results = TransactionRules.Read(exchanges, 2, Lost, true).Select(result => result switch
        {
            Handover.Accepted => "A",
            Handover.Refused refused => $"R-{refused.Phase}-{refused.Reply.Code}",
            Handover.Interrupted { MayHaveBeenDelivered: true, Failure: not null } => "I",
            _ => "?",
        });
        Assert.That(string.Join(' ', results), Is.EqualTo(expected));
    }

    /// <summary>SMTP-04. RFC 2920 §3.1: with one reply too many, none is certain that would have decided.</summary>
    [TestCase("A A", 250, "A A")]
    [TestCase("A A", 550, "I-true I-true")]
    [TestCase("A R-Rcpt", 250, "I-true I-true")]
    [TestCase("A R-Rcpt", 550, "I-true I-true")]
    [TestCase("R-Rcpt R-FinalDot", 250, "I-true I-true")]
    [TestCase("R-Rcpt R-Rcpt", 250, "I-false I-false")]
    [TestCase("R-Mail R-Data", 450, "I-false I-false")]
    [TestCase("L A", 550, "L I-true")]
    [TestCase("L R-Rcpt", 250, "L I-false")]
    public void A_reply_that_nothing_asked_for_puts_the_others_in_doubt(string results, int unasked, string expected)
    {
        var lost = new Handover.Interrupted(Lost, false);
        var read = results.Split(' ').Select((result, i) => (
            EnvelopeAddress.Parse($"a{i}@example.com"),
            Handover: result switch { "A" => (Handover)new Handover.Accepted(Ok), "L" => lost, _ => new Handover.Refused(Enum.Parse<SmtpPhase>(result[2..]), Never) }))
            .ToDictionary(one => one.Item1, one => one.Handover);
        IReadOnlyDictionary<EnvelopeAddress, Handover> doubted = TransactionRules.InDoubt(read, [], new SmtpReply(unasked, ["what"]), null);
        Assert.That(doubted.Keys, Is.EqualTo(read.Keys));
        Assert.That(
            string.Join(' ', doubted.Values.Select(one => one is Handover.Accepted ? "A" : ReferenceEquals(one, lost) ? "L"
                : one is Handover.Interrupted { Failure.Kind: SessionFailureKind.ProtocolViolation } interrupted ? interrupted.MayHaveBeenDelivered ? "I-true" : "I-false" : "?")),
            Is.EqualTo(expected));
    }

    /// <summary>SMTP-12, EXT-10. RFC 5321 §4.5.3.1.10.</summary>
    [TestCase(SmtpPhase.Rcpt, 452, "4.5.3 too many", true)]
    [TestCase(SmtpPhase.Rcpt, 452, "", true)]
    [TestCase(SmtpPhase.Rcpt, 452, "4.2.2 mailbox full", false)]
    [TestCase(SmtpPhase.Rcpt, 552, "", true)]
    [TestCase(SmtpPhase.Rcpt, 552, "5.5.3 too many", true)]
    [TestCase(SmtpPhase.Rcpt, 552, "5.2.2 mailbox full", false)]
    [TestCase(SmtpPhase.Rcpt, 450, "", false)]
    [TestCase(SmtpPhase.Rcpt, 550, "5.5.3 x", false)]
    [TestCase(SmtpPhase.FinalDot, 452, "", false)]
    [TestCase(SmtpPhase.Mail, 452, "", false)]
    public void One_recipient_too_many_belongs_into_the_next_transaction(SmtpPhase phase, int code, string text, bool tooMany) =>
        Assert.That(TransactionRules.IsTooMany(new Handover.Refused(phase, new SmtpReply(code, [text]))), Is.EqualTo(tooMany));

    /// <summary>SMTP-12. RFC 5321 §4.5.3.1.10.</summary>
    [TestCase("250 250 452", 2)]
    [TestCase("250 452 250 550", 2)]
    [TestCase("452 452", null)]
    [TestCase("550 452", null)]
    [TestCase("250 550", null)]
    [TestCase("", null)]
    public void A_server_that_calls_some_too_many_shows_how_many_it_takes(string replies, int? expected)
    {
        SmtpExchange[] exchanges = [.. $"250 {replies} 354".Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((code, i) => new SmtpExchange(
            i == 0 ? SmtpPhase.Mail : code == "354" ? SmtpPhase.Data : SmtpPhase.Rcpt, new SmtpReply(int.Parse(code, CultureInfo.InvariantCulture), [])))];
        Assert.That(TransactionRules.ShownLimit(exchanges), Is.EqualTo(expected));
    }

    [Test]
    public void Who_was_accepted_is_not_too_many()
    {
        Assert.That(TransactionRules.IsTooMany(new Handover.Accepted(Ok)), Is.False);
        Assert.That((Ok.IsPositive, Go.IsPositive, Later.IsTransient, Never.IsPermanent), Is.EqualTo((true, false, true, true)));
    }
}
