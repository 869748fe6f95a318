namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>The transaction that MAIL has begun.</summary>
internal sealed class Envelope(string reversePath, IReadOnlyList<string> parameters)
{
    public string ReversePath => reversePath;

    public IReadOnlyList<string> Parameters => parameters;

    public List<string> Recipients { get; } = [];

    public List<IReadOnlyList<string>> RecipientParameters { get; } = [];

    public MessageContent Content { get; } = new();

    public bool HasContent { get; set; }

    /// <summary>Splits <c>MAIL FROM:&lt;path&gt; parameters</c>; null if it has no path.</summary>
    public static (string Path, IReadOnlyList<string> Parameters)? TryParsePath(string command)
    {
        int open = command.IndexOf('<', StringComparison.Ordinal);
        if (open < 0)
        {
            return null;
        }

        bool isQuoted = false;
        for (int i = open + 1; i < command.Length; i++)
        {
            if (command[i] == '\\' && isQuoted)
            {
                i++;
            }
            else if (command[i] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (command[i] == '>' && !isQuoted)
            {
                return (command[(open + 1)..i], command[(i + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return null;
    }
}
