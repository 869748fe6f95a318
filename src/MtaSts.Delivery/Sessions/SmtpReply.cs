using System.Globalization;

namespace MtaSts.Delivery.Sessions;

/// <summary>A server's reply. RFC 5321 §4.2.</summary>
/// <param name="Code">200 to 599.</param>
/// <param name="Lines">The text of each line without the code, control and format characters replaced by <c>?</c>.</param>
public sealed record SmtpReply(int Code, IReadOnlyList<string> Lines)
{
    /// <summary>Whether the command was done: 2yz.</summary>
    public bool IsPositive => Code is >= 200 and < 300;

    /// <summary>Whether the command failed for now: 4yz.</summary>
    public bool IsTransient => Code is >= 400 and < 500;

    /// <summary>Whether the command failed for good: 5yz.</summary>
    public bool IsPermanent => Code >= 500;

    /// <summary>The enhanced status in front of the text, when its class agrees with the code; otherwise <see langword="null"/>. RFC 2034 §3.</summary>
    public EnhancedStatus? Enhanced => EnhancedStatus.TryParse(Lines.Count > 0 ? Lines[0] : null, out EnhancedStatus status) && status.Class == Code / 100 ? status : null;

    /// <summary>Code and text on one line, the code that starts each further line's text left out.</summary>
    public override string ToString()
    {
        string? prefix = Enhanced is { } status ? status + " " : null;
        IEnumerable<string> texts = Lines.Select((line, i) => i > 0 && prefix is not null && line.StartsWith(prefix, StringComparison.Ordinal) ? line[prefix.Length..] : line);
        return string.Create(CultureInfo.InvariantCulture, $"{Code} {string.Join(' ', texts)}").TrimEnd();
    }
}
