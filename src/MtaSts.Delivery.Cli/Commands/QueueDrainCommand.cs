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
        policies.Description = "The file that keeps the program's policies; unless given, the one beside the queue with .policies behind its name.";
        var none = new Option<bool>("--no-policies") { Description = "Begin without policies, as the program keeps none in a file: a host that a policy forbids gets the mail while that policy cannot be fetched." };
        var connection = new ConnectionOptions();
        var command = new Command("drain", "Tries all mail that waits once, in this process, and says what is left; where no server talks about mail, that is found out by the first tries. Give it the program's policies, EHLO name and, where that has DANE on, --dane --dns; it knows none of its overrides.") { store, policies, none, json };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            MailDelivererOptions options = (await connection.ReadAsync(parsed, around, cancellationToken).ConfigureAwait(false))();
            SqliteQueueStore kept = QueueFile.Open(parsed.GetValue(store)!);
            await using (kept.ConfigureAwait(false))
            {
                using SqlitePolicyStore? known = Policies(parsed.GetValue(store)!, parsed.GetValue(policies), parsed.GetValue(none)) is { } path ? PolicyStoreFile.Open(path, mustExist: true, around) : null;
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

    /// <summary>Where the policies are by which the mail waits: whoever drains without them hands it to the hosts that they forbid.</summary>
    private static string? Policies(string store, string? named, bool isNone) => (named, isNone) switch
    {
        (not null, true) => throw new UsageException("--no-policies and --policy-store contradict each other; write one of them."),
        (null, true) => null,
        (null, false) when !File.Exists(SqlitePolicyStore.PathBeside(store)) => throw new UsageException(
            $"There is no {SqlitePolicyStore.PathBeside(store)}: name the file that keeps the program's policies by --policy-store, or write --no-policies if none does; a host that a known policy forbids would get the mail."),
        _ => named ?? SqlitePolicyStore.PathBeside(store),
    };

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
