namespace MtaSts.Delivery.Sessions;

/// <summary>When the sender wants to be told what became of the message for a recipient. RFC 3461 §4.1.</summary>
[Flags]
public enum DsnNotify
{
    /// <summary>The sender did not say: told of a failure, and perhaps of a delay.</summary>
    None = 0,

    /// <summary>Never, whatever happens. Stands alone.</summary>
    Never = 1,

    /// <summary>When it was delivered.</summary>
    Success = 2,

    /// <summary>When it cannot be delivered.</summary>
    Failure = 4,

    /// <summary>When delivery takes unusually long.</summary>
    Delay = 8,
}
