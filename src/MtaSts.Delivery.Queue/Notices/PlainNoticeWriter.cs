using System.Text;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>Says in a few plain lines what became of a message: the form that cannot fail.</summary>
internal sealed class PlainNoticeWriter : INoticeWriter
{
    public MessageContent Write(NoticeRequest request)
    {
        string sender = request.Envelope.Sender!.ToString();
        var text = new StringBuilder();
        text.Append(FormattableString.Invariant($"From: <MAILER-DAEMON@{request.Envelope.Sender!.DomainText}>\r\nTo: <{sender}>\r\nSubject: Mail {request.Action switch
        {
            NoticeAction.Failed => "could not be delivered",
            NoticeAction.Delayed => "is delayed",
            _ => "was passed on",
        }}\r\n"));
        text.Append(FormattableString.Invariant($"Date: {request.Now.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000\r\nMessage-ID: <{request.Id}.{request.Now.UtcTicks}@{request.Envelope.Sender!.DomainText}>\r\n"));
        text.Append("Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        text.Append(FormattableString.Invariant($"Your message of {request.Arrived.UtcDateTime:yyyy-MM-dd HH:mm} UTC (number {request.Id} here):\r\n\r\n"));
        foreach (NoticeRecipient recipient in request.Recipients)
        {
            text.Append(FormattableString.Invariant($"{recipient.Address}: {recipient.Action}\r\n"));
            foreach (string line in Lines(recipient.LastAttempt?.Explanation ?? "It was never tried."))
            {
                text.Append("    ").Append(line).Append("\r\n");
            }
        }

        if (request.WillRetryUntil is { } until)
        {
            text.Append(FormattableString.Invariant($"\r\nFurther tries follow until {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC.\r\n"));
        }

        return MessageContent.From(Encoding.UTF8.GetBytes(text.ToString()));
    }

    // Short enough for SMTP in any encoding.
    private static IEnumerable<string> Lines(string text) => text.Split(["\r\n", "\r", "\n"], StringSplitOptions.RemoveEmptyEntries).SelectMany(line => line.Chunk(200)).Select(chunk => new string(chunk));
}
