namespace CustomRelay;

/// <summary>Replies that stand in more than one place. RFC 5321 §4.2, RFC 2034.</summary>
internal static class Reply
{
    public const string Ok = "250 2.0.0 Ok";
    public const string SenderOk = "250 2.1.0 Ok";
    public const string RecipientOk = "250 2.1.5 Ok";
    public const string Bare = "554 5.6.0 A CR or LF stands alone: lines end in CRLF";

    public static string TooLarge(int maxSize) => $"552 5.3.4 The message is longer than {maxSize} octets";
}
