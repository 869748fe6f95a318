using System.CommandLine;
using MtaSts.Delivery.Cli.Output;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>What most commands have in common.</summary>
internal static class Common
{
    public static Option<bool> JsonOption() => new("--json") { Description = "One JSON object a line, in a stable shape: see docs/cli.md." };

    public static Argument<string[]> Files(string what) => new("FILE")
    {
        Description = what + "; - for standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static IPaper Paper(Surroundings around) => around.IsTerminal ? Terminal(around) : new PlainPaper(around.Out, around.Width);

    /// <summary>An input is read once; standard input is gone after the first time.</summary>
    public static void RefuseTwiceStdin(IEnumerable<string> sources)
    {
        if (sources.Count(source => source == "-") > 1)
        {
            throw new UsageException("'-' stands there twice; standard input can be read once.");
        }
    }

    // In a method of its own, so that a pipe never loads the terminal library.
    private static TerminalPaper Terminal(Surroundings around) => new(around.Out, around.Width);
}
