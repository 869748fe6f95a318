using System.Globalization;
using System.Text;
using MtaSts.Delivery.Outcomes;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>The part of a notice that people read: what happened, to whom, why, and what can be done.</summary>
internal static class NoticeText
{
    private const int Width = 76;
    private const int Margin = 4;
    private const int MaxExplanation = 2000;
    private const int MaxExplained = 50;
    private const int MaxReason = 500;
    private const string ByPolicy =
        "Mail to this recipient is handed over only to the mail hosts that are named for it, and only by TLS with a valid certificate (MTA-STS, RFC 8461). "
        + "The hosts that were found did not meet that, and a host that does not may be anybody's, so none of them has got the message.";

    /// <summary>The text, its lines ended by CRLF.</summary>
    public static string Write(NoticeRequest request, OriginalMessage original, NoticeOptions options, bool returnsFull)
    {
        var text = new StringBuilder();
        Paragraph(text, 0, Opening(request));
        IGrouping<string, NoticeRecipient>[] explained = [.. request.Recipients.GroupBy(one => Explanation(request, one))];
        foreach (IGrouping<string, NoticeRecipient> alike in explained.Take(MaxExplained))
        {
            text.Append("\r\n");
            foreach (NoticeRecipient one in alike)
            {
                text.Append("  ").Append(Address(one)).Append("\r\n");
            }

            foreach (string paragraph in alike.Key.Split('\n'))
            {
                Paragraph(text, Margin, paragraph);
            }
        }

        if (explained.Length > MaxExplained)
        {
            text.Append("\r\n");
            Paragraph(text, 0, string.Create(CultureInfo.InvariantCulture, $"The other {explained.Skip(MaxExplained).Sum(alike => alike.Count())} recipients stand in the report below."));
        }

        text.Append("\r\n");
        Paragraph(text, 0, "The message:");
        Line(text, "subject", original.Subject ?? "(none)");
        Line(text, "from", request.Envelope.Sender?.ToString());
        Line(text, "accepted", Moment(request.Arrived));
        Line(text, "Message-ID", original.MessageId is { } id ? $"<{id}>" : null);
        Line(text, "queue id", request.Id.ToString());
        text.Append("\r\n");
        Paragraph(text, 0, $"{(options.Contact is { } contact ? $"Questions: {CleanText.Of(contact, MaxReason)}. " : "")}"
            + $"Below are a report for programs (RFC 3464) and the {(returnsFull ? "message" : "header of the message")}. An answer to this notice reaches nobody who could help, and is not needed.");
        return text.ToString();
    }

    /// <summary>The notice's subject.</summary>
    public static string Subject(OriginalMessage original, NoticeAction action)
    {
        string what = action switch { NoticeAction.Delayed => "Delayed", NoticeAction.Relayed => "Handed on", _ => "Not delivered" };
        return original.Subject is { } subject ? $"{what}: {CleanText.Of(subject, 120)}" : $"{what}: your message";
    }

    private static string Opening(NoticeRequest request)
    {
        string whom = request.Recipients.Count == 1 ? "to the recipient below" : string.Create(CultureInfo.InvariantCulture, $"to the {request.Recipients.Count} recipients below");
        return request.Action switch
        {
            NoticeAction.Delayed => $"Your message has not yet been delivered {whom}. This is only a warning: you need not send the message again. "
                + $"It has been waiting since {Moment(request.Arrived)}, and it will be tried again{(request.WillRetryUntil is { } until ? $" until {Moment(until)}" : "")}.",
            NoticeAction.Relayed => $"Your message has been handed on {whom}, as you asked to be told. The server that took it sends no notices of success, so this one is the last: "
                + "should the message not reach the mailbox, that server will tell you.",
            _ => $"Your message could not be delivered {whom}. It will not be tried again.",
        };
    }

    /// <summary>Paragraphs, one a line.</summary>
    private static string Explanation(NoticeRequest request, NoticeRecipient one)
    {
        List<string> paragraphs = [.. Reasons(request, one).Where(reason => reason.Length > 0)];
        if (StatusRules.IsByPolicy(one.LastAttempt))
        {
            paragraphs.Add(ByPolicy);
        }

        if (WhatToDo(one) is { Length: > 0 } advice)
        {
            paragraphs.Add("What can be done: " + advice);
        }

        return string.Join('\n', paragraphs);
    }

    private static IEnumerable<string> Reasons(NoticeRequest request, NoticeRecipient one)
    {
        if (one.State == RecipientState.Dropped)
        {
            yield return "The operator of this mail system has taken the message out of its queue" + (CleanText.Of(request.Reason ?? "", MaxReason) is { Length: > 0 } words ? $": {words}" : ".");
        }
        else if (one.State == RecipientState.Expired)
        {
            yield return "The time in which this mail system tries to deliver the message is over.";
        }

        string explanation = CleanText.Of(one.LastAttempt?.Explanation ?? "", MaxExplanation);
        yield return one.State is RecipientState.Failed or RecipientState.Delivered ? explanation
            : explanation.Length > 0 ? "The last try: " + explanation
            : one.State == RecipientState.Dropped ? "" : "There has been no try yet.";
    }

    private static string? WhatToDo(NoticeRecipient one)
    {
        if (one is { Action: NoticeAction.Relayed } or { LastAttempt: null })
        {
            return null;
        }

        QueueAttempt last = one.LastAttempt;
        string advice = CleanText.Of(last.Advice, MaxReason);
        string? words = StatusWords.For(StatusRules.StatusOf(one));
        return (one.Action, last) switch
        {
            (NoticeAction.Delayed, _) when StatusRules.IsByPolicy(last) => advice + " If the message is urgent, tell the recipient by another way.",
            (NoticeAction.Delayed, _) => words,
            _ when StatusRules.IsByPolicy(last) =>
                advice + " Tell the recipient by another way; this notice, forwarded to their administrator, says all that is needed. Then send the message again.",
            (_, { MayHaveBeenDelivered: true }) => "The message may have reached the recipient all the same: ask before you send it again.",
            // That the reply says why is no advice to a person.
            (_, { Failure: FailureCode.RefusedForGood or FailureCode.RefusedForNow }) => words ?? "The server's reply says why. Ask the recipient, or their administrator, by another way.",
            _ => words ?? advice,
        };
    }

    private static string Address(NoticeRecipient one)
    {
        string address = one.Address.ToString();
        string original = one.Dsn?.OriginalRecipient ?? "";
        string given = CleanText.Of(original[(original.IndexOf(';', StringComparison.Ordinal) + 1)..], 300);
        return given.Length == 0 || string.Equals(given, address, StringComparison.OrdinalIgnoreCase) ? address : $"{address} (sent to {given})";
    }

    private static string Moment(DateTimeOffset moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, string label, string? value)
    {
        if (value is not null)
        {
            text.Append("  ").Append(label.PadRight(12)).Append(value).Append("\r\n");
        }
    }

    private static void Paragraph(StringBuilder text, int margin, string paragraph)
    {
        string line = new(' ', margin);
        foreach (string word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > margin && line.Length + 1 + word.Length > Width)
            {
                text.Append(line).Append("\r\n");
                line = new string(' ', margin);
            }

            line += (line.Length > margin ? " " : "") + word;
        }

        text.Append(line).Append("\r\n");
    }
}
