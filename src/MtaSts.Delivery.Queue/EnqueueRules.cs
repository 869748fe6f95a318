using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>What can be taken, and what can be asked for.</summary>
internal static class EnqueueRules
{
    private const int MaxTag = 200;
    private static readonly TimeSpan Farthest = TimeSpan.FromDays(366);

    /// <summary>Why a message cannot be taken; <see langword="null"/> when it can.</summary>
    public static string? Fault(MessageContent content, Envelope envelope, EnqueueOptions options, QueueOptions limits, DateTimeOffset now) => options switch
    {
        _ when content.Fault is { } fault => $"The message cannot be sent: {fault}.",
        _ when content.Octets.Length > limits.MaxMessageSize => $"The message has {content.Octets.Length} octets; the queue takes at most {limits.MaxMessageSize} (MaxMessageSize).",
        { Lifetime: { } lifetime } when lifetime < TimeSpan.FromMinutes(1) || lifetime > TimeSpan.FromDays(30) => $"Lifetime is {lifetime}; use 1 minute to 30 days.",
        { NotBefore: { } notBefore } when notBefore > now + Farthest => $"NotBefore is {notBefore:O}; use a moment within a year.",
        { Priority: not (QueuePriority.Bulk or QueuePriority.Normal or QueuePriority.Urgent) } => $"Priority is {options.Priority}; use Bulk, Normal or Urgent.",
        { Tag: { } tag } when tag.Length is 0 or > MaxTag || tag.Any(char.IsControl) => $"Tag has {tag.Length} characters; use 1 to {MaxTag}, without control characters.",
        _ => null,
    };

    /// <summary>Reads a message to its end, but no more of it than may be.</summary>
    /// <exception cref="ArgumentException">It is larger than may be, or empty.</exception>
    public static async Task<byte[]> ReadAsync(Stream content, int maxSize, CancellationToken cancellationToken)
    {
        using var copy = new MemoryStream();
        byte[] block = new byte[81_920];
        while (await content.ReadAsync(block, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            copy.Write(block, 0, count);
            if (copy.Length > maxSize)
            {
                throw new ArgumentException($"The message has more than {maxSize} octets, which is the most that the queue takes (MaxMessageSize).", nameof(content));
            }
        }

        return copy.ToArray();
    }

    /// <summary>The filter, if every value can be met.</summary>
    /// <exception cref="ArgumentException">One cannot; the message names it.</exception>
    public static QueueFilter Checked(QueueFilter filter)
    {
        if (filter.Recipient is { } recipient && !EnvelopeAddress.TryParse(recipient, out _))
        {
            throw new ArgumentException($"'{PrintableText(recipient)}' is not an SMTP mailbox.", nameof(filter));
        }

        if (filter.Sender is { Length: > 0 } sender && !EnvelopeAddress.TryParse(sender, out _))
        {
            throw new ArgumentException($"'{PrintableText(sender)}' is not an SMTP mailbox; leave Sender empty for the null one.", nameof(filter));
        }

        return filter.State is null or RecipientState.Waiting or RecipientState.Delivering or RecipientState.Held
            ? filter with { Recipient = Canonical(filter.Recipient), Sender = Canonical(filter.Sender), Destination = filter.Destination is { } name && DomainName.TryParse(name, out DomainName? domain) ? domain.Value : filter.Destination }
            : throw new ArgumentException($"State is {filter.State}, and finished mail is not in the queue; use Waiting, Delivering or Held.", nameof(filter));
    }

    private static string? Canonical(string? address) => EnvelopeAddress.TryParse(address, out EnvelopeAddress? read) ? read.ToString() : address;

    private static string PrintableText(string text) => new([.. text.Take(100).Select(c => char.IsControl(c) ? '?' : c)]);
}
