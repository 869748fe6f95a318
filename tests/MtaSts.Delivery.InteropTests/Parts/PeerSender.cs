namespace MtaSts.Delivery.InteropTests.Parts;

/// <summary>One sender of the comparison.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="LocalPart">The recipients' local part, by which its messages are told from the others'.</param>
/// <param name="SendAsync">Sends a message to each recipient, and returns when each was delivered, deferred or bounced: by recipient, one of these words, and the sender's own sentence.</param>
internal sealed record PeerSender(
    string Name, string LocalPart, Func<IReadOnlyList<string>, CancellationToken, Task<IReadOnlyDictionary<string, (string Word, string Why)>>> SendAsync);
