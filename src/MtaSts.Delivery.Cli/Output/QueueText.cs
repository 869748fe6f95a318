using System.Globalization;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Cli.Output;

/// <summary>What is in a queue, for people and as JSON.</summary>
internal static class QueueText
{
    private const int Margin = 6;

    /// <summary>One message as lists show it.</summary>
    public static void Write(Surroundings around, QueueEntry entry, bool json)
    {
        if (json)
        {
            around.Out.WriteLine(Json.Write(LineOf(entry), Json.Lines.QueueLine));
            return;
        }

        IPaper paper = Commands.Common.Paper(around);
        Head(paper, entry);
        string destinations = string.Join(", ", entry.Destinations) + (entry.Open > entry.Destinations.Count ? string.Create(CultureInfo.InvariantCulture, $" ({entry.Open} recipients)") : "");
        paper.Paragraph(Margin, $"to {destinations}; {State(entry)}");
        if (entry.LastExplanation is { } said)
        {
            paper.Paragraph(Margin, said, Tone.Caution);
        }
    }

    /// <summary>One message with all its recipients.</summary>
    public static void Write(Surroundings around, QueuedMessage message, bool json)
    {
        if (json)
        {
            around.Out.WriteLine(Json.Write(LineOf(message), Json.Lines.QueueMessageLine));
            return;
        }

        IPaper paper = Commands.Common.Paper(around);
        QueueEntry entry = message.Summary;
        Head(paper, entry);
        paper.Paragraph(Margin, string.Join("; ", [
            string.Create(CultureInfo.InvariantCulture, $"{entry.Size} octets"), $"priority {Word(entry.Priority)}", $"given up {Moment(entry.Expires)}",
            .. entry.IsNotice ? (string[])["a notice of this queue"] : [], .. entry.Tag is { } tag ? (string[])[$"tag {tag}"] : [], .. message.EnvelopeId is { } id ? (string[])[$"ENVID {id}"] : []]), Tone.Quiet);
        foreach (QueuedRecipient recipient in message.Recipients)
        {
            paper.Line(("  " + recipient.Address, Tone.Strong), ($"  {Word(recipient.State)}", ToneOf(recipient.State)), (Next(recipient), Tone.Plain));
            if (recipient.LastAttempt is { } last)
            {
                paper.Paragraph(Margin, $"{Moment(last.At)}, {last.Status}: {last.Explanation}");
                if (last.Advice.Length > 0)
                {
                    paper.Paragraph(Margin, "→ " + last.Advice, Tone.Strong);
                }
            }
        }
    }

    /// <summary>How much there is.</summary>
    public static void Write(Surroundings around, QueueCounts counts, bool json)
    {
        if (json)
        {
            around.Out.WriteLine(Json.Write(new QueueCountsLine(counts.Messages, counts.Due, counts.Waiting, counts.Delivering, counts.Held, counts.Oldest, counts.UntoldEvents), Json.Lines.QueueCountsLine));
            return;
        }

        IPaper paper = Commands.Common.Paper(around);
        if (counts.Messages == 0)
        {
            paper.Paragraph(0, "The queue is empty.", Tone.Good);
        }
        else
        {
            paper.Paragraph(0, string.Create(CultureInfo.InvariantCulture,
                $"{counts.Messages} messages, the oldest of {(counts.Oldest is { } oldest ? Moment(oldest) : "now")}: {counts.Due} deliveries due, {counts.Waiting} waiting, {counts.Delivering} under way, {counts.Held} held."), Tone.Strong);
        }

        if (counts.UntoldEvents > 0)
        {
            paper.Paragraph(0, string.Create(CultureInfo.InvariantCulture, $"{counts.UntoldEvents} events wait for the program that wants to be told of them."), Tone.Caution);
        }
    }

    private static void Head(IPaper paper, QueueEntry entry) =>
        paper.Line((entry.Id.ToString(), Tone.Strong), ($"  from {(entry.Sender is { } sender ? sender.ToString() : "<>")}, taken {Moment(entry.Arrived)}", Tone.Plain));

    private static string State(QueueEntry entry) => string.Create(CultureInfo.InvariantCulture,
        $"{(entry.Attempts == 1 ? "1 try" : $"{entry.Attempts} tries")}{(entry.Held > 0 ? $"; {(entry.Held == entry.Open ? "held" : $"{entry.Held} held")}" : "")}{(entry.NextTry is { } next ? $"; next {Moment(next)}" : "")}");

    private static string Next(QueuedRecipient recipient) => string.Create(CultureInfo.InvariantCulture,
        $", {(recipient.Attempts == 1 ? "1 try" : $"{recipient.Attempts} tries")}{(recipient.NextTry is { } next ? $", next {Moment(next)}" : "")}");

    private static Tone ToneOf(RecipientState state) => state switch
    {
        RecipientState.Delivered => Tone.Good,
        RecipientState.Failed or RecipientState.Expired or RecipientState.Dropped => Tone.Bad,
        RecipientState.Held or RecipientState.Cancelled => Tone.Caution,
        _ => Tone.Plain,
    };

    private static string Moment(DateTimeOffset moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static QueueLine LineOf(QueueEntry entry) => new(
        entry.Id.Value, entry.Sender?.ToString() ?? "", entry.Size, Word(entry.Priority), entry.Tag, entry.IsNotice, entry.Arrived, entry.NextTry, entry.Expires, entry.Attempts, entry.Open, entry.Held, entry.Destinations, entry.LastExplanation);

    private static QueueMessageLine LineOf(QueuedMessage message) => new(
        message.Summary.Id.Value, message.Summary.Sender?.ToString() ?? "", message.Summary.Size, Word(message.Summary.Priority), message.Summary.Tag, message.Summary.IsNotice, message.Summary.Arrived,
        message.EnvelopeId, message.Return switch { DsnReturn.Full => "full", DsnReturn.Headers => "hdrs", _ => null }, [.. message.Recipients.Select(LineOf)]);

    private static QueueRecipientLine LineOf(QueuedRecipient recipient) => new(
        recipient.Address.ToString(), Word(recipient.State), Notify(recipient.Dsn), recipient.Dsn?.OriginalRecipient, recipient.NextTry, recipient.Expires, recipient.Attempts,
        recipient.LastAttempt is not { } last ? null : new QueueAttemptLine(
            last.At, last.Status.ToString(), last.MxHost, last.Reply?.ToString(), last.Explanation, Camel(last.Failure?.ToString()), Camel(last.Stage?.ToString()), last.Advice.Length == 0 ? null : last.Advice, last.MayHaveBeenDelivered));

    private static string[] Notify(RecipientDsn? dsn) => dsn is null or { Notify: DsnNotify.None } ? []
        : [.. Enum.GetValues<DsnNotify>().Where(one => one != DsnNotify.None && dsn.Notify.HasFlag(one)).Select(Word)];

    private static string? Camel(string? name) => name is null ? null : char.ToLowerInvariant(name[0]) + name[1..];
}
