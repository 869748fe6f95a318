using System.CommandLine;
using System.Runtime.InteropServices;
using MtaSts.Delivery.Cli.Commands;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue;

namespace MtaSts.Delivery.Cli;

/// <summary>The tool: from the command line to an exit code, whatever happens in between.</summary>
internal static class Tool
{
    private const string Interrupted = "Interrupted.";
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs in this process, and ends within a second of Ctrl-C, or of two where nobody reads what it has to say about it.</summary>
    public static async Task<int> RunInProcessAsync(string[] args)
    {
        var around = Surroundings.OfProcess();
        using var stop = new CancellationTokenSource();
        // Once, by whoever comes to it first; the other waits until it is written.
        var telling = new Lazy<Task>(() => WriteErrorAsync(around, Interrupted));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, ExitCode.Interrupted));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, ExitCode.Interrupted));
        return await RunAsync(args, around, () => telling.Value, stop.Token).ConfigureAwait(false);

        void End(PosixSignalContext context, int code)
        {
            context.Cancel = true;
            // Whoever pressed Ctrl-C does not wait for a server's goodbye, nor for the end of standard input, nor for a reader of the output.
            _ = Task.Delay(Grace, TimeProvider.System).ContinueWith(async _ =>
            {
                // Nor for somebody who is to read that it was interrupted, and does not.
                await Task.WhenAny(Task.Run(() => telling.Value), Task.Delay(Grace, TimeProvider.System)).ConfigureAwait(false);
                Environment.Exit(code);
            }, TaskScheduler.Default);
            // Elsewhere: what is cancelled may go on right here, and never come back.
            _ = Task.Run(stop.Cancel);
        }
    }

    /// <summary>Runs with the given surroundings. No exception leaves.</summary>
    public static Task<int> RunAsync(IReadOnlyList<string> args, Surroundings around, CancellationToken cancellationToken) =>
        RunAsync(args, around, () => WriteErrorAsync(around, Interrupted), cancellationToken);

    private static async Task<int> RunAsync(IReadOnlyList<string> args, Surroundings around, Func<Task> tellInterruption, CancellationToken cancellationToken)
    {
        try
        {
            int code = await InvokeAsync(args, around, cancellationToken).ConfigureAwait(false);
            await around.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return code;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await FlushQuietlyAsync(around).ConfigureAwait(false);
            await tellInterruption().ConfigureAwait(false);
            return ExitCode.Interrupted;
        }
        catch (UsageException wrong)
        {
            return await SayAsync(around, wrong.Message, ExitCode.Usage).ConfigureAwait(false);
        }
        catch (PolicyStoreException store)
        {
            return await SayAsync(around, store.Message, ExitCode.Usage).ConfigureAwait(false);
        }
        catch (QueueException queue)
        {
            return await SayAsync(around, queue.Message, QueueFile.CodeOf(queue)).ConfigureAwait(false);
        }
        catch (OutputException gone) when (gone.IsReaderGone)
        {
            return ExitCode.OutputClosed;
        }
        catch (OutputException output)
        {
            return await SayAsync(around, output.Message, ExitCode.OutputFailed).ConfigureAwait(false);
        }
        catch (IOException trouble)
        {
            // Files are read in the commands' own care; what is left is a disk or a pipe that fails on the way.
            return await SayAsync(around, trouble.Message, ExitCode.Usage).ConfigureAwait(false);
        }
        catch (Exception bug)
        {
            // The last resort of a program: one line rather than a stack trace, which tells a user nothing.
            return await SayAsync(around, $"This is a fault of mta-sts itself; please report it: {bug.GetType().Name}: {bug.Message}", ExitCode.Temporary).ConfigureAwait(false);
        }
    }

    private static async Task<int> InvokeAsync(IReadOnlyList<string> args, Surroundings around, CancellationToken cancellationToken)
    {
        // An argument that begins with @ is an argument, not a file of more.
        ParseResult parsed = CommandTree.Create(around).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (!Examples.IsHelp(parsed.Action) && Usage.FaultsOf(parsed, args) is { Count: > 0 } faults)
        {
            string path = Usage.PathOf(parsed.CommandResult);
            return await SayAsync(around, $"{string.Join(Environment.NewLine, faults.Select(fault => $"{path}: {fault}"))}{(faults.Count > 1 ? Environment.NewLine : faults[0].EndsWith('?') ? " " : ". ")}See {path} --help.", ExitCode.Usage).ConfigureAwait(false);
        }

        var configuration = new InvocationConfiguration { Output = around.Out, Error = around.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> SayAsync(Surroundings around, string message, int code)
    {
        await FlushQuietlyAsync(around).ConfigureAwait(false);
        await WriteErrorAsync(around, string.Join(Environment.NewLine, message.Split(Environment.NewLine).Select(Commands.Names.Clean))).ConfigureAwait(false);
        return code;
    }

    private static async Task WriteErrorAsync(Surroundings around, string message)
    {
        try
        {
            await around.Error.WriteLineAsync(message).ConfigureAwait(false);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // Nobody reads it; the exit code says it.
        }
    }

    private static async Task FlushQuietlyAsync(Surroundings around)
    {
        try
        {
            await around.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // What comes next goes to standard error.
        }
    }
}
