using System.Globalization;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>Reads the lines of one policy: for a sender, who wants to know whether it is one, and for a checker, who wants to know everything. RFC 8461 §3.2.</summary>
/// <param name="advises">Whether anything but faults is told: who reads a million policies at a start wants to know only whether they are some.</param>
internal sealed class PolicyReader(bool advises)
{
    /// <summary>As many findings are told of one policy.</summary>
    public const int MaxFindings = 100;

    private const int MaxAgeDigits = 10;

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<MxPattern> _mx = [];
    private readonly List<Finding> _findings = [];
    private int _line;
    private int? _maxAgeLine;

    public PolicyMode? Mode { get; private set; }

    public long? MaxAge { get; private set; }

    public IReadOnlyList<MxPattern> Mx => _mx;

    /// <summary>The first fault: with one, the text is no policy.</summary>
    public Finding? Fault { get; private set; }

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>Reads the whole text; what it came to stands in the properties.</summary>
    public void Read(string text)
    {
        if (text.TrimStart('\uFEFF', ' ', '\t', '\r', '\n').StartsWith('<'))
        {
            Fail("policy.html", "the text is a web page");
            return;
        }

        string[] lines = text.Split('\n');
        int last = lines.Length;
        while (last > 0 && (lines[last - 1].Length == 0 || (lines[last - 1] == "\r" && last < lines.Length)))
        {
            last--;
        }

        if (last == 0)
        {
            Fail("policy.empty", "the policy is empty");
            return;
        }

        for (_line = 1; _line <= last; _line++)
        {
            string line = lines[_line - 1];
            // What stands before a line feed may end in one CR; the unterminated last line may not.
            if (_line < lines.Length && line.EndsWith('\r'))
            {
                line = line[..^1];
            }

            ReadLine(line);
        }

        JudgeWhole(lines, last);
    }

    private void ReadLine(string line)
    {
        if (PolicyLineRules.FaultOf(line) is { } fault)
        {
            Fail(fault, FormattableString.Invariant($"{PolicyLineRules.Describe(fault)}: '{Printable(line)}'"), _line);
            Attempt(line);
            return;
        }

        int colon = line.IndexOf(':', StringComparison.Ordinal);
        string key = line[..colon];
        string value = line[(colon + 1)..].Trim(' ', '\t');

        // Of a repeated field other than mx the first counts, whatever the later ones say. RFC 8461 §3.2.
        if (key != "mx" && !_seen.Add(key))
        {
            Note("policy.key-duplicate", $"a second {key}: only the first counts");
            return;
        }

        _seen.Add(key);
        switch (key)
        {
            case "version":
                ReadVersion(value);
                break;
            case "mode":
                ReadMode(value);
                break;
            case "max_age":
                ReadMaxAge(value);
                break;
            case "mx":
                ReadMx(value);
                break;
            default:
                string code = PolicyLineRules.NoteOnKey(key);
                Note(code, code == "policy.key-unknown" ? $"the key '{key}' is not known and is passed over" : $"'{key}' is not a key that senders know, and is passed over");
                break;
        }
    }

    private void ReadVersion(string value)
    {
        if (_line > 1)
        {
            Note("policy.version-not-first", "version is not the first line");
        }

        if (value != "STSv1")
        {
            FailValue("policy.version-wrong", value, $"the version '{Printable(value)}' is not STSv1");
        }
    }

    private void ReadMode(string value)
    {
        Mode = value switch { "enforce" => PolicyMode.Enforce, "testing" => PolicyMode.Testing, "none" => PolicyMode.None, _ => null };
        if (Mode is null)
        {
            bool onlyCase = value.ToLowerInvariant() is "enforce" or "testing" or "none";
            FailValue(onlyCase ? "policy.mode-case" : "policy.mode-unknown", value, $"the mode '{Printable(value)}' is not enforce, testing or none");
        }
    }

