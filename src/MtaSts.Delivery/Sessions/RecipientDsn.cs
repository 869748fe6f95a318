namespace MtaSts.Delivery.Sessions;

/// <summary>What the sender wishes to be told about one recipient. RFC 3461 §4.1, §4.2.</summary>
/// <param name="Notify">When to tell; <see cref="DsnNotify.Never"/> stands alone.</param>
/// <param name="OriginalRecipient">The address that the sender gave before anybody rewrote it, with its type, decoded: <c>rfc822;Jane@Example.NET</c>;
/// <see langword="null"/> when none was given. At most 500 characters as xtext; what is not ASCII needs the type <c>utf-8</c> (RFC 6533 §3).</param>
/// <exception cref="ArgumentException">A value breaks one of these rules; the message names it.</exception>
public sealed record RecipientDsn(DsnNotify Notify, string? OriginalRecipient = null)
{
    private const int MaxLength = 500;

    /// <summary>When to tell.</summary>
    public DsnNotify Notify { get; init => field = Checked(value); } = Checked(Notify);

    /// <summary>The address that the sender gave, with its type, decoded; <see langword="null"/> when none was given.</summary>
    public string? OriginalRecipient { get; init => field = Checked(value); } = Checked(OriginalRecipient);

    private static DsnNotify Checked(DsnNotify notify) => (notify & ~(DsnNotify.Never | DsnNotify.Success | DsnNotify.Failure | DsnNotify.Delay)) != 0
        ? throw new ArgumentException($"{notify} is no value of NOTIFY; combine SUCCESS, FAILURE and DELAY, or use NEVER (RFC 3461 section 4.1).", nameof(notify))
        : notify.HasFlag(DsnNotify.Never) && notify != DsnNotify.Never
            ? throw new ArgumentException($"NOTIFY is '{notify}': NEVER stands alone (RFC 3461 section 4.1).", nameof(notify))
            : notify;

    private static string? Checked(string? recipient)
    {
        if (recipient is null)
        {
            return null;
        }

        int semicolon = recipient.IndexOf(';', StringComparison.Ordinal);
        if (semicolon <= 0 || semicolon == recipient.Length - 1 || !recipient[..semicolon].All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new ArgumentException($"The original recipient is '{Names.PrintableText.Of(recipient, 100)}'; expected a type and an address, such as rfc822;jane@example.net (RFC 3461 section 4.2).", nameof(recipient));
        }

        bool isInternational = recipient[..semicolon].Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        if (!recipient.All(c => c is >= ' ' and <= '~' || (isInternational && c >= '\u00A0' && c is not ('\u2028' or '\u2029' or '\uFEFF'))))
        {
            throw new ArgumentException($"The original recipient '{Names.PrintableText.Of(recipient, 100)}' has characters that are not printable ASCII; only the type utf-8 may have others, and no control characters (RFC 6533 section 3).", nameof(recipient));
        }

        return Xtext.Encode(recipient).Length <= MaxLength
            ? recipient
            : throw new ArgumentException($"The original recipient has more than {MaxLength} characters as xtext (RFC 3461 section 4).", nameof(recipient));
    }
}
