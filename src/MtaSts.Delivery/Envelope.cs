using System.Collections.ObjectModel;
using MimeKit;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

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

    /// <summary>The sender's own mark for the message, ENVID, decoded: 1 to 100 characters as xtext, printable ASCII; <see langword="null"/> when none was given. RFC 3461 §4.4.</summary>
    /// <exception cref="ArgumentException">The value breaks one of these rules.</exception>
    public string? EnvelopeId { get; init => field = CheckedId(value); }

    /// <summary>What of the message a notice of failure brings back, RET; <see langword="null"/> when the sender did not say. RFC 3461 §4.3.</summary>
    /// <exception cref="ArgumentException">The value is none of the two.</exception>
    public DsnReturn? Return
    {
        get;
        init => field = value is null or DsnReturn.Full or DsnReturn.Headers ? value : throw new ArgumentException($"{value} is no value of RET; use FULL or HDRS (RFC 3461 section 4.3).", nameof(value));
    }

    /// <summary>What the sender wishes to be told about single recipients, NOTIFY and ORCPT; empty unless set. RFC 3461 §4.1, §4.2.</summary>
    /// <exception cref="ArgumentException">An address is none of the recipients; the message names it.</exception>
    public IReadOnlyDictionary<EnvelopeAddress, RecipientDsn> Notifications { get; init => field = CheckedNotifications(value); } = ReadOnlyDictionary<EnvelopeAddress, RecipientDsn>.Empty;

    /// <summary>The wishes in the form that sessions pass on; <see langword="null"/> when nothing was said.</summary>
    internal DsnWishes? Wishes => EnvelopeId is null && Return is null && Notifications.Count == 0 ? null : new DsnWishes(EnvelopeId, Return, Notifications);

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

    private static string? CheckedId(string? id) => id switch
    {
        null => null,
        "" => throw new ArgumentException("The envelope id is empty; leave it out, or give at least one character (RFC 3461 section 4.4).", nameof(id)),
        _ when !id.All(c => c is >= ' ' and <= '~') => throw new ArgumentException($"The envelope id '{PrintableText.Of(id, 100)}' has characters that are not printable ASCII (RFC 3461 section 4.4).", nameof(id)),
        _ when Xtext.Encode(id).Length > 100 => throw new ArgumentException($"The envelope id '{PrintableText.Of(id, 100)}' has more than 100 characters as xtext (RFC 3461 section 4.4).", nameof(id)),
        _ => id,
    };

    private ReadOnlyDictionary<EnvelopeAddress, RecipientDsn> CheckedNotifications(IReadOnlyDictionary<EnvelopeAddress, RecipientDsn> notifications)
    {
        ArgumentNullException.ThrowIfNull(notifications);
        HashSet<EnvelopeAddress> recipients = [.. Recipients];
        return notifications.Keys.FirstOrDefault(address => !recipients.Contains(address)) is { } stranger
            ? throw new ArgumentException($"'{stranger}' is no recipient of this envelope, so nothing can be told about it.", nameof(notifications))
            : new ReadOnlyDictionary<EnvelopeAddress, RecipientDsn>(notifications.ToDictionary(one => one.Key, one => one.Value ?? throw new ArgumentException($"The wishes for '{one.Key}' are null.", nameof(notifications))));
    }
}
