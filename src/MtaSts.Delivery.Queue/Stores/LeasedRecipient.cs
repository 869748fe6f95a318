using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Stores;

/// <summary>A recipient of a leased delivery.</summary>
/// <param name="Ordinal">Its place in the message's envelope, from 0.</param>
/// <param name="Address">The address.</param>
/// <param name="Dsn">What the sender wishes to be told, if it said.</param>
/// <param name="Attempts">How often it was tried before.</param>
/// <param name="LastAttempt">What the last try came to, if there was one.</param>
public sealed record LeasedRecipient(int Ordinal, EnvelopeAddress Address, RecipientDsn? Dsn, int Attempts, QueueAttempt? LastAttempt);
