using System.Text.Unicode;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Cli.Lint;

/// <summary>Lints TXT answers with the sender's own readers.</summary>
internal static class RecordLint
{
    /// <summary>No DNS answer is longer.</summary>
    public const int MaxSize = 256 * 1024;

    /// <summary>The answer for <c>_mta-sts</c>.</summary>
    public static Linted Sts(Input input)
    {
        (RecordReading? reading, IReadOnlyList<Finding> findings) = Read(input, "record", texts => RecordReading.Of(texts) is var one ? (one, one.Findings) : default);
        string? id = reading?.Lookup is RecordLookup.Found { Record.Id: var found } ? found : null;
        var line = new RecordLine(input.Source, id is null ? "none" : "found", id, FindingLine.From(findings));
        return new Linted(Json.Write(line, Json.Lines.RecordLine), id is null ? "no valid MTA-STS record" : $"a valid MTA-STS record, id {id}", id is not null, findings, CodeOf(input, findings));
    }

    /// <summary>The answer for <c>_smtp._tls</c>.</summary>
    public static Linted Tls(Input input)
    {
        (TlsRptReading? reading, IReadOnlyList<Finding> findings) = Read(input, "rpt", texts => TlsRptReading.Of(texts) is var one ? (one, one.Findings) : default);
        TlsRptRecord? record = reading?.Lookup is TlsRptLookup.Found { Record: var found } ? found : null;
        string[] usable = [.. record?.Usable.Select(TlsRptReading.TextOf) ?? []];
        var line = new TlsRecordLine(input.Source, record is not null, [.. record?.Rua.Select(TlsRptReading.TextOf) ?? []], usable, FindingLine.From(findings));
        return new Linted(
            Json.Write(line, Json.Lines.TlsRecordLine), record is null ? "no valid TLSRPT record" : $"a valid TLSRPT record, {usable.Length} usable address(es)",
            record is not null, findings, CodeOf(input, findings));
    }

    private static bool IsText(ReadOnlySpan<byte> octets) => !octets.Contains((byte)0) && Utf8.IsValid(octets);

    private static int CodeOf(Input input, IReadOnlyList<Finding> findings) => input is Input.Unusable ? ExitCode.Usage : Linted.CodeOf(findings);

    private static (T? Reading, IReadOnlyList<Finding> Findings) Read<T>(Input input, string area, Func<IReadOnlyList<string>, (T Reading, IReadOnlyList<Finding> Findings)> read)
        where T : class
    {
        switch (input)
        {
            case Input.Unusable(_, var reason):
                return (null, [new Finding(area + ".unreadable", reason)]);

            case Input.TooLarge(_, var limit):
                return (null, [new Finding(area + ".unreadable", FormattableString.Invariant($"it is longer than {limit} octets"))]);

            case Input.Content(_, var octets) when !IsText(octets.Span):
                return (null, [new Finding(area + ".not-text", "this is not text: it has NUL octets, or others that are no UTF-8")]);

            case Input.Content(_, var octets):
                var dig = DigOutput.Read(octets.Span);
                (T reading, IReadOnlyList<Finding> found) = read([.. dig.Records.Select(record => record.Text)]);
                IEnumerable<Finding> findings = found.Select(one => one.Line is { } number ? one with { Line = dig.Records[number - 1].Line } : one)
                    .Concat(dig.Split.Select(line => new Finding(area + ".split-strings", "the record's strings are joined with nothing between", line)));
                if (dig.Records.Count == 0 && dig.Comments.Count > 0)
                {
                    findings = dig.Comments.Take(3).Select(comment => new Finding(area + ".look-up-comment", comment.Text, comment.Line));
                }

                if (area == "record")
                {
                    findings = findings.Concat(dig.Aliases.Take(8).Select(alias => new Finding("record.cname", $"the record is kept at {alias.Name}", alias.Line)));
                }

                return (reading, [.. findings]);

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
