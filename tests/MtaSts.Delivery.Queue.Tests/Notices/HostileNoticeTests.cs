using System.Text;
using CsCheck;
using MimeKit;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests.Notices;

/// <summary>Whatever servers, senders and messages say, a notice is well formed and says nothing that its writer did not mean.</summary>
public sealed class HostileNoticeTests
{
    private static readonly string[] Pieces =
    [
        "\r\n", "\r", "\n", "\r\n\r\n", "\0", "\t", " ", ":", ";", "=?utf-8?b?", "?=", "=?utf-8?q?=0D=0ABcc:_x?=", "Bcc: victim@example.net", "\r\nInjected: yes", "\n.\r\n", "--", "\r\n--=-", "Content-Type: text/html",
        "\u202e", "\u2028", "\ud800", "\udc00", "\ufeff", "é", "𝕏", "<script>", "<a@b>", "rfc822;", "utf-8;", "\\x{0D}", "+0D+0A", "550 ", "5.1.1 ", new string('x', 1500), new string(' ', 300), "\u001b[2J", "\u0085", "\uFFFF",
    ];

    private static readonly Gen<string> Texts = Gen.OneOf(Gen.String, Gen.OneOf(Pieces).Array[0, 12].Select(string.Concat));

    private static readonly HashSet<string> Allowed =
        ["From", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Auto-Submitted", "MIME-Version", "Content-Type"];

    private static readonly HashSet<string> AllowedFields =
    [
        "Original-Envelope-Id", "Reporting-MTA", "Arrival-Date", "X-MtaSts-Delivery-Queue-Id",
        "Original-Recipient", "Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date", "Will-Retry-Until",
    ];

    /// <summary>DSN-09, DSN-11. Nothing that a stranger wrote begins a field, a part or a line of its own.</summary>
    [Test]
    public void Hostile_texts_neither_throw_nor_inject() =>
        Gen.Select(Texts, Texts, Texts, Texts, Texts, Gen.Bool, Gen.Bool).Sample((header, reply, explanation, id, original, full, international) =>
        {
            byte[] octets = Encoding.UTF8.GetBytes("Subject: " + header + "\r\nMessage-ID: <" + id + ">\r\n" + explanation + "\r\n\r\n" + reply);
            NoticeRequest message = Notes.Message(octets, international ? "jörg@shop.example" : "a@shop.example", full: full) with { Reason = id };
            NoticeRecipient[] recipients =
            [
                Notes.Refused(Notes.NoSuchUser(Notes.Reply(550, reply, header), mxHost: explanation)),
                Notes.Expired(Notes.Deferred(FailureCode.CertificateExpired, explanation: explanation)),
                Notes.Dropped(Notes.Deferred(FailureCode.RefusedForNow, Notes.Reply(450, reply), id)),
            ];
            if (DsnOf(original) is { } dsn)
            {
                recipients[1] = recipients[1] with { Dsn = dsn };
            }

            Check(Notes.Write(message, Notes.Options(), recipients), 3, international);
            Check(Notes.Write(message, Notes.Options(), Notes.Delayed(Notes.Deferred(FailureCode.RefusedForNow, Notes.Reply(450, reply)))), 1, international);
            Check(Notes.Write(message, Notes.Options(), Notes.Relayed(Notes.Delivered(Notes.Reply(250, reply)))), 1, international);
        }, iter: 500);

    private static RecipientDsn? DsnOf(string original)
    {
        try
        {
            return new RecipientDsn(DsnNotify.None, "utf-8;" + original);
        }
        catch (ArgumentException)
        {
            // Such a value never gets as far as a notice.
            return null;
        }
    }

    private static void Check(MessageContent notice, int recipients, bool international)
    {
        ReadOnlySpan<byte> octets = notice.Octets.Span;
        Assert.That(notice.Fault, Is.Null);
        Assert.That(octets.IndexOf((byte)0), Is.EqualTo(-1));
        Assert.That(LongestLine(octets), Is.LessThanOrEqualTo(998));
        Assert.That(international || Ascii.IsValid(notice.Octets.Span[..octets.IndexOf("\r\n\r\n"u8)]), "the header of a notice to an ASCII address");

        Notes.Read read = Notes.Read.From(notice);
        Assert.That(read.Message.Headers.Select(field => field.Field), Is.SubsetOf(Allowed));
        Assert.That(read.Message.Headers.Select(field => field.Field), Is.Unique);
        Assert.That(read.Message.From.Mailboxes.Single().Address, Is.EqualTo("MAILER-DAEMON@mail.shop.example"));
        Assert.That(read.Message.To.Mailboxes, Has.Exactly(1).Items);
        Assert.That((Multipart)read.Message.Body!, Has.Count.EqualTo(3));
        Assert.That(read.PerMessage.Select(field => field.Field), Is.SubsetOf(AllowedFields));
        Assert.That(read.PerRecipient, Has.Count.EqualTo(recipients));
        foreach (HeaderList group in read.PerRecipient)
        {
            Assert.That(group.Select(field => field.Field), Is.SubsetOf(AllowedFields));
            Assert.That(group.Select(field => field.Field), Is.Unique);
            Assert.That(group["Final-Recipient"], Is.EqualTo("rfc822; jane@example.test"));
            Assert.That(group.All(field => IsHarmless(Encoding.UTF8.GetString(field.RawValue).Replace("\r\n ", " ", StringComparison.Ordinal).TrimEnd())), "control characters in a field");
            Assert.That(group.Where(field => field.Field != "Original-Recipient").All(field => IsHarmless(field.Value)), "control characters in a field that is decoded");
        }

        Assert.That(IsHarmless(read.Text.Replace("\r\n", "", StringComparison.Ordinal)), "control characters in the text");
        Assert.That(IsHarmless(read.Message.Subject!), "control characters in the subject");
    }

    private static bool IsHarmless(string text) => text.All(c => c >= ' ' && c is not ('\u007f' or '\u202e' or '\u2028' or '\u0085'));

    private static int LongestLine(ReadOnlySpan<byte> octets)
    {
        int longest = 0;
        foreach (Range line in octets.Split("\r\n"u8))
        {
            longest = Math.Max(longest, octets[line].Length);
        }

        return longest;
    }
}
