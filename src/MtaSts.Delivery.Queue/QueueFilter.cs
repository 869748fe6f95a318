namespace MtaSts.Delivery.Queue;

/// <summary>Which mail is meant: what meets every property that is set. One without any means all.</summary>
public sealed record QueueFilter
{
    /// <summary>All mail.</summary>
    public static QueueFilter All { get; } = new();

    /// <summary>One message.</summary>
    public QueueId? Id { get; init; }

    /// <summary>Recipients in one domain, in A-labels, or at one address literal in brackets.</summary>
    public string? Destination { get; init; }

    /// <summary>One recipient, for example <c>jane@example.com</c>.</summary>
    public string? Recipient { get; init; }

    /// <summary>Messages from one sender; empty for those with the null reverse-path.</summary>
    public string? Sender { get; init; }

    /// <summary>Messages with one mark of the program.</summary>
    public string? Tag { get; init; }

    /// <summary>Recipients that are waiting, being tried, or held; nothing else can be asked for.</summary>
    public RecipientState? State { get; init; }
}
