using System.CommandLine;
using MtaSts.Delivery.Cli.Commands;

namespace MtaSts.Delivery.Cli;

/// <summary>All commands.</summary>
internal static class CommandTree
{
    public static RootCommand Create(Surroundings around)
    {
        var root = new RootCommand("""
            Checks MTA-STS (RFC 8461) and TLS reporting (RFC 8460) with the very code that delivers mail, and says what to mend.

            Exit codes: 0 all well, 1 findings or refused, 2 usage, 3 temporary trouble,
            4 the output cannot be written, 130 interrupted, 141 nobody reads the output.
            """)
        {
            CheckCommand.Create(around),
            ExplainCommand.Create(around),
            SendCommand.Create(around),
            LintCommand.Create(around),
            MatchCommand.Create(around),
            ReportCommand.Create(around),
            PolicyCommand.Create(around),
            QueueCommand.Create(around),
            FindingCommand.Create(around),
            CompletionCommand.Create(around),
        };
        Examples.AddTo(root, around.Width);
        MakeFlags(root);
        return root;
    }

    /// <summary>What is there or not takes no word from behind it: <c>--json true</c> names a file.</summary>
    private static void MakeFlags(Command command)
    {
        foreach (Option option in command.Options.Where(option => option.ValueType == typeof(bool)))
        {
            option.Arity = ArgumentArity.Zero;
        }

        foreach (Command below in command.Subcommands)
        {
            MakeFlags(below);
        }
    }
}
