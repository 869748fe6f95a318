using System.CommandLine;
using System.Globalization;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Notices;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>queue retry</c> and its siblings: what an operator wants done with mail.</summary>
internal static class QueueOrderCommands
{
    private const int MaxReason = 500;

    public static Command Retry(Surroundings around) => Order(around, "retry", "Makes waiting mail due at once.", "due at once",
        (queue, filter, cancellationToken) => queue.RetryNowAsync(filter, cancellationToken));

    public static Command Hold(Surroundings around) => Order(around, "hold", "Keeps mail from being tried until it is released; its lifetime goes on.", "held",
        (queue, filter, cancellationToken) => queue.HoldAsync(filter, cancellationToken));

    public static Command Release(Surroundings around) => Order(around, "release", "Lets held mail go on.", "released",
        (queue, filter, cancellationToken) => queue.ReleaseAsync(filter, cancellationToken));

    public static Command Cancel(Surroundings around) => Order(around, "cancel", "Gives mail up and tells nobody.", "cancelled",
        (queue, filter, cancellationToken) => queue.CancelAsync(filter, cancellationToken));

    public static Command Bounce(Surroundings around)
    {
        var reason = new Option<string>("--reason") { Description = "Why, in words for the sender.", HelpName = "TEXT", Required = true };
        var host = new Option<string>("--host") { Description = "This host's name in the notices, which come from MAILER-DAEMON there; the notice options of the program that owns the queue are not known here.", HelpName = "NAME", Required = true };
        Command command = Order(around, "bounce", "Gives mail up and tells its senders.", "given up",
            (parsed, queue, filter, cancellationToken) => queue.DropAsync(filter, Reason(parsed.GetValue(reason)!), cancellationToken),
            parsed =>
            {
                _ = Reason(parsed.GetValue(reason)!);
                return new NoticeOptions { ReportingMta = FullName(parsed.GetValue(host)!) };
            });
        command.Options.Add(reason);
        command.Options.Add(host);
        return command;
    }

    private static Command Order(Surroundings around, string name, string description, string done, Func<MailQueue, QueueFilter, CancellationToken, Task<long>> act) =>
        Order(around, name, description, done, (_, queue, filter, cancellationToken) => act(queue, filter, cancellationToken), _ => null);

    private static Command Order(
        Surroundings around, string name, string description, string done, Func<ParseResult, MailQueue, QueueFilter, CancellationToken, Task<long>> act, Func<ParseResult, NoticeOptions?> notices)
    {
        (Option<string> store, Option<bool> json) = (QueueFile.Option(), Common.JsonOption());
        var ids = new Argument<string[]>("ID") { Description = "Queue ids; otherwise choose mail by the options, or --all.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "All mail in the queue." };
        var filter = new QueueFilterOptions();
        var command = new Command(name, description) { ids, store, all, json };
        filter.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            QueueId[] named = [.. parsed.GetValue(ids)!.Select(QueueCommand.Id).Distinct()];
            QueueFilter chosen = filter.Read(parsed);
            bool everything = parsed.GetValue(all);
            if (named.Length == 0 && !everything && chosen == QueueFilter.All)
            {
                throw new UsageException($"Name queue ids, choose mail by --destination, --recipient, --sender, --tag or --state, or write --all: {name} does not guess.");
            }

            if (everything && (named.Length > 0 || chosen != QueueFilter.All))
            {
                throw new UsageException("--all leaves nothing to choose; write it alone.");
            }

            return QueueCommand.WithAsync(around, parsed.GetValue(store)!, notices(parsed), async queue =>
            {
                var codes = new List<int>();
                foreach (QueueId? id in named.Length == 0 ? [(QueueId?)null] : named.Select(one => (QueueId?)one))
                {
                    long count = await act(parsed, queue, chosen with { Id = id }, cancellationToken).ConfigureAwait(false);
                    if (id is { } missing && count == 0 && await queue.FindAsync(missing, cancellationToken).ConfigureAwait(false) is null)
                    {
                        await around.Error.WriteLineAsync(QueueCommand.NotThere(missing)).ConfigureAwait(false);
                    }
                    else
                    {
                        await TellAsync(around, name, done, id, count, parsed.GetValue(json)).ConfigureAwait(false);
                    }

                    codes.Add(count > 0 || everything ? ExitCode.Good : ExitCode.Findings);
                }

                return ExitCode.Worst(codes);
            });
        });
        return command;
    }

    private static Task TellAsync(Surroundings around, string order, string done, QueueId? id, long count, bool json) => around.Out.WriteLineAsync(
        json ? Json.Write(new QueueOrderLine(order, id?.Value, count), Json.Lines.QueueOrderLine)
        : string.Create(CultureInfo.InvariantCulture, $"{(id is null ? "" : $"{id}: ")}{(count == 0 ? "nothing that could be" : count == 1 ? "1 delivery" : $"{count} deliveries")} {done}"));

    private static string FullName(string text) => Names.Host(text, "--host") is { IsHostName: true, Parent: not null } host
        ? host.Value
        : throw new UsageException($"--host '{Names.Printable(text)}' is no full name; write one such as mail.example.com.");

    private static string Reason(string text) => text.Length is > 0 and <= MaxReason && !text.Any(char.IsControl) && text.Trim().Length > 0
        ? text
        : throw new UsageException($"--reason goes into the notice to the sender: 1 to {MaxReason} characters, without control characters.");
}
