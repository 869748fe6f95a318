namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>Compares mailboxes as written: the domain has no case, the local part may. RFC 5321 §2.4.</summary>
internal static class Mailbox
{
    public static bool IsSame(string one, string other)
    {
        int at = one.LastIndexOf('@');
        return at == other.LastIndexOf('@')
            && one.AsSpan(0, at + 1).SequenceEqual(other.AsSpan(0, at + 1))
            && one.AsSpan(at + 1).Equals(other.AsSpan(at + 1), at < 0 ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
    }

    public static bool HasMailbox(this IEnumerable<string> all, string one) => all.Any(other => IsSame(one, other));
}
