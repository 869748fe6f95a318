using System.Diagnostics.CodeAnalysis;

namespace MtaSts.Delivery.Policies;

/// <summary>The <c>_mta-sts</c> TXT record. RFC 8461 §3.1.</summary>
/// <param name="Id">The policy's id, an opaque token of 1 to 32 letters and digits: equal or different, never newer or older.</param>
public sealed record StsRecord(string Id)
{
    private const string Version = "v=STSv1";
    private const int MaxToken = 32;

    /// <summary>Whether a TXT record claims to be an MTA-STS record, so that it counts among several. RFC 8461 §3.1.</summary>
    /// <remarks>The RFC's literal filter is <c>v=STSv1;</c>, though its grammar allows white space before the semicolon; we take the filter
    /// where there are several records and the grammar for a single one (decision AMB-1).</remarks>
    public static bool IsCandidate(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Version + ";", StringComparison.Ordinal);
    }

    /// <summary>Reads the record to the letter of the grammar. RFC 8461 §3.1.</summary>
    /// <param name="text">One TXT record, its strings joined.</param>
    /// <param name="record">The record, when the text is one.</param>
    /// <param name="fault">What is wrong, for a person, when it is none.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out StsRecord? record, [NotNullWhen(false)] out string? fault)
    {
        record = null;
        fault = null;
        if (text is null || !text.StartsWith(Version, StringComparison.Ordinal))
        {
            fault = "the record does not begin with v=STSv1";
            return false;
        }

        ReadOnlySpan<char> rest = text.AsSpan(Version.Length);
        string? id = null;
        while (TakeDelimiter(ref rest))
        {
            // The last semicolon is optional, and so is what would follow it.
            if (rest.Length == 0)
            {
                break;
            }

            int end = rest.IndexOfAny(" \t;");
            ReadOnlySpan<char> field = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[end..];
            int equals = field.IndexOf('=');
            string name = new(equals < 0 ? field : field[..equals]);
            string value = new(equals < 0 ? [] : field[(equals + 1)..]);
            if (equals < 0 || !IsFieldName(name) || value.Length == 0 || !value.All(IsValueCharacter))
            {
                fault = $"the field '{Printable(new(field))}' is not name=value";
                return false;
            }

            // Of a repeated field the first counts. RFC 8461 §3.2, at its end.
            if (name == "id" && id is null)
            {
                if (value.Length > MaxToken || !value.All(char.IsAsciiLetterOrDigit))
                {
                    fault = $"the id '{Printable(value)}' is not 1 to 32 letters and digits";
                    return false;
                }

                id = value;
            }
        }

        if (rest.Length > 0)
        {
            fault = $"unexpected '{Printable(new(rest))}'";
            return false;
        }

        if (id is null)
        {
            fault = "the record has no id";
            return false;
        }

        record = new StsRecord(id);
        return true;
    }

    /// <summary>Takes <c>*WSP ";" *WSP</c> off the front; white space at the very end is let pass (decision AMB-8).</summary>
    private static bool TakeDelimiter(ref ReadOnlySpan<char> rest)
    {
        ReadOnlySpan<char> trimmed = rest.TrimStart(" \t");
        if (trimmed.Length == 0)
        {
            rest = [];
            return false;
        }

        if (trimmed[0] != ';')
        {
            return false;
        }

        rest = trimmed[1..].TrimStart(" \t");
        return true;
    }

    private static bool IsFieldName(string name) => name.Length is > 0 and <= MaxToken && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    private static bool IsValueCharacter(char c) => c is > ' ' and <= '~' and not (';' or '=');

    private static string Printable(string text) => new([.. text.Take(64).Select(c => char.IsControl(c) ? '?' : c)]);
}
