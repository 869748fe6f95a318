using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>One recipient that a notice tells of. Only those stand in a request whose NOTIFY allows it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Dsn">The sender's wishes, with the original recipient; <see langword="null"/> when there are none.</param>
/// <param name="Action">What became of the message.</param>
/// <param name="State">The same in the queue's words: <see cref="RecipientState.Failed"/>, <see cref="RecipientState.Expired"/> (its lifetime ended),
/// <see cref="RecipientState.Dropped"/>, <see cref="RecipientState.Waiting"/> (delayed) or <see cref="RecipientState.Delivered"/> (relayed).</param>
/// <param name="LastAttempt">The last try: status, MX host, reply, explanation, advice; <see langword="null"/> when there was none.</param>
/// <param name="Attempts">How often it was tried.</param>
public sealed record NoticeRecipient(EnvelopeAddress Address, RecipientDsn? Dsn, NoticeAction Action, RecipientState State, QueueAttempt? LastAttempt, int Attempts);
