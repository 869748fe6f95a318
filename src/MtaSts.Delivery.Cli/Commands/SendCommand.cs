using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using MtaSts.Delivery.Cli.Checks;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>send</c>: delivers a message, and tells one outcome for each recipient as soon as it is known.</summary>
internal static class SendCommand
{
    private const int MaxMessage = 200 * 1024 * 1024;
    private const int MaxRecipientFile = 64 * 1024 * 1024;
    private const int SideBySide = 20;

    public static Command Create(Surroundings around)
    {
        var file = new Argument<string>("FILE") { Description = "The message as it is stored (.eml); - for standard input." };
        var from = new Option<string>("--from") { Description = "The envelope's sender; \"\" for the null sender of notices.", Required = true, HelpName = "ADDRESS" };
        var to = new Option<string[]>("--to") { Description = "Recipients; may be repeated.", HelpName = "ADDRESS", AllowMultipleArgumentsPerToken = false, DefaultValueFactory = _ => [] };
        var toFile = new Option<string?>("--to-file") { Description = "Reads recipients, one a line; - for standard input.", HelpName = "FILE" };
        var verbose = new Option<bool>("--verbose") { Description = "Also print each attempt." };
        Option<bool> json = Common.JsonOption();
        Option<string?> storeFile = PolicyStoreFile.Option();
        var connection = new ConnectionOptions();
        var command = new Command("send", "Delivers a message to the recipients' MX hosts, by their policies.") { file, from, to, toFile, storeFile, verbose, json };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string sender = parsed.GetValue(from)!;
            EnvelopeAddress? envelopeSender = sender.Length == 0 || sender == "<>" ? null : Names.Address(sender);
            if (parsed.GetValue(file) == "-" && parsed.GetValue(toFile) == "-")
            {
                throw new UsageException("Message and recipients cannot both come from standard input.");
            }

            EnvelopeAddress[] recipients = [.. parsed.GetValue(to)!.Select(Names.Address), .. await RecipientsAsync(around, parsed.GetValue(toFile), cancellationToken).ConfigureAwait(false)];
            if (recipients.Length == 0)
            {
                throw new UsageException("There is no recipient; name them with --to or --to-file.");
            }

            MessageContent content = await MessageAsync(around, parsed.GetValue(file)!, cancellationToken).ConfigureAwait(false);
            Func<MailDelivererOptions> options = await connection.ReadAsync(parsed, around, cancellationToken).ConfigureAwait(false);
            using SqlitePolicyStore? store = parsed.GetValue(storeFile) is { } path ? PolicyStoreFile.Open(path, mustExist: false, around) : null;
            var writer = new OutcomeWriter(around, parsed.GetValue(json), parsed.GetValue(verbose));
            return await RunAsync(around, options(), store, content, envelopeSender, recipients, writer, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Surroundings around, MailDelivererOptions options, SqlitePolicyStore? store, MessageContent content, EnvelopeAddress? sender, EnvelopeAddress[] recipients, OutcomeWriter writer, CancellationToken cancellationToken)
    {
        var deliverer = new MailDeliverer(options, around.Clock, policyStore: store);
        await using (deliverer.ConfigureAwait(false))
        {
            await PolicyStoreFile.LoadAsync(deliverer, cancellationToken).ConfigureAwait(false);
            EnvelopeAddress[][] groups = [.. recipients.Distinct().GroupBy(recipient => recipient.DomainText).Select(group => group.ToArray())];
            int done = 0;
            using var progress = new ProgressLine(around, () => FormattableString.Invariant($"delivering: {done} of {groups.Length} domains done…"));
            using var turn = new SemaphoreSlim(SideBySide);
            // A domain at a time rather than all in one call: what is known of one does not wait for the slowest other.
            int[][] codes = await Task.WhenAll(groups.Select(async group =>
            {
                // Not cancelled while waiting: every recipient gets an outcome.
                await turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
                try
                {
                    return await DeliverAsync(group).ConfigureAwait(false);
                }
                finally
                {
                    turn.Release();
                    Interlocked.Increment(ref done);
                }
            })).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return ExitCode.Worst(codes.SelectMany(all => all));

            async Task<int[]> DeliverAsync(EnvelopeAddress[] group)
            {
                DeliveryResult result;
                try
                {
                    result = await deliverer.DeliverAsync(content, new Envelope(sender, group), cancellationToken).ConfigureAwait(false);
                }
                catch (DeliveryCanceledException cancelled)
                {
                    // Whoever interrupts a delivery must know what may have gone out.
                    result = cancelled.Result;
                }

                progress.Clear();
                writer.Write(result);
                return [.. result.Outcomes.Select(OutcomeWriter.CodeOf)];
            }
        }
    }

    private static async Task<MessageContent> MessageAsync(Surroundings around, string file, CancellationToken cancellationToken) =>
        await Input.ReadAsync(file, MaxMessage, around, cancellationToken).ConfigureAwait(false) switch
        {
            Input.Content(_, { Length: > 0 } octets) => MessageContent.From(octets),
            Input.Content => throw new UsageException($"{file} is empty; expected header fields, a blank line and a body."),
            Input.TooLarge(_, var limit) => throw new UsageException(FormattableString.Invariant($"{file} is longer than {limit / 1024 / 1024} MiB.")),
            Input.Unusable(_, var reason) => throw new UsageException($"{file}: {reason}."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private static async Task<IReadOnlyList<EnvelopeAddress>> RecipientsAsync(Surroundings around, string? file, CancellationToken cancellationToken)
    {
        if (file is null)
        {
            return [];
        }

        switch (await Input.ReadAsync(file, MaxRecipientFile, around, cancellationToken).ConfigureAwait(false))
        {
            case Input.Content(_, var octets):
                string[] lines = Encoding.UTF8.GetString(octets.Span).TrimStart('\uFEFF').Split('\n');
                return [.. lines.Select((line, i) => (Text: line.Trim(), Number: i + 1)).Where(line => line.Text.Length > 0).Select(line => EnvelopeAddress.TryParse(line.Text, out EnvelopeAddress? address)
                    ? address
                    : throw new UsageException(FormattableString.Invariant($"{file}, line {line.Number}: '{Names.Printable(line.Text)}' is no mail address.")))];
            case Input.TooLarge:
                throw new UsageException($"{file} is longer than 64 MiB.");
            case Input.Unusable(_, var reason):
                throw new UsageException($"{file}: {reason}.");
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
