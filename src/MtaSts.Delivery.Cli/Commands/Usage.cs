using System.CommandLine;
using System.CommandLine.Parsing;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>What is wrong with a command line, in as few words as will do.</summary>
internal static class Usage
{
    /// <summary>The faults, each in one line; none when the command line can be acted on.</summary>
    public static IReadOnlyList<string> FaultsOf(ParseResult parsed, IReadOnlyList<string> args)
    {
        CommandResult command = parsed.CommandResult;
        if (NamesNoCommand(parsed, command.Command))
        {
            // Whose options the others are shows only when the command is known.
            return [Commands(parsed, command.Command)];
        }

        string[] strangers = [.. Strangers(parsed, args), .. Valued(parsed, args)];
        return strangers.Length > 0 ? strangers
            : command.Command.Subcommands.Count > 0 && parsed.Errors.Count > 0 ? [Commands(parsed, command.Command)]
            : [.. parsed.Errors.Select(error => Reword(parsed, error)).Distinct()];
    }

    /// <summary>The command as it is typed.</summary>
    public static string PathOf(CommandResult? result)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = result; at is not null; at = at.Parent)
        {
            if (at is CommandResult { Command: var command })
            {
                names.Push(command is RootCommand ? "mta-sts" : command.Name);
            }
        }

        return string.Join(' ', names);
    }

    /// <summary>The one of some words that was meant by another, if it is plain.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        (string Word, int Distance)[] near = [.. known.Select(one => (one, Distance(word, one))).OrderBy(one => one.Item2)];
        return near.Length > 0 && near[0].Distance <= Math.Max(1, word.Length / 3) ? near[0].Word : null;
    }

    /// <summary>Whether a command was to follow, and what stands there is none: a word that is no option.</summary>
    private static bool NamesNoCommand(ParseResult parsed, Command command) =>
        command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [[not '-', ..], ..] && parsed.Tokens.All(token => token.Type != TokenType.Directive);

    /// <summary>What begins with a hyphen is an option or a slip, never data, unless it stands behind <c>--</c>.</summary>
    private static IEnumerable<string> Strangers(ParseResult parsed, IReadOnlyList<string> args)
    {
        Token[] tokens = [.. parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)];
        string[] known = [.. Options(parsed.CommandResult).SelectMany(option => option.Aliases.Prepend(option.Name)).Where(name => name.Length > 2)];
        for (int i = 0; i < tokens.Length; i++)
        {
            string text = tokens[i].Value;
            if (tokens[i].Type != TokenType.Argument || text.Length < 2 || text[0] != '-')
            {
                continue;
            }

            // A number is for the option before it to refuse; --from=-x@example.com comes as two tokens, too, and says what it means.
            if (i > 0 && tokens[i - 1].Type == TokenType.Option && (char.IsAsciiDigit(text[1]) || args.Contains($"{tokens[i - 1].Value}={text}")))
            {
                continue;
            }

            string name = text.Split('=', ':')[0];
            string? meant = Nearest(name, known);
            yield return meant == name ? $"{name} stands before the command; put it behind"
                : $"unknown option {Names.Printable(name)}{(meant is null ? "" : $"; did you mean {meant}?")}";
        }
    }

    /// <summary>What is said of an option that is there or not; it would be taken for data.</summary>
    private static IEnumerable<string> Valued(ParseResult parsed, IReadOnlyList<string> args) =>
        from arg in args.TakeWhile(one => one != "--")
        let end = arg.IndexOfAny(['=', ':'])
        where end > 0 && Options(parsed.CommandResult).Any(option => option.ValueType == typeof(bool) && option.Name == arg[..end])
        select $"{arg[..end]} takes no value";

    private static IEnumerable<Option> Options(CommandResult command) => command.Command.Options.Concat(Above(command).SelectMany(one => one.Options.Where(option => option.Recursive)));

    private static IEnumerable<Command> Above(CommandResult command)
    {
        for (SymbolResult? at = command.Parent; at is not null; at = at.Parent)
        {
            if (at is CommandResult { Command: var above })
            {
                yield return above;
            }
        }
    }

    private static string Commands(ParseResult parsed, Command command)
    {
        string[] names = [.. command.Subcommands.Select(one => one.Name)];
        return parsed.UnmatchedTokens.Count == 0
            ? $"a command is missing: {string.Join(", ", names)}"
            : $"unknown command {Names.Printable(parsed.UnmatchedTokens[0])}{(Nearest(parsed.UnmatchedTokens[0], names) is { } meant ? $"; did you mean {meant}?" : $"; there are {string.Join(", ", names)}")}";
    }

    private static string Reword(ParseResult parsed, ParseError error)
    {
        if (error.SymbolResult is ArgumentResult { Argument: var argument, Tokens.Count: 0, Parent: CommandResult })
        {
            return $"{argument.Name} is missing";
        }

        if (error.SymbolResult is OptionResult { Option: { Required: true } needed, IdentifierToken: null })
        {
            return $"{needed.Name} is missing";
        }

        if (error.SymbolResult is OptionResult { Tokens.Count: 0, IdentifierToken.Value: var bare })
        {
            return $"a value is missing behind {bare}";
        }

        string? extra = parsed.UnmatchedTokens.FirstOrDefault(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal));
        return extra is null ? string.Join(' ', error.Message.Split((char[])['\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.') : $"'{Names.Printable(extra)}' is one argument too many";
    }

    /// <summary>How many letters must be changed, put in, left out or swapped to make one word of the other.</summary>
    private static int Distance(string left, string right)
    {
        int[,] steps = new int[left.Length + 1, right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
        {
            for (int j = 0; j <= right.Length; j++)
            {
                steps[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(steps[i - 1, j], steps[i, j - 1]) + 1,
                    steps[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    steps[i, j] = Math.Min(steps[i, j], steps[i - 2, j - 2] + 1);
                }
            }
        }

        return steps[left.Length, right.Length];
    }
}
