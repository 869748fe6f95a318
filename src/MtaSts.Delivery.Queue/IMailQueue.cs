using MimeKit;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>A queue that delivers or bounces what it has taken, and never loses it.</summary>
public interface IMailQueue
{
    /// <summary>Takes a message. When the task ends, it is durable: neither the end of the process nor of the power loses it.</summary>
    /// <param name="content">The message.</param>
    /// <param name="envelope">Sender and recipients, and what the sender wishes to be told.</param>
    /// <param name="options">How the message is handled; as the queue's options say unless given.</param>
    /// <param name="cancellationToken">Ends the wait. The message may then be in the queue or not.</param>
    /// <returns>The message's number.</returns>
    /// <exception cref="ArgumentException">The message or an option is not good; nothing was taken.</exception>
    /// <exception cref="QueueException">The store cannot take it; nothing was taken.</exception>
    /// <exception cref="InvalidOperationException">The queue is being drained; nothing was taken.</exception>
    Task<QueueId> EnqueueAsync(MessageContent content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Takes a message, which is written out and never changed; its Bcc fields stay behind.</summary>
    /// <inheritdoc cref="EnqueueAsync(MessageContent, Envelope, EnqueueOptions?, CancellationToken)"/>
    Task<QueueId> EnqueueAsync(MimeMessage content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Takes a message as it is stored, reading it to its end.</summary>
    /// <inheritdoc cref="EnqueueAsync(MessageContent, Envelope, EnqueueOptions?, CancellationToken)"/>
    Task<QueueId> EnqueueAsync(Stream content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Lists messages in the order in which they came.</summary>
    /// <param name="filter">Which; all unless given.</param>
    /// <param name="from">Where to begin: <see cref="QueuePage.Next"/> of the part before.</param>
    /// <param name="count">How many at most, 1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    Task<QueuePage> ListAsync(QueueFilter? filter = null, QueueId? from = null, int count = 100, CancellationToken cancellationToken = default);

    /// <summary>One message with all its recipients; <see langword="null"/> when it is not, or no longer, in the queue.</summary>
    Task<QueuedMessage?> FindAsync(QueueId id, CancellationToken cancellationToken = default);

    /// <summary>The octets of a message; <see langword="null"/> when it is not, or no longer, in the queue.</summary>
    Task<MessageContent?> ReadContentAsync(QueueId id, CancellationToken cancellationToken = default);

    /// <summary>How much is in the queue.</summary>
    Task<QueueCounts> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>Whether the queue does its work. A store that fails is an answer, not an exception.</summary>
    Task<QueueHealth> CheckHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>Makes waiting mail due at once, also where its destination is being left alone.</summary>
    /// <returns>How many deliveries it was.</returns>
    Task<long> RetryNowAsync(QueueFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Keeps mail from being tried until it is released; its lifetime goes on. What is being tried at this moment is held when that try ends.</summary>
    /// <returns>How many deliveries it was.</returns>
    Task<long> HoldAsync(QueueFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Lets held mail go on; it is due at once.</summary>
    /// <returns>How many deliveries it was.</returns>
    Task<long> ReleaseAsync(QueueFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Takes mail back: what was not delivered yet will not be, and no notice goes to its sender. What is being tried at this moment ends with that try.</summary>
    /// <returns>How many deliveries it was.</returns>
    Task<long> CancelAsync(QueueFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Gives mail up, and tells its senders. What is being tried at this moment ends with that try.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="reason">Why, in words for the sender.</param>
    /// <param name="cancellationToken">Ends the wait; what was given up by then stays so.</param>
    /// <returns>How many deliveries it was.</returns>
    Task<long> DropAsync(QueueFilter filter, string reason, CancellationToken cancellationToken = default);

    /// <summary>Empties the queue as far as it goes: takes no more mail, makes all that waits due at once, and ends when nothing is due or being tried. The queue takes mail again afterwards.</summary>
    /// <remarks>What was deferred stays, and what is held. Where no server talks about mail, that is found out by the first tries, and the rest of what waits for that destination stays untried.</remarks>
    /// <returns>How much is left.</returns>
    /// <exception cref="InvalidOperationException">Nobody works on the queue: no worker runs here (<see cref="MailQueue.RunAsync"/>), and for ten seconds none elsewhere has begun anything.</exception>
    Task<QueueCounts> DrainAsync(CancellationToken cancellationToken = default);
}
