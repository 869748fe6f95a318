using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>What the most usual statuses mean for whoever wrote the message. RFC 3463 §3.</summary>
internal static class StatusWords
{
    /// <summary>One or two sentences, or <see langword="null"/> when the status tells a person nothing.</summary>
    public static string? For(EnhancedStatus status) => (status.Subject, status.Detail) switch
    {
        (1, 1) => "There is no such mailbox. Look whether the address is spelled as it should be.",
        (1, 2) => "There is no such domain. Look whether what stands behind the @ is spelled as it should be.",
        (1, 3) => "The recipient's server does not understand the address. Look whether it is spelled as it should be.",
        (1, 6) => "The mailbox has moved, and nobody knows where to. Ask the recipient for the new address.",
        (1, 10) => "The recipient's domain takes no mail. Ask the recipient for another address.",
        (2, 0) or (2, 1) => "The mailbox takes no mail at present. Ask the recipient by another way.",
        (2, 2) => "The mailbox is full. The recipient must make room.",
        (2, 3) or (3, 4) => "The message is larger than the recipient's server takes. Send a smaller one, or a link to what it holds.",
        (4, 6) => "The message would go round in circles. The recipient's administrator must mend that.",
        (6, 7) => "The recipient's server takes no address with letters beyond ASCII. Ask the recipient for another one.",
        (7, 1) => "The recipient's server does not take this message from this sender. Ask the recipient, or their administrator, by another way.",
        _ => null,
    };
}