    private void ReadMaxAge(string value)
    {
        _maxAgeLine = _line;
        if (value.Length > MaxAgeDigits || !value.All(char.IsAsciiDigit))
        {
            FailValue("policy.max-age-not-number", value, $"the max_age '{Printable(value)}' is not 1 to 10 digits");
            return;
        }

        MaxAge = long.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private void ReadMx(string value)
    {
        if (!MxPattern.TryParse(value, out MxPattern? pattern))
        {
            FailValue(PolicyLineRules.FaultOfMx(value), value, $"the mx '{Printable(value)}' is not a host name or *. and a host name");
            return;
        }

        if (_mx.Count < MaxFindings && _mx.Contains(pattern))
        {
            Note("policy.mx-duplicate", $"{pattern} stands here twice");
        }
        else if (pattern.Name.Parent is null)
        {
            Note(pattern.IsWildcard ? "policy.mx-wildcard-too-wide" : "policy.mx-single-label", $"the mx '{pattern}' is {(pattern.IsWildcard ? "every name of a top-level domain" : "a name of one label")}");
        }

        _mx.Add(pattern);
    }

    /// <summary>What only the whole text shows. Faults first: what is missing decides, advice does not.</summary>
    private void JudgeWhole(string[] lines, int last)
    {
        FailUnlessSeen("version", "policy.version-missing", "there is no version");
        FailUnlessSeen("mode", "policy.mode-missing", "there is no mode");
        FailUnlessSeen("max_age", "policy.max-age-missing", "there is no max_age");
        if (Mode is not PolicyMode.None && !_seen.Contains("mx"))
        {
            Fail("policy.mx-missing", "there is no mx, which every mode but none must have");
        }

        if (advises)
        {
            Advise(lines, last);
        }
    }

    private void Advise(string[] lines, int last)
    {
        if (MaxAge is { } seconds && PolicyLineRules.NoteOnMaxAge(seconds, Mode) is { } code)
        {
            Note(code, FormattableString.Invariant($"max_age is {seconds} seconds, {PolicyLineRules.Days(seconds)}"), _maxAgeLine);
        }

        switch (Mode)
        {
            case PolicyMode.Enforce:
                Note("policy.mode-enforce", "mode enforce: senders deliver only to listed hosts with valid certificates", null);
                break;
            case PolicyMode.Testing:
                Note("policy.mode-testing", "mode testing: failures are reported, mail is delivered all the same", null);
                break;
            case PolicyMode.None:
                Note("policy.mode-none", "mode none: senders behave as without a policy", null);
                break;
        }

        if (Mode == PolicyMode.None && _mx.Count > 0)
        {
            Note("policy.mx-ignored", "mode none needs no mx", null);
        }

        // The text that follows the last line feed is not a line unless there is something in it.
        if (last < lines.Length - 1)
        {
            Note("policy.blank-line-at-end", "blank lines follow the last line", last + 1);
        }

        if (lines.Take(lines.Length - 1).Any(line => !line.EndsWith('\r')))
        {
            Note("policy.line-ends-lf", "lines end in LF alone", null);
        }
    }

    private void FailUnlessSeen(string key, string code, string message)
    {
        if (!_seen.Contains(key))
        {
            Fail(code, message);
        }
    }

    // Whoever wrote a malformed line for a key need not be told besides that the key is missing.
    private void Attempt(string line)
    {
        string key = line.TrimStart('\uFEFF', ' ', '\t', '"').Split([':', '=', ' ', '\t'], 2)[0];
        if (PolicyLineRules.IsKnownKey(key))
        {
            _seen.Add(key);
        }
    }

    private void FailValue(string code, string value, string message)
    {
        string[] further = PolicyLineRules.FurtherKeys(value);
        _seen.UnionWith(further);
        Fail(further.Length > 0 ? "policy.one-line" : code, message, _line);
    }

    private void Fail(string code, string message, int? line = null)
    {
        var finding = new Finding(code, message, line);
        Fault ??= finding;
        Add(finding);
    }

    private void Note(string code, string message) => Note(code, message, _line);

    private void Note(string code, string message, int? line)
    {
        if (advises)
        {
            Add(new Finding(code, message, line));
        }
    }

    private void Add(Finding finding)
    {
        if (_findings.Count < MaxFindings)
        {
            _findings.Add(finding);
        }
    }

    private static string Printable(string text) => PrintableText.Of(text, 80);
}
