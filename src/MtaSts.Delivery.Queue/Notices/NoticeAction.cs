namespace MtaSts.Delivery.Queue.Notices;

/// <summary>What became of the message for a recipient, as a notice says it. RFC 3464 §2.3.3.</summary>
public enum NoticeAction
{
    /// <summary>It was not delivered and will not be.</summary>
    Failed,

    /// <summary>It was not delivered yet; further tries follow.</summary>
    Delayed,

    /// <summary>It went to a server that does not know DSN, so that nothing more will be told.</summary>
    Relayed,
}
