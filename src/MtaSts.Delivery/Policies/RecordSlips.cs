namespace MtaSts.Delivery.Policies;

/// <summary>What can be wrong with a record, by the name of the slip. RFC 8461 §3.1.</summary>
internal static class RecordSlips
{
    private static readonly string[] PolicyKeys = ["mx", "mode", "max_age", "policy", "version"];

    /// <summary>What a TXT record that does not begin with <c>v=STSv1</c> was perhaps meant to be.</summary>
    public static string OfOther(string text)
    {
        string start = text.TrimStart(' ', '\t');
        string bare = start.TrimStart('"', '\'', '“', '(');
        string letters = new([.. bare.Where(c => !char.IsWhiteSpace(c) && c is not ('"' or '-' or '_'))]);
        return text.Length > start.Length && start.StartsWith(StsRecord.Version, StringComparison.Ordinal) ? "record.leading-space"
            : bare.Length < start.Length && bare.StartsWith(StsRecord.Version, StringComparison.Ordinal) ? "record.quotes-inside"
            : Begins(letters, "version:STSv1") || Begins(letters, "mode:") ? "record.policy-text"
            : Begins(letters, "v=TLSRPTv1") ? "record.tls-record-here"
            : Begins(letters, "v=STS") || Begins(letters, "v=MTASTS") || Begins(letters, "v:STS") ? "record.version-wrong"
            : text.Contains("v=STSv1", StringComparison.OrdinalIgnoreCase) ? "record.version-not-first"
            : Begins(letters, "id=") ? "record.version-missing"
            : "record.unrelated-txt";
    }

    /// <summary>The slip in a field that is not name=value.</summary>
    /// <param name="field">The field, up to the next white space or semicolon.</param>
    /// <param name="rest">What follows it.</param>
    public static string OfField(string field, ReadOnlySpan<char> rest) =>
        field.Length == 0 ? "record.field-empty"
        : !System.Text.Ascii.IsValid(field) ? "record.not-ascii"
        : rest.TrimStart(" \t").StartsWith("=") || (field.EndsWith('=') && rest.TrimStart(" \t") is { Length: > 0 } value && value[0] != ';') ? "record.space-around-equals"
        : field is "id=" or "id" ? "record.id-empty"
        : field.StartsWith("id:", StringComparison.OrdinalIgnoreCase) ? "record.colon-for-equals"
        : field.StartsWith("id=", StringComparison.Ordinal) ? "record.id-invalid"
        : "record.field-malformed";

    /// <summary>The slip where a semicolon was expected.</summary>
    public static string OfRest(string rest) => rest[0] is ' ' or '\t' or ',' or ':' or '.' ? "record.separator-missing"
        : char.IsAsciiLetterOrDigit(rest[0]) ? "record.version-wrong"
        : "record.field-malformed";

    /// <summary>What is to be said about a well-formed field that is not the id.</summary>
    public static string NoteOnField(string name) =>
        PolicyKeys.Contains(name.ToLowerInvariant()) ? "record.policy-fields"
        : name.ToLowerInvariant() is "rua" or "ruf" ? "record.tls-record-fields"
        : name.Equals("id", StringComparison.OrdinalIgnoreCase) ? "record.field-case"
        : "record.extension";

    private static bool Begins(string text, string start) => text.StartsWith(start, StringComparison.OrdinalIgnoreCase);
}
