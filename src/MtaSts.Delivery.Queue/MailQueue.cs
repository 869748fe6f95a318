using Microsoft.Extensions.Logging;
using MimeKit;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>The queue: takes mail into a store, and delivers it from there while <see cref="RunAsync"/> runs.</summary>
/// <remarks>Several queues, in one process or many, may work on one store.</remarks>
public sealed class MailQueue : IMailQueue
{
    /// <summary>Creates a queue; the options are copied. Nothing is delivered before <see cref="RunAsync"/> is called.</summary>
    /// <param name="store">What the mail is kept in. It is not disposed with the queue.</param>
    /// <param name="deliverer">Delivers the mail; without one the queue only takes mail and orders for a worker elsewhere.</param>
    /// <param name="options">How mail is kept and retried; the defaults unless given.</param>
    /// <param name="notices">Writes the notices to senders.</param>
    /// <param name="listener">Is told what becomes of mail; nobody unless given.</param>
    /// <param name="clock">The clock; the system's unless given.</param>
    /// <param name="loggers">Where to log; nowhere unless given.</param>
    /// <param name="random">Spreads the tries; a fresh one unless given. Used from several threads.</param>
    /// <exception cref="ArgumentException">The options are not good; the message says which and why.</exception>
    public MailQueue(
        IQueueStore store, MailDeliverer? deliverer = null, QueueOptions? options = null, INoticeWriter? notices = null, IQueueListener? listener = null, TimeProvider? clock = null,
        ILoggerFactory? loggers = null, Random? random = null)
    {
        throw new NotImplementedException();
    }

    /// <summary>Delivers what is due, until it is cancelled; then takes nothing new, gives deliveries under way half a minute, and ends without an exception.</summary>
    /// <remarks>A store that fails does not end it: it goes on trying.</remarks>
    /// <exception cref="InvalidOperationException">The queue has no deliverer, or runs already.</exception>
    public Task RunAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<QueueId> EnqueueAsync(MessageContent content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<QueueId> EnqueueAsync(MimeMessage content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<QueueId> EnqueueAsync(Stream content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<QueuePage> ListAsync(QueueFilter? filter = null, QueueId? from = null, int count = 100, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<QueuedMessage?> FindAsync(QueueId id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<MessageContent?> ReadContentAsync(QueueId id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<QueueCounts> CountAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<QueueHealth> CheckHealthAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<long> RetryNowAsync(QueueFilter filter, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<long> HoldAsync(QueueFilter filter, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<long> ReleaseAsync(QueueFilter filter, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<long> CancelAsync(QueueFilter filter, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<long> DropAsync(QueueFilter filter, string reason, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<QueueCounts> DrainAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
