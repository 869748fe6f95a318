using System.Globalization;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Queue;

/// <summary>A message in the queue, as lists show it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Sender">The reverse-path; <see langword="null"/> for the null one.</param>
/// <param name="Size">Its size in octets.</param>
/// <param name="Priority">Which mail goes first.</param>
/// <param name="Tag">The program's own mark for it, if it gave one.</param>
/// <param name="IsNotice">Whether the queue made it, to tell a sender something.</param>
/// <param name="Arrived">When it was taken.</param>
/// <param name="NextTry">When the first of its recipients is tried next; <see langword="null"/> when none waits.</param>
/// <param name="Expires">When the last of its recipients is given up.</param>
/// <param name="Attempts">The most tries that one of its recipients had.</param>
/// <param name="Open">How many recipients are not finished.</param>
/// <param name="Held">How many of them are held.</param>
/// <param name="Destinations">The domains of recipients that are not finished; at most ten.</param>
/// <param name="LastExplanation">What was said last about one of them, for a person; <see langword="null"/> before the first try.</param>
public sealed record QueueEntry(
    QueueId Id, EnvelopeAddress? Sender, long Size, QueuePriority Priority, string? Tag, bool IsNotice, DateTimeOffset Arrived, DateTimeOffset? NextTry, DateTimeOffset Expires,
    int Attempts, int Open, int Held, IReadOnlyList<string> Destinations, string? LastExplanation)
{
    /// <summary>The message in a line, for a log or a test that fails.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Id} from {Sender?.ToString() ?? "<>"} to {string.Join(", ", Destinations)}; taken {Arrived:u}, recipients open: {Open}, held: {Held}, tries: {Attempts}{(NextTry is { } next ? $", next {next:u}" : "")}{(LastExplanation is { } said ? "; " + said : "")}");
}
