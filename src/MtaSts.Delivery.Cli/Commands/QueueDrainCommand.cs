using System.CommandLine;
using System.Globalization;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>queue drain</c>: tries all that waits once, in this process.</summary>
internal static class QueueDrainCommand
{
    public static Command Create(Surroundings around)
    {
        (Option<string> store, Option<string?> policies, Option<bool> json) = (QueueFile.Option(), PolicyStoreFile.Option(), Common.JsonOption());
        policies.Description = "The file that keeps the program's policies; without it this call knows none.";
        var connection = new ConnectionOptions();
        var command = new Command("drain", "Tries all mail that waits once, in this process, and says what is left; where no server talks about mail, that is found out by the first tries. Give it the program's policies, EHLO name and, where that has DANE on, --dane --dns; it knows none of its overrides.") { store, policies, json };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            MailDelivererOptions options = (await connection.ReadAsync(parsed, around, cancellationToken).ConfigureAwait(false))();
            using SqlitePolicyStore? known = parsed.GetValue(policies) is { } path ? PolicyStoreFile.Open(path, mustExist: true, around) : null;
            SqliteQueueStore kept = QueueFile.Open(parsed.GetValue(store)!);
            await using (kept.ConfigureAwait(false))
            {
                var deliverer = new MailDeliverer(options, around.Clock, policyStore: known);
                await using (deliverer.ConfigureAwait(false))
                {
                    await PolicyStoreFile.LoadAsync(deliverer, cancellationToken).ConfigureAwait(false);
                    QueueCounts left = await DrainAsync(around, kept, deliverer, options.EhloName, cancellationToken).ConfigureAwait(false);
                    QueueText.Write(around, left, parsed.GetValue(json));
                    return left.Messages == 0 ? ExitCode.Good : ExitCode.Temporary;
                }
            }
        });
        return command;
    }

    private static async Task<QueueCounts> DrainAsync(Surroundings around, SqliteQueueStore store, MailDeliverer deliverer, string? ehlo, CancellationToken cancellationToken)
    {
        var notices = new NoticeOptions { ReportingMta = ehlo?.StartsWith('[') == false ? ehlo : null };
        using var queue = new MailQueue(store, deliverer, notices: new NoticeWriter(notices), clock: around.Clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long before = (await queue.CountAsync(cancellationToken).ConfigureAwait(false)).Messages;
        using var progress = new ProgressLine(around, () => string.Create(CultureInfo.InvariantCulture, $"trying the {before} messages in the queue…"));
        Task work = queue.RunAsync(end.Token);
        try
        {
            return await queue.DrainAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // What is under way is finished or given back before the file is closed.
            await end.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
    }
}
