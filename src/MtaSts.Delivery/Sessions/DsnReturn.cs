namespace MtaSts.Delivery.Sessions;

/// <summary>What of the message a notice of failure brings back. RFC 3461 §4.3.</summary>
public enum DsnReturn
{
    /// <summary>All of it.</summary>
    Full,

    /// <summary>The header fields.</summary>
    Headers,
}
