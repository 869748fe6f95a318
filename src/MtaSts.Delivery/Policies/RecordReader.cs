using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>Reads one record: for a sender, who wants the id, and for a checker, who wants to know everything. RFC 8461 §3.1.</summary>
internal sealed class RecordReader(int? number)
{
    private const int MaxToken = 32;

    private readonly List<Finding> _findings = [];

    /// <summary>The id; <see langword="null"/> when there is a fault.</summary>
    public string? Id { get; private set; }

    /// <summary>The fault that makes the text no record.</summary>
    public Finding? Fault { get; private set; }

    /// <summary>What was noticed, the fault included.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>Reads the record; what it came to stands in the properties.</summary>
    public void Read(string? text)
    {
        if (text is null || !text.StartsWith(StsRecord.Version, StringComparison.Ordinal))
        {
            Fail(RecordSlips.OfOther(text ?? ""), "the record does not begin with v=STSv1");
            return;
        }

        ReadFields(text.AsSpan(StsRecord.Version.Length));
        if (Fault is not null)
        {
            Id = null;
        }
        else if (Id is null)
        {
            Fail("record.id-missing", "the record has no id");
        }
        else
        {
            Note("record.found", $"the record's id is {Id}");
        }
    }

    private void ReadFields(ReadOnlySpan<char> rest)
    {
        while (TakeDelimiter(ref rest))
        {
            // The last semicolon is optional, and so is what would follow it.
            if (rest.Length == 0)
            {
                return;
            }

            int end = rest.IndexOfAny(" \t;");
            string field = new(end < 0 ? rest : rest[..end]);
            rest = end < 0 ? [] : rest[end..];
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? field : field[..equals];
            string value = equals < 0 ? "" : field[(equals + 1)..];
            if (equals < 0 || !IsFieldName(name) || value.Length == 0 || !value.All(IsValueCharacter))
            {
                Fail(RecordSlips.OfField(field, rest), $"the field '{Printable(field)}' is not name=value");
                return;
            }

            ReadField(name, value);
            if (Fault is not null)
            {
                return;
            }
        }

        if (rest.Length > 0)
        {
            string left = new(rest);
            Fail(RecordSlips.OfRest(left), $"unexpected '{Printable(left)}'");
        }
    }

    private void ReadField(string name, string value)
    {
        if (name != "id")
        {
            string code = RecordSlips.NoteOnField(name);
            Note(code, $"senders do not read the field '{Printable(name)}'");
            return;
        }

        // Of a repeated field the first counts. RFC 8461 §3.2, at its end.
        if (Id is not null)
        {
            Note("record.id-duplicate", "a second id: only the first counts");
            return;
        }

        if (value.Length > MaxToken || !value.All(char.IsAsciiLetterOrDigit))
        {
            Fail(value.All(char.IsAsciiLetterOrDigit) ? "record.id-too-long" : "record.id-invalid", $"the id '{Printable(value)}' is not 1 to 32 letters and digits");
            return;
        }

        Id = value;
    }

    /// <summary>Takes <c>*WSP ";" *WSP</c> off the front; white space at the very end is let pass (decision AMB-8).</summary>
    private bool TakeDelimiter(ref ReadOnlySpan<char> rest)
    {
        ReadOnlySpan<char> trimmed = rest.TrimStart(" \t");
        if (trimmed.Length == 0)
        {
            if (rest.Length > 0)
            {
                Note("record.trailing-space", "white space stands at the end");
            }

            rest = [];
            return false;
        }

        if (trimmed[0] != ';')
        {
            return false;
        }

        if (trimmed.Length < rest.Length)
        {
            Note("record.space-before-semicolon", "white space stands before a semicolon");
        }

        rest = trimmed[1..].TrimStart(" \t");
        return true;
    }

    private void Fail(string code, string message)
    {
        Fault = new Finding(code, message, number);
        _findings.Insert(0, Fault);
    }

    // Each kind of note once: the list stays short however long the text is.
    private void Note(string code, string message)
    {
        if (!_findings.Exists(finding => finding.Code == code))
        {
            _findings.Add(new Finding(code, message, number));
        }
    }

    private static bool IsFieldName(string name) => name.Length is > 0 and <= MaxToken && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    private static bool IsValueCharacter(char c) => c is > ' ' and <= '~' and not (';' or '=');

    private static string Printable(string text) => PrintableText.Of(text, 64);
}
