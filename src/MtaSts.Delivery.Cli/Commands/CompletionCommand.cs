using System.CommandLine;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>completion</c>: the script by which a shell asks this tool what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _mta_sts() {
            local IFS=$'\n'
            COMPREPLY=($(mta-sts "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null))
        }
        complete -o default -F _mta_sts mta-sts
        """;

    private const string Zsh = """
        #compdef mta-sts
        _mta_sts() {
            local -a found
            found=("${(@f)$(mta-sts "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a found
            _files
        }
        compdef _mta_sts mta-sts
        """;

    private const string Fish = """
        complete -c mta-sts -a '(mta-sts "[suggest:"(commandline -C)"]" (commandline -cp))'
        """;

    public static Command Create(Surroundings around)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish.", HelpName = "SHELL" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints the completion script of a shell.") { shell };
        command.SetAction(parsed =>
        {
            around.Out.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCode.Good;
        });
        return command;
    }
}
