using Spectre.Console;

namespace MtaSts.Delivery.Cli.Output;

/// <summary>A terminal: the same text in colours, tables with lines.</summary>
internal sealed class TerminalPaper(TextWriter output, int width) : PlainPaper(output, width)
{
    private readonly IAnsiConsole _console = Create(output, width);

    public override void Table(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (string heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))));
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow(row.Select(cell => new Text(Clean(cell))));
        }

        _console.Write(table);
    }

    protected override void Write(string text, Tone tone) => _console.Write(new Text(text, tone switch
    {
        Tone.Strong => new Style(decoration: Decoration.Bold),
        Tone.Quiet => new Style(foreground: Color.Grey),
        Tone.Good => new Style(foreground: Color.Green),
        Tone.Caution => new Style(foreground: Color.Yellow),
        Tone.Bad => new Style(foreground: Color.Red, decoration: Decoration.Bold),
        _ => Style.Plain,
    }));

    private static IAnsiConsole Create(TextWriter output, int width)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Detect,
            ColorSystem = ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        // The width is ours: pieces of a line are written one by one and must not be wrapped a second time.
        console.Profile.Width = Math.Max(width, 1000);
        return console;
    }
}
