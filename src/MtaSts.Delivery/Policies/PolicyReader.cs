using System.Globalization;

namespace MtaSts.Delivery.Policies;

/// <summary>Reads the lines of one policy. RFC 8461 §3.2.</summary>
internal sealed class PolicyReader
{
    private const int MaxKeyLength = 32;
    private const int MaxAgeDigits = 10;

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<MxPattern> _mx = [];

    public PolicyMode? Mode { get; private set; }

    public long? MaxAge { get; private set; }

    public IReadOnlyList<MxPattern> Mx => _mx;

    /// <summary>What is wrong with the text, or <see langword="null"/>.</summary>
    public string? Read(string text)
    {
        string[] lines = text.Split('\n');
        int last = lines.Length;
        while (last > 0 && (lines[last - 1].Length == 0 || (lines[last - 1] == "\r" && last < lines.Length)))
        {
            last--;
        }

        if (last == 0)
        {
            return "the policy is empty";
        }

        for (int i = 0; i < last; i++)
        {
            string line = lines[i];
            // What stands before a line feed may end in one CR; the unterminated last line may not.
            if (i < lines.Length - 1 && line.EndsWith('\r'))
            {
                line = line[..^1];
            }

            if (ReadLine(line) is { } fault)
            {
                return FormattableString.Invariant($"line {i + 1}: {fault}");
            }
        }

        return !_seen.Contains("version") ? "there is no version"
            : Mode is null ? "there is no mode"
            : MaxAge is null ? "there is no max_age"
            : Mode != PolicyMode.None && _mx.Count == 0 ? "there is no mx, which every mode but none must have"
            : null;
    }

    private string? ReadLine(string line)
    {
        if (line.Length == 0)
        {
            return "the line is blank";
        }

        int colon = line.IndexOf(':', StringComparison.Ordinal);
        string key = colon < 0 ? line : line[..colon];
        if (colon < 0 || !IsKey(key))
        {
            return $"'{Printable(line)}' is not a key, a colon and a value";
        }

        string value = line[(colon + 1)..].Trim(' ', '\t');
        if (value.Length == 0 || value.Any(char.IsControl))
        {
            return $"the value of {key} is empty or has control characters";
        }

        // Of a repeated field other than mx the first counts, whatever the later ones say. RFC 8461 §3.2.
        if (key != "mx" && !_seen.Add(key))
        {
            return null;
        }

        return key switch
        {
            "version" => value == "STSv1" ? null : $"the version '{Printable(value)}' is not STSv1",
            "mode" => ReadMode(value),
            "max_age" => ReadMaxAge(value),
            "mx" => ReadMx(value),
            _ => null,
        };
    }

    private string? ReadMode(string value)
    {
        Mode = value switch { "enforce" => PolicyMode.Enforce, "testing" => PolicyMode.Testing, "none" => PolicyMode.None, _ => null };
        return Mode is null ? $"the mode '{Printable(value)}' is not enforce, testing or none" : null;
    }

    private string? ReadMaxAge(string value)
    {
        if (value.Length > MaxAgeDigits || !value.All(char.IsAsciiDigit))
        {
            return $"the max_age '{Printable(value)}' is not 1 to 10 digits";
        }

        MaxAge = long.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
        return null;
    }

    private string? ReadMx(string value)
    {
        if (!MxPattern.TryParse(value, out MxPattern? pattern))
        {
            return $"the mx '{Printable(value)}' is not a host name or *. and a host name";
        }

        _mx.Add(pattern);
        return null;
    }

    private static bool IsKey(string key) => key.Length is > 0 and <= MaxKeyLength && char.IsAsciiLetterOrDigit(key[0])
        && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    private static string Printable(string text) => new([.. text.Take(80).Select(c => char.IsControl(c) ? '?' : c)]);
}
