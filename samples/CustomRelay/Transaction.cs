using System.Globalization;
using MtaSts.Delivery;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace CustomRelay;

/// <summary>One mail transaction: whom the message comes from and goes to, and what its sender wishes to be told. RFC 5321 §3.3, RFC 3461.</summary>
internal sealed class Transaction
{
    private readonly Dictionary<EnvelopeAddress, RecipientDsn> _wishes = [];
    private readonly List<EnvelopeAddress> _recipients = [];
    private readonly EnvelopeAddress? _sender;
    private readonly string? _envelopeId;
    private readonly DsnReturn? _return;

    private Transaction(EnvelopeAddress? sender, string? envelopeId, DsnReturn? ret, bool isInternational)
    {
        _sender = sender;
        _envelopeId = envelopeId;
        _return = ret;
        IsInternational = isInternational;
    }

    /// <summary>Whether the client asked for SMTPUTF8.</summary>
    public bool IsInternational { get; }

    /// <summary>How many recipients it has.</summary>
    public int Count => _recipients.Count;

    /// <summary>The envelope; there must be a recipient.</summary>
    public Envelope Envelope => new(_sender, _recipients) { EnvelopeId = _envelopeId, Return = _return, Notifications = _wishes };

    /// <summary>Begins a transaction with MAIL.</summary>
    /// <param name="mail">The argument.</param>
    /// <param name="maxSize">The longest message.</param>
    /// <param name="reply">The reply.</param>
    public static Transaction? Begin(PathArgument mail, int maxSize, out string reply)
    {
        string? envelopeId = null;
        DsnReturn? ret = null;
        bool isInternational = false;
        foreach ((string keyword, string value) in mail.Parameters)
        {
            switch (keyword)
            {
                case "SIZE" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long size):
                    if (size > maxSize)
                    {
                        reply = Reply.TooLarge(maxSize);
                        return null;
                    }

                    break;
                case "BODY" when value.Equals("7BIT", StringComparison.OrdinalIgnoreCase) || value.Equals("8BITMIME", StringComparison.OrdinalIgnoreCase):
                    break;
                case "SMTPUTF8" when value.Length == 0:
                    isInternational = true;
                    break;
                case "RET" when value.ToUpperInvariant() is "FULL" or "HDRS":
                    ret = value.Equals("FULL", StringComparison.OrdinalIgnoreCase) ? DsnReturn.Full : DsnReturn.Headers;
                    break;
                case "ENVID" when value.Length is > 0 and <= 100 && Xtext.TryDecode(value, out envelopeId) && envelopeId.All(c => c is >= ' ' and <= '~'):
                    break;
                default:
                    reply = keyword is "SIZE" or "BODY" or "SMTPUTF8" or "RET" or "ENVID" ? $"501 5.5.4 {keyword} has a value that cannot be" : "555 5.5.4 A parameter is not known here";
                    return null;
            }
        }

        if (mail.Address is { NeedsSmtpUtf8: true } && !isInternational)
        {
            reply = "553 5.6.7 That address needs SMTPUTF8";
            return null;
        }

        reply = Reply.SenderOk;
        return new Transaction(mail.Address, envelopeId, ret, isInternational);
    }

    /// <summary>Adds a recipient with RCPT.</summary>
    /// <param name="rcpt">The argument.</param>
    /// <param name="maxRecipients">The most recipients.</param>
    /// <returns>The reply.</returns>
    public string Add(PathArgument rcpt, int maxRecipients)
    {
        if (rcpt.Address is not { } address)
        {
            return "501 5.1.3 A recipient has an address";
        }

        if (address.NeedsSmtpUtf8 && !IsInternational)
        {
            return "553 5.6.7 That address needs SMTPUTF8";
        }

        var notify = DsnNotify.None;
        string? original = null;
        foreach ((string keyword, string value) in rcpt.Parameters)
        {
            switch (keyword)
            {
                case "NOTIFY" when TryReadNotify(value, out notify):
                case "ORCPT" when TryReadOriginal(value, out original):
                    break;
                default:
                    return keyword is "NOTIFY" or "ORCPT" ? $"501 5.5.4 {keyword} has a value that cannot be" : "555 5.5.4 A parameter is not known here";
            }
        }

        bool isNew = !_recipients.Contains(address);
        if (isNew && _recipients.Count == maxRecipients)
        {
            return "452 4.5.3 That is one recipient too many for one message";
        }

        if (notify != DsnNotify.None || original is not null)
        {
            try
            {
                _wishes[address] = new RecipientDsn(notify, original);
            }
            catch (ArgumentException)
            {
                return "501 5.5.4 ORCPT has a value that cannot be";
            }
        }

        // Last of all: who was refused gets nothing.
        if (isNew)
        {
            _recipients.Add(address);
        }

        return Reply.RecipientOk;
    }

    private static bool TryReadNotify(string value, out DsnNotify notify)
    {
        notify = DsnNotify.None;
        string[] words = value.ToUpperInvariant().Split(',');
        foreach (string word in words)
        {
            DsnNotify one = word switch { "NEVER" => DsnNotify.Never, "SUCCESS" => DsnNotify.Success, "FAILURE" => DsnNotify.Failure, "DELAY" => DsnNotify.Delay, _ => DsnNotify.None };
            if (one == DsnNotify.None)
            {
                return false;
            }

            notify |= one;
        }

        return notify == DsnNotify.Never || !notify.HasFlag(DsnNotify.Never);
    }

    private static bool TryReadOriginal(string value, out string? original)
    {
        original = null;
        int semicolon = value.IndexOf(';', StringComparison.Ordinal);
        if (semicolon > 0 && Xtext.TryDecode(value[(semicolon + 1)..], out string? address) && address.Length > 0)
        {
            // Some clients call an address rfc822 that is not ASCII. RFC 6533 §3 has a type of its own for it.
            original = $"{(System.Text.Ascii.IsValid(address) ? value[..semicolon] : "utf-8")};{address}";
        }

        return original is not null;
    }
}
