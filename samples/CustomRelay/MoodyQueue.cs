using MimeKit;
using MtaSts.Delivery;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Sessions;

namespace CustomRelay;

/// <summary>A queue whose disk can be full, for the self-test.</summary>
internal sealed class MoodyQueue(IMailQueue inner) : IMailQueue
{
    /// <summary>Whether it takes no mail.</summary>
    public bool IsFull { get; set; }

    public Task<QueueId> EnqueueAsync(MessageContent content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default) => IsFull
        ? Task.FromException<QueueId>(new QueueException("The disk is full; make room."))
        : inner.EnqueueAsync(content, envelope, options, cancellationToken);

    public Task<QueueId> EnqueueAsync(MimeMessage content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default) =>
        EnqueueAsync(MessageContent.From(content), envelope, options, cancellationToken);

    public async Task<QueueId> EnqueueAsync(Stream content, Envelope envelope, EnqueueOptions? options = null, CancellationToken cancellationToken = default) =>
        await EnqueueAsync(await MessageContent.FromAsync(content, cancellationToken), envelope, options, cancellationToken);

    public Task<QueuePage> ListAsync(QueueFilter? filter = null, QueueId? from = null, int count = 100, CancellationToken cancellationToken = default) => inner.ListAsync(filter, from, count, cancellationToken);

    public Task<QueuedMessage?> FindAsync(QueueId id, CancellationToken cancellationToken = default) => inner.FindAsync(id, cancellationToken);

    public Task<MessageContent?> ReadContentAsync(QueueId id, CancellationToken cancellationToken = default) => inner.ReadContentAsync(id, cancellationToken);

    public Task<QueueCounts> CountAsync(CancellationToken cancellationToken = default) => inner.CountAsync(cancellationToken);

    public Task<QueueHealth> CheckHealthAsync(CancellationToken cancellationToken = default) => inner.CheckHealthAsync(cancellationToken);

    public Task<long> RetryNowAsync(QueueFilter filter, CancellationToken cancellationToken = default) => inner.RetryNowAsync(filter, cancellationToken);

    public Task<long> HoldAsync(QueueFilter filter, CancellationToken cancellationToken = default) => inner.HoldAsync(filter, cancellationToken);

    public Task<long> ReleaseAsync(QueueFilter filter, CancellationToken cancellationToken = default) => inner.ReleaseAsync(filter, cancellationToken);

    public Task<long> CancelAsync(QueueFilter filter, CancellationToken cancellationToken = default) => inner.CancelAsync(filter, cancellationToken);

    public Task<long> DropAsync(QueueFilter filter, string reason, CancellationToken cancellationToken = default) => inner.DropAsync(filter, reason, cancellationToken);

    public Task<QueueCounts> DrainAsync(CancellationToken cancellationToken = default) => inner.DrainAsync(cancellationToken);
}
