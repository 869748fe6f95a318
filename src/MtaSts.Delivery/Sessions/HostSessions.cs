namespace MtaSts.Delivery.Sessions;

/// <summary>What this sender has of sessions with one host at one moment.</summary>
/// <param name="Open">How many there are, those that wait for a message included.</param>
/// <param name="Kept">How many of them wait for a message.</param>
/// <param name="Waiting">How many messages wait for one.</param>
/// <param name="HeldBack">Addresses that are left alone for a while, as they did not answer or asked for time.</param>
public sealed record HostSessions(int Open, int Kept, int Waiting, IReadOnlyList<HeldBackAddress> HeldBack)
{
    internal static HostSessions None { get; } = new(0, 0, 0, []);
}
