namespace MtaSts.Delivery.Cli.Output;

/// <summary>How a piece of text is meant.</summary>
internal enum Tone
{
    Plain,
    Strong,
    Quiet,
    Good,
    Caution,
    Bad,
}

/// <summary>What people read: a terminal with colours and tables, or plain text in a pipe.</summary>
internal interface IPaper
{
    /// <summary>A line of pieces, each in its tone; not wrapped.</summary>
    void Line(params ReadOnlySpan<(string Text, Tone Tone)> pieces);

    /// <summary>A strong beginning, then text in its tone, wrapped at the width.</summary>
    void Heading(string start, string text, Tone tone);

    /// <summary>A paragraph behind a margin, wrapped at the width; the label stands in the margin of its first line, or is longer than that.</summary>
    void Paragraph(int margin, string text, Tone tone = Tone.Plain, string label = "");

    /// <summary>A table; as many cells in each row as there are headings.</summary>
    void Table(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows);

    /// <summary>Bars, one a line.</summary>
    void Bars(IReadOnlyList<(string Label, long Good, long Bad)> bars);
}
