using System.CommandLine;
using System.Globalization;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>queue</c>: what is in a queue; orders stand in <see cref="QueueOrderCommands"/>, deliveries in <see cref="QueueDrainCommand"/>.</summary>
internal static class QueueCommand
{
    private const int UsualLimit = 100;
    private const int PageSize = 500;

    public static Command Create(Surroundings around) => new("queue", "Looks into a mail queue, and gives it orders; the program that works on it may go on running.")
    {
        List(around),
        Show(around),
        QueueOrderCommands.Retry(around),
        QueueOrderCommands.Hold(around),
        QueueOrderCommands.Release(around),
        QueueOrderCommands.Cancel(around),
        QueueOrderCommands.Bounce(around),
        QueueDrainCommand.Create(around),
        Stats(around),
    };

    /// <summary>Opens the queue for one command. It has no worker: what it takes and orders, others deliver.</summary>
    public static async Task<int> WithAsync(Surroundings around, string path, Queue.Notices.NoticeOptions? notices, Func<MailQueue, Task<int>> act)
    {
        SqliteQueueStore store = QueueFile.Open(path);
        await using (store.ConfigureAwait(false))
        {
            using var queue = new MailQueue(store, notices: new Queue.Notices.NoticeWriter(notices), clock: around.Clock);
            return await act(queue).ConfigureAwait(false);
        }
    }

    public static QueueId Id(string text) => QueueId.TryParse(text, out QueueId id) ? id : throw new UsageException($"'{Names.Printable(text)}' is no queue id; they are numbers, as list shows them.");

    private static Command List(Surroundings around)
    {
        (Option<string> store, Option<bool> json) = (QueueFile.Option(), Common.JsonOption());
        var limit = new Option<int>("--limit") { Description = "How many messages are listed; 0 for all.", HelpName = "COUNT", DefaultValueFactory = _ => UsualLimit };
        var filter = new QueueFilterOptions();
        var command = new Command("list", "Lists messages, the oldest first.") { store, limit, json };
        filter.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            QueueFilter wanted = filter.Read(parsed);
            int most = parsed.GetValue(limit) switch { 0 => int.MaxValue, > 0 and var count => count, _ => throw new UsageException("--limit is 0 or more.") };
            return WithAsync(around, parsed.GetValue(store)!, null, async queue =>
            {
                int listed = 0;
                QueueId? from = null;
                do
                {
                    QueuePage page = await queue.ListAsync(wanted, from, Math.Min(PageSize, most - listed), cancellationToken).ConfigureAwait(false);
                    foreach (QueueEntry entry in page.Entries)
                    {
                        QueueText.Write(around, entry, parsed.GetValue(json));
                    }

                    (listed, from) = (listed + page.Entries.Count, page.Next);
                }
                while (from is not null && listed < most);
                if (!parsed.GetValue(json) && (listed == 0 || from is not null))
                {
                    Common.Paper(around).Paragraph(0, listed == 0 ? wanted == QueueFilter.All ? "The queue is empty." : "There is no such message in the queue." : string.Create(CultureInfo.InvariantCulture, $"{listed} messages are listed, and there are more: see --limit."));
                }

                return ExitCode.Good;
            });
        });
        return command;
    }

    private static Command Show(Surroundings around)
    {
        (Option<string> store, Option<bool> json) = (QueueFile.Option(), Common.JsonOption());
        var ids = new Argument<string[]>("ID") { Description = "The messages' queue ids.", Arity = ArgumentArity.OneOrMore };
        var message = new Option<bool>("--message") { Description = "Write the one message itself, as it is stored." };
        var command = new Command("show", "Shows messages with each recipient and what became of it.") { ids, store, message, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            QueueId[] wanted = [.. parsed.GetValue(ids)!.Select(Id)];
            if (parsed.GetValue(message) && (wanted.Length > 1 || parsed.GetValue(json)))
            {
                throw new UsageException("--message goes with one queue id, and without --json.");
            }

            return WithAsync(around, parsed.GetValue(store)!, null, async queue =>
            {
                bool all = true;
                foreach (QueueId id in wanted)
                {
                    if (parsed.GetValue(message) && await queue.ReadContentAsync(id, cancellationToken).ConfigureAwait(false) is { } content)
                    {
                        await WriteAsync(around, content, cancellationToken).ConfigureAwait(false);
                    }
                    else if (await queue.FindAsync(id, cancellationToken).ConfigureAwait(false) is { } found)
                    {
                        QueueText.Write(around, found, parsed.GetValue(json));
                    }
                    else
                    {
                        all = false;
                        await around.Error.WriteLineAsync(NotThere(id)).ConfigureAwait(false);
                    }
                }

                return all ? ExitCode.Good : ExitCode.Findings;
            });
        });
        return command;
    }

    private static Command Stats(Surroundings around)
    {
        (Option<string> store, Option<bool> json) = (QueueFile.Option(), Common.JsonOption());
        var command = new Command("stats", "Says how much is in the queue, and how old it is.") { store, json };
        command.SetAction((parsed, cancellationToken) => WithAsync(around, parsed.GetValue(store)!, null, async queue =>
        {
            QueueText.Write(around, await queue.CountAsync(cancellationToken).ConfigureAwait(false), parsed.GetValue(json));
            return ExitCode.Good;
        }));
        return command;
    }

    public static string NotThere(QueueId id) => $"{id}: there is no such message in the queue: it was never there, or it is delivered, bounced or cancelled.";

    // Octet by octet: what the console would make of them is its own affair.
    private static async Task WriteAsync(Surroundings around, MessageContent content, CancellationToken cancellationToken)
    {
        await around.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (around.Out is StreamWriter { BaseStream: var stream })
        {
            await stream.WriteAsync(content.Octets, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await around.Out.WriteAsync(System.Text.Encoding.UTF8.GetString(content.Octets.Span)).ConfigureAwait(false);
        }
    }
}
