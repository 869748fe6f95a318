using System.Text;

namespace MtaSts.Delivery.Cli.Lint;

/// <summary>The TXT answer as <c>dig +short TXT</c> prints it: one record a line, each of one or several quoted strings.</summary>
/// <param name="Records">The records, their strings joined, each with the line it stands in.</param>
/// <param name="Split">The lines of records that consist of several strings.</param>
/// <param name="Aliases">The names that the answer led through, for a CNAME.</param>
/// <param name="Comments">What dig said instead of an answer.</param>
internal sealed record DigOutput(IReadOnlyList<(int Line, string Text)> Records, IReadOnlyList<int> Split, IReadOnlyList<(int Line, string Name)> Aliases, IReadOnlyList<(int Line, string Text)> Comments)
{
    /// <summary>Reads the output; a line without quotes is taken for the record itself, as people paste it.</summary>
    public static DigOutput Read(ReadOnlySpan<byte> octets)
    {
        var records = new List<(int, string)>();
        var split = new List<int>();
        var aliases = new List<(int, string)>();
        var comments = new List<(int, string)>();
        string[] lines = Encoding.UTF8.GetString(octets).TrimStart('\uFEFF').Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim(' ', '\t', '\r');
            if (line.Length == 0)
            {
                continue;
            }

            if (line.StartsWith(';'))
            {
                comments.Add((i + 1, line.TrimStart(';', ' ')));
            }
            else if (line[0] == '"')
            {
                (string text, int strings) = Unquote(line);
                records.Add((i + 1, text));
                if (strings > 1)
                {
                    split.Add(i + 1);
                }
            }
            else if (line.EndsWith('.') && !line.Contains('=', StringComparison.Ordinal) && !line.Contains(' ', StringComparison.Ordinal))
            {
                aliases.Add((i + 1, line));
            }
            else
            {
                // White space at the ends of what was pasted without quotes is the record's own.
                records.Add((i + 1, lines[i].TrimEnd('\r')));
            }
        }

        return new DigOutput(records, split, aliases, comments);
    }

    /// <summary>The strings of one line, joined with nothing between; <c>\"</c>, <c>\\</c> and <c>\DDD</c> are undone. RFC 1035 §5.1.</summary>
    private static (string Text, int Strings) Unquote(string line)
    {
        var octets = new List<byte>();
        int strings = 0;
        bool inside = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '"')
            {
                inside = !inside;
                strings += inside ? 1 : 0;
            }
            else if (inside && c == '\\' && i + 3 < line.Length && line.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '9') < 0
                && int.Parse(line.AsSpan(i + 1, 3), System.Globalization.CultureInfo.InvariantCulture) is var value and < 256)
            {
                octets.Add((byte)value);
                i += 3;
            }
            else if (inside)
            {
                octets.AddRange(Encoding.UTF8.GetBytes([c == '\\' && i + 1 < line.Length ? line[++i] : c]));
            }
        }

        return (Encoding.UTF8.GetString([.. octets]), strings);
    }
}
