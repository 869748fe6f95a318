using System.Diagnostics.CodeAnalysis;

namespace MtaSts.Delivery.Reporting;

/// <summary>The <c>_smtp._tls</c> TXT record. RFC 8460 §3.</summary>
/// <param name="Rua">Where reports are wanted, in order; at least one, of which any may be unusable.</param>
public sealed record TlsRptRecord(IReadOnlyList<ReportTarget> Rua)
{
    private const string Version = "v=TLSRPTv1";
    private const int MaxExtensionName = 32;

    // Real records name one or two. The record is a stranger's, and each URI costs work.
    private const int MaxTargets = 16;

    /// <summary>The targets that a report can be sent to, in order.</summary>
    public IEnumerable<ReportTarget> Usable => Rua.Where(target => target is not ReportTarget.Unusable);

    /// <summary>Whether a TXT record claims to be a TLSRPT record, so that it counts among several. RFC 8460 §3.</summary>
    public static bool IsCandidate(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Version + ";", StringComparison.Ordinal);
    }

    /// <summary>Reads the record by the grammar; only the URIs of <c>rua</c> are read with patience, each by itself. RFC 8460 §3.</summary>
    /// <remarks>The grammar lets <c>rua</c> stand there more than once; all of them count. At most 16 URIs are read.</remarks>
    /// <param name="text">One TXT record, its strings joined.</param>
    /// <param name="record">The record, when the text is one.</param>
    /// <param name="fault">What is wrong, for a person, when it is none.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TlsRptRecord? record, [NotNullWhen(false)] out string? fault)
    {
        record = null;
        if (text is null || !text.StartsWith(Version, StringComparison.Ordinal))
        {
            fault = "the record does not begin with v=TLSRPTv1";
            return false;
        }

        string[] fields = text[Version.Length..].Split(';');
        if (fields[0].Trim(' ', '\t').Length > 0)
        {
            fault = $"unexpected '{PeerText.Clean(fields[0], 64)}' behind the version";
            return false;
        }

        var uris = new List<string>();
        // The last semicolon is optional, and so is what would follow it.
        IEnumerable<string> named = fields.Skip(1).Select(field => field.Trim(' ', '\t'));
        foreach (string field in fields[^1].Trim(' ', '\t').Length == 0 ? named.SkipLast(1) : named)
        {
            if (field.StartsWith("rua=", StringComparison.Ordinal))
            {
                uris.AddRange(field["rua=".Length..].Split(','));
            }
            else if (!IsExtension(field))
            {
                fault = $"the field '{PeerText.Clean(field, 64)}' is not name=value";
                return false;
            }
        }

        if (uris.Count == 0)
        {
            fault = "the record has no rua";
            return false;
        }

        List<ReportTarget> rua = [.. uris.Take(MaxTargets).Select(uri => ReportTarget.Read(uri.Trim(' ', '\t')))];
        if (uris.Count > MaxTargets)
        {
            rua.Add(new ReportTarget.Unusable("…", FormattableString.Invariant($"only the first {MaxTargets} URIs are read")));
        }

        record = new TlsRptRecord(rua);
        fault = null;
        return true;
    }

    private static bool IsExtension(string field)
    {
        int equals = field.IndexOf('=', StringComparison.Ordinal);
        return equals is > 0 and <= MaxExtensionName && equals < field.Length - 1 && char.IsAsciiLetterOrDigit(field[0])
            && field[..equals].All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
            && field[(equals + 1)..].All(c => c is > ' ' and <= '~' and not '=');
    }
}
