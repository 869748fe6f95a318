namespace MtaSts.Delivery.Queue.Stores;

/// <summary>How a destination (a domain or an address literal) does.</summary>
/// <param name="Name">The domain in A-labels, or the literal in brackets.</param>
/// <param name="Failures">How many tries in a row found no server there that would talk about mail; 0 when the last one did, or none was made.</param>
/// <param name="NotBefore">Until when it is left alone; <see langword="null"/> when it is not.</param>
/// <param name="LastFailure">What the last of these tries came to.</param>
public sealed record DestinationState(string Name, int Failures, DateTimeOffset? NotBefore, QueueAttempt? LastFailure);
