using System.Globalization;
using System.Text.Json;

namespace MtaSts.Delivery.Reporting;

/// <summary>The members of one JSON object, taken by name; what is not as it should be is noted and read as well as it can be.</summary>
internal sealed class JsonObject
{
    private const int MaxText = 2048;

    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly ReadingNotes _notes;
    private readonly bool _exists;

    private JsonObject(string path, ReadingNotes notes, bool exists)
    {
        _path = path;
        _notes = notes;
        _exists = exists;
    }

    public bool HasAny { get; private set; }

    /// <summary>Takes an object apart; anything else is an object without members, and noted.</summary>
    public static JsonObject From(JsonElement? element, string path, IReadOnlyList<string> known, ReadingNotes notes)
    {
        var taken = new JsonObject(path, notes, element is { ValueKind: JsonValueKind.Object });
        if (element is not { ValueKind: JsonValueKind.Object } found)
        {
            if (element is not null)
            {
                notes.Add(TlsReportDeviationKind.WrongType, path, "it is no object");
            }

            return taken;
        }

        foreach (JsonProperty member in found.EnumerateObject())
        {
            string name = NameOf(member);
            if (!known.Contains(name))
            {
                notes.Add(TlsReportDeviationKind.UnknownMember, taken.PathOf(PeerText.Clean(name, 64)), "RFC 8460 knows no such member");
                // Only as many as a report could mean; the rest is noise.
                if (taken._members.Count >= 64)
                {
                    continue;
                }
            }
            else
            {
                taken.HasAny = true;
            }

            if (!taken._members.TryAdd(name, member.Value))
            {
                notes.Add(TlsReportDeviationKind.DuplicateMember, taken.PathOf(PeerText.Clean(name, 64)), "it stands there twice");
                taken._members[name] = member.Value;
            }
        }

        return taken;
    }

    public string PathOf(string name) => _path.Length == 0 ? name : _path + "." + name;

    public void Note(TlsReportDeviationKind kind, string name, string detail) => _notes.Add(kind, PathOf(name), detail);

    public JsonObject Object(string name, IReadOnlyList<string> known) => From(Member(name, required: true), PathOf(name), known, _notes);

    /// <summary>The objects of an array; a single object is taken for an array of one, and noted.</summary>
    public IEnumerable<JsonObject> Objects(string name, IReadOnlyList<string> known, bool required)
    {
        if (Member(name, required) is not { } member)
        {
            return [];
        }

        if (member.ValueKind == JsonValueKind.Array)
        {
            return member.EnumerateArray().Select((element, index) => From(element, FormattableString.Invariant($"{PathOf(name)}[{index}]"), known, _notes));
        }

        Note(TlsReportDeviationKind.WrongType, name, "it is no array");
        return member.ValueKind == JsonValueKind.Object ? [From(member, PathOf(name), known, _notes)] : [];
    }

    public string? Text(string name, bool required = true)
    {
        if (Member(name, required) is not { } member)
        {
            return null;
        }

        if (member.ValueKind == JsonValueKind.String)
        {
            return TextOf(member, name);
        }

        Note(TlsReportDeviationKind.WrongType, name, "it is no string");
        return member.ValueKind == JsonValueKind.Number ? PeerText.Clean(member.GetRawText(), MaxText) : null;
    }

    /// <summary>The strings of an array; a single string is taken for an array of one, and noted.</summary>
    public IReadOnlyList<string> Texts(string name, TlsReportDeviationKind notArray, bool required)
    {
        if (Member(name, required) is not { } member)
        {
            return [];
        }

        if (member.ValueKind == JsonValueKind.Array)
        {
            var texts = new List<string>();
            foreach (JsonElement element in member.EnumerateArray())
            {
                if (element.ValueKind == JsonValueKind.String)
                {
                    texts.Add(TextOf(element, name));
                }
                else
                {
                    Note(TlsReportDeviationKind.WrongType, name, "one of its elements is no string");
                }
            }

            return texts;
        }

        if (member.ValueKind == JsonValueKind.String)
        {
            Note(notArray, name, "it is a string, not an array of strings");
            return [TextOf(member, name)];
        }

        Note(TlsReportDeviationKind.WrongType, name, "it is no array of strings");
        return [];
    }

    public long? Count(string name)
    {
        if (Member(name, required: true) is not { } member)
        {
            return null;
        }

        if (member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out long count) && count >= 0)
        {
            return count;
        }

        Note(TlsReportDeviationKind.CountInvalid, name, "it is no integer from 0 up");
        return member.ValueKind == JsonValueKind.String && long.TryParse(TextOf(member, name), NumberStyles.None, CultureInfo.InvariantCulture, out count) ? count : null;
    }

    private JsonElement? Member(string name, bool required)
    {
        if (_members.TryGetValue(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null)
        {
            return member;
        }

        // What the missing object would have held is not missed once more.
        if (_exists && (required || member.ValueKind == JsonValueKind.Null))
        {
            Note(TlsReportDeviationKind.MissingMember, name, member.ValueKind == JsonValueKind.Null ? "it is null" : "it is missing");
        }

        return null;
    }

    private string TextOf(JsonElement element, string name)
    {
        string text;
        try
        {
            text = element.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // Octets that are not UTF-8, or an escape for half a surrogate pair.
            Note(TlsReportDeviationKind.TextInvalid, name, "it is not Unicode");
            return "\uFFFD";
        }

        string clean = PeerText.Clean(text, MaxText);
        if (text.Length > MaxText)
        {
            Note(TlsReportDeviationKind.TextTooLong, name, FormattableString.Invariant($"it has {text.Length} characters"));
        }

        if (!text.AsSpan(0, clean.Length).SequenceEqual(clean))
        {
            Note(TlsReportDeviationKind.TextInvalid, name, "it holds control characters");
        }

        return clean;
    }

    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }
}
