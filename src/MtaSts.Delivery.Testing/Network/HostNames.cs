namespace MtaSts.Delivery.Testing.Network;

/// <summary>The one spelling of a name: lower case, no dot at the end.</summary>
internal static class HostNames
{
    private const int LongestName = 253;
    private const int LongestLabel = 63;

    /// <summary>The canonical spelling; a name that DNS cannot carry is the caller's mistake.</summary>
    public static string Canonical(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        string canonical = Fold(name);
        if (!canonical.All(char.IsAscii))
        {
            throw new ArgumentException($"'{name}' is not ASCII; write its A-labels (xn--…).", nameof(name));
        }

        return canonical.Length is > 0 and <= LongestName && canonical.Split('.').All(label => label.Length is > 0 and <= LongestLabel && !label.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            ? canonical
            : throw new ArgumentException($"'{name}' is not a name that DNS can carry.", nameof(name));
    }

    /// <summary>The text as it is; what a certificate cannot hold as an IA5String is the caller's mistake.</summary>
    public static string Ascii(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.All(char.IsAscii) ? text
            : throw new ArgumentException($"'{string.Concat(text.Select(Shown))}' is not ASCII, and a certificate holds nothing else; write A-labels (xn--…).", nameof(text));

        static string Shown(char c) => char.IsAscii(c) ? c.ToString() : FormattableString.Invariant($"\\u{(int)c:X4}");
    }

    /// <summary>The spelling under which a name from the wire is looked up.</summary>
    public static string Fold(string name) => (name.EndsWith('.') ? name[..^1] : name).ToLowerInvariant();
}
