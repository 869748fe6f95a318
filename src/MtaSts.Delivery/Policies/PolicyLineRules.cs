using System.Net;

namespace MtaSts.Delivery.Policies;

/// <summary>What can be wrong with one line of a policy, by the name of the slip. RFC 8461 §3.2.</summary>
internal static class PolicyLineRules
{
    private const int MaxKeyLength = 32;
    private const long Day = 24 * 60 * 60;

    private static readonly string[] Keys = ["version", "mode", "max_age", "mx"];

    /// <summary>The fault that makes a line no key, colon and value, or <see langword="null"/> when it is one.</summary>
    public static string? FaultOf(string line)
    {
        if (line.Trim(' ', '\t').Length == 0)
        {
            return "policy.blank-line";
        }

        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !IsKey(line[..colon]))
        {
            return FaultOfKey(line, colon);
        }

        string value = line[(colon + 1)..].Trim(' ', '\t');
        return value.Length == 0 ? "policy.value-empty"
            : !value.Any(char.IsControl) ? null
            : value.Contains('\r', StringComparison.Ordinal) ? "policy.line-ends-cr"
            : "policy.control-character";
    }

    /// <summary>The fault in words.</summary>
    public static string Describe(string fault) => fault switch
    {
        "policy.blank-line" => "the line is blank",
        "policy.value-empty" => "nothing follows the colon",
        "policy.control-character" => "the value has a control character",
        "policy.line-ends-cr" => "a carriage return alone ends no line",
        "policy.bom" => "a byte-order mark stands before the key",
        "policy.comment-line" => "there are no comments in a policy",
        "policy.leading-space" => "white space stands before the key",
        "policy.space-before-colon" => "white space stands before the colon",
        "policy.equals-sign" => "an equals sign where a colon belongs",
        "policy.txt-record" => "this is the DNS record, not the policy",
        _ => "the line is not a key, a colon and a value",
    };

    public static bool IsKnownKey(string key) => Array.IndexOf(Keys, key) >= 0;

    /// <summary>What is to be said about a well-formed key that no sender knows.</summary>
    public static string NoteOnKey(string key)
    {
        string letters = new([.. key.ToLowerInvariant().Where(char.IsAsciiLetter)]);
        return Keys.Contains(key.ToLowerInvariant()) ? "policy.key-case"
            : letters is "maxage" or "max" or "mxs" or "mxhost" or "versions" or "modes" or "ttl" or "policy" ? "policy.key-misspelt"
            : "policy.key-unknown";
    }

    /// <summary>The keys that a value goes on with: those of a policy whose lines were run together.</summary>
    public static string[] FurtherKeys(string value) => [.. Keys.Where(key => value.Contains(key + ":", StringComparison.Ordinal))];

    /// <summary>The name of the slip in an <c>mx</c> value that is no pattern.</summary>
    public static string FaultOfMx(string value)
    {
        string[] words = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 2 && words[0].All(char.IsAsciiDigit) ? "policy.mx-preference"
            : value.AsSpan().IndexOfAny(" \t,;") >= 0 ? "policy.mx-list-in-one-line"
            : IPAddress.TryParse(value.Trim('[', ']').Replace("IPv6:", "", StringComparison.OrdinalIgnoreCase), out _) ? "policy.mx-ip-literal"
            : value.Contains('@', StringComparison.Ordinal) ? "policy.mx-mail-address"
            : value.Contains(':', StringComparison.Ordinal) || value.Contains('/', StringComparison.Ordinal) ? "policy.mx-port-or-url"
            : !System.Text.Ascii.IsValid(value) ? "policy.mx-u-label"
            : value.EndsWith('.') ? "policy.mx-trailing-dot"
            : value.StartsWith('.') ? "policy.mx-leading-dot"
            : value.Contains('*', StringComparison.Ordinal) ? "policy.mx-wildcard-misplaced"
            : value.Contains('_', StringComparison.Ordinal) ? "policy.mx-underscore"
            : "policy.mx-bad-name";
    }

    /// <summary>What is to be said about a well-formed <c>max_age</c>, if anything. RFC 8461 §3.2, §10.2.</summary>
    public static string? NoteOnMaxAge(long seconds, PolicyMode? mode) => seconds switch
    {
        > StsPolicy.MaxMaxAge => "policy.max-age-over-limit",
        0 when mode != PolicyMode.None => "policy.max-age-zero",
        < Day when mode != PolicyMode.None => "policy.max-age-very-low",
        < 7 * Day when mode == PolicyMode.Enforce => "policy.max-age-low",
        > 180 * Day => "policy.max-age-high",
        _ => null,
    };

    public static string Days(long seconds) => seconds switch
    {
        >= 2 * Day => FormattableString.Invariant($"{seconds / Day} days"),
        >= Day => "1 day",
        >= 7200 => FormattableString.Invariant($"{seconds / 3600} hours"),
        _ => FormattableString.Invariant($"{seconds / 60} minutes"),
    };

    private static string FaultOfKey(string line, int colon)
    {
        string start = line.TrimStart(' ', '\t', '"');
        return line[0] == '\uFEFF' ? "policy.bom"
            : start[..Math.Min(2, start.Length)] is ['#', ..] or [';', ..] or "//" ? "policy.comment-line"
            : start.StartsWith("v=STSv1", StringComparison.Ordinal) ? "policy.txt-record"
            : line[0] is ' ' or '\t' && colon > 0 && IsKey(line[..colon].Trim(' ', '\t')) ? "policy.leading-space"
            : colon > 0 && IsKey(line[..colon].TrimEnd(' ', '\t')) ? "policy.space-before-colon"
            : Keys.Any(key => start.StartsWith(key, StringComparison.OrdinalIgnoreCase) && start[key.Length..].TrimStart().StartsWith('=')) ? "policy.equals-sign"
            : "policy.line-malformed";
    }

    private static bool IsKey(string key) => key.Length is > 0 and <= MaxKeyLength && char.IsAsciiLetterOrDigit(key[0])
        && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
