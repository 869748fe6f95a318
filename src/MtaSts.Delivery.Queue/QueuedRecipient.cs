using System.Globalization;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>One recipient of a queued message.</summary>
/// <param name="Address">The address.</param>
/// <param name="Dsn">What the sender wishes to be told; <see langword="null"/> when it did not say.</param>
/// <param name="State">How far its mail has come.</param>
/// <param name="NextTry">When it is tried next; <see langword="null"/> when it is not.</param>
/// <param name="Expires">When it is given up.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="LastAttempt">What the last try came to; <see langword="null"/> before the first.</param>
public sealed record QueuedRecipient(
    EnvelopeAddress Address, RecipientDsn? Dsn, RecipientState State, DateTimeOffset? NextTry, DateTimeOffset Expires, int Attempts, QueueAttempt? LastAttempt)
{
    /// <summary>The recipient in a line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Address}: {State}, tries: {Attempts}{(NextTry is { } next ? $", next {next:u}" : "")}{(LastAttempt is { } last ? $"; {last}" : "")}");
}
