using MtaSts.Delivery.Cli.Output;

namespace MtaSts.Delivery.Cli;

/// <summary>What a run of the tool meets outside itself; tests put a fake internet here.</summary>
/// <param name="In">Standard input.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Clock">The clock.</param>
internal sealed record Surroundings(Stream In, TextWriter Out, TextWriter Error, TimeProvider Clock)
{
    /// <summary>Whether standard output is a terminal, with colours and tables.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Whether standard error is a terminal, with a line of progress.</summary>
    public bool ShowsProgress { get; init; }

    /// <summary>How many columns there are.</summary>
    public int Width { get; init; } = 80;

    /// <summary>Changes the options of every deliverer after the command line did.</summary>
    public Action<MailDelivererOptions>? Configure { get; init; }

    /// <summary>Those of this process.</summary>
    public static Surroundings OfProcess()
    {
        bool terminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
        // Not Console.Out, which flushes after each piece of a line: a thousand files are a thousand lines.
        var output = new StreamWriter(StandardOutput.OfProcess(), new System.Text.UTF8Encoding(false), 16 * 1024) { AutoFlush = false };
        var error = new StreamWriter(Console.OpenStandardError(), new System.Text.UTF8Encoding(false)) { AutoFlush = true };
        return new Surroundings(Console.OpenStandardInput(), output, error, TimeProvider.System)
        {
            IsTerminal = terminal,
            ShowsProgress = !Console.IsErrorRedirected,
            Width = terminal ? Math.Clamp(Console.WindowWidth, 40, 120) : 80,
        };
    }
}
