using MimeKit;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery;

/// <summary>Whom a message comes from and goes to, whatever its header fields say. RFC 5321 §2.3.1.</summary>
public sealed class Envelope
{
    /// <summary>Creates an envelope.</summary>
    /// <param name="sender">The reverse-path; <see langword="null"/> for the null one of notices. RFC 5321 §4.5.5.</param>
    /// <param name="recipients">At least one; the same address twice counts once.</param>
    /// <exception cref="ArgumentException">There is no recipient.</exception>
    public Envelope(EnvelopeAddress? sender, IEnumerable<EnvelopeAddress> recipients)
    {
        ArgumentNullException.ThrowIfNull(recipients);
        Sender = sender;
        EnvelopeAddress[] all = [.. recipients];
        Recipients = all.Length == 1 ? all : [.. all.Distinct()];
        if (Recipients.Count == 0)
        {
            throw new ArgumentException("The envelope has no recipient.", nameof(recipients));
        }
    }

    /// <summary>Creates an envelope from addresses as text.</summary>
    /// <param name="sender">The reverse-path, for example <c>noreply@example.com</c>; empty for the null one.</param>
    /// <param name="recipients">At least one, for example <c>jane@example.net</c>.</param>
    /// <exception cref="FormatException">A text is no SMTP mailbox; the message names it.</exception>
    /// <exception cref="ArgumentException">There is no recipient.</exception>
    public Envelope(string sender, params IEnumerable<string> recipients)
        : this(string.IsNullOrEmpty(sender) ? null : EnvelopeAddress.Parse(sender), recipients.Select(EnvelopeAddress.Parse))
    {
    }

    /// <summary>The reverse-path; <see langword="null"/> for the null one.</summary>
    public EnvelopeAddress? Sender { get; }

    /// <summary>The recipients, each once, in the order given.</summary>
    public IReadOnlyList<EnvelopeAddress> Recipients { get; }

    /// <summary>Whether the message is a TLS report. RFC 8460 §5.3.</summary>
    internal bool IsTlsReport { get; init; }

    /// <summary>The envelope that a message's own header fields suggest: Sender or From, and To, Cc and Bcc.</summary>
    /// <exception cref="FormatException">An address in the message is no SMTP mailbox; the message names it.</exception>
    /// <exception cref="ArgumentException">The message names no sender or no recipient.</exception>
    public static Envelope From(MimeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        string sender = (message.Sender ?? message.From.Mailboxes.FirstOrDefault())?.Address
            ?? throw new ArgumentException("The message has neither Sender nor From; give an envelope.", nameof(message));
        return new Envelope(sender, message.To.Mailboxes.Concat(message.Cc.Mailboxes).Concat(message.Bcc.Mailboxes).Select(mailbox => mailbox.Address));
    }
}
