using System.Globalization;

namespace MtaSts.Delivery.Cli.Output;

/// <summary>Plain text for pipes and files.</summary>
internal class PlainPaper(TextWriter output, int width) : IPaper
{
    private const int BarWidth = 30;

    public void Line(params ReadOnlySpan<(string Text, Tone Tone)> pieces)
    {
        foreach ((string text, Tone tone) in pieces)
        {
            Write(Clean(text), tone);
        }

        output.WriteLine();
    }

    public void Heading(string start, string text, Tone tone)
    {
        const int margin = 2;
        Write(Clean(start), Tone.Strong);
        string before = " ";
        foreach (string line in Wrap(Clean(text), width - margin, width - Clean(start).Length - 1))
        {
            Write(line.Length == 0 ? "" : before + line, tone);
            output.WriteLine();
            before = new string(' ', margin);
        }
    }

    public void Paragraph(int margin, string text, Tone tone = Tone.Plain, string label = "")
    {
        string start = Clean(label);
        foreach (string line in Wrap(Clean(text), width - margin, width - Math.Max(margin, start.Length)))
        {
            output.Write(line.Length == 0 ? start.TrimEnd() : start.PadRight(margin));
            Write(line, tone);
            output.WriteLine();
            start = "";
        }
    }

    public virtual void Table(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        int[] widths = [.. headings.Select((heading, i) => rows.Select(row => Clean(row[i]).Length).Append(heading.Length).Max())];
        Row(headings);
        foreach (IReadOnlyList<string> row in rows)
        {
            Row(row);
        }

        void Row(IReadOnlyList<string> cells) => output.WriteLine(string.Join("  ", cells.Select((cell, i) => Clean(cell).PadRight(widths[i]))).TrimEnd());
    }

    public void Bars(IReadOnlyList<(string Label, long Good, long Bad)> bars)
    {
        int labels = bars.Max(bar => bar.Label.Length);
        // Counts are a stranger's: two of them may be more than a long holds.
        decimal most = Math.Max(1, bars.Max(bar => (decimal)bar.Good + bar.Bad));
        foreach ((string label, long good, long bad) in bars)
        {
            output.Write("  " + Clean(label).PadRight(labels) + "  ");
            decimal all = (decimal)good + bad;
            int full = (int)Math.Ceiling(all / most * BarWidth);
            // A single failure among a million shows.
            int failed = bad == 0 ? 0 : Math.Max(1, (int)Math.Round(bad / all * full));
            Write(new string('█', full - failed), Tone.Good);
            Write(new string('▒', failed), Tone.Bad);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {all}, {bad} failed"));
        }
    }

    /// <summary>Writes a piece; nothing is known of colours here.</summary>
    protected virtual void Write(string text, Tone tone) => output.Write(text);

    /// <summary>Much of what is printed was written by strangers; control characters of theirs could forge a screen.</summary>
    protected static string Clean(string text) => Commands.Names.Clean(text);

    /// <param name="text">The text.</param>
    /// <param name="width">The room in a line.</param>
    /// <param name="first">The room in the first line, which stays empty when its first word has none.</param>
    private static IEnumerable<string> Wrap(string text, int width, int first)
    {
        string line = "";
        int room = first;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            bool fits = line.Length == 0 ? room == width || word.Length <= room : line.Length + 1 + word.Length <= room;
            if (!fits)
            {
                yield return line;
                line = "";
                room = width;
            }

            line += line.Length > 0 ? " " + word : word;
        }

        yield return line;
    }
}
