using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>A message in the queue with all its recipients. It leaves the queue when the last of them is finished.</summary>
/// <param name="Summary">The message itself.</param>
/// <param name="EnvelopeId">The sender's ENVID, if it gave one.</param>
/// <param name="Return">The sender's RET, if it gave one.</param>
/// <param name="Recipients">Its recipients in the order of the envelope, finished ones included.</param>
public sealed record QueuedMessage(QueueEntry Summary, string? EnvelopeId, DsnReturn? Return, IReadOnlyList<QueuedRecipient> Recipients)
{
    /// <summary>The message and each of its recipients, a line each.</summary>
    public override string ToString() => string.Join('\n', [Summary.ToString(), .. Recipients.Select(recipient => "  " + recipient)]);
}
