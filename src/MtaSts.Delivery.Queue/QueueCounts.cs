using System.Globalization;

namespace MtaSts.Delivery.Queue;

/// <summary>How much is in the queue.</summary>
/// <param name="Messages">Messages.</param>
/// <param name="Due">Deliveries that could be tried, or given up, at once: a delivery is a message with its recipients in one domain, at most 1,000 of them.</param>
/// <param name="Waiting">Deliveries whose next try lies in the future, or whose destination is left alone for a while.</param>
/// <param name="Delivering">Deliveries that are being tried.</param>
/// <param name="Held">Deliveries that an operator holds.</param>
/// <param name="Oldest">When the oldest message was taken; <see langword="null"/> when there is none.</param>
/// <param name="UntoldEvents">Events that the program's listener has yet to be told.</param>
public sealed record QueueCounts(long Messages, long Due, long Waiting, long Delivering, long Held, DateTimeOffset? Oldest, long UntoldEvents)
{
    /// <summary>The counts in a sentence.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Messages} messages; {Due} deliveries due, {Waiting} waiting, {Delivering} under way, {Held} held{(Oldest is { } oldest ? $"; the oldest of {oldest:u}" : "")}{(UntoldEvents > 0 ? $"; {UntoldEvents} events untold" : "")}");
}
