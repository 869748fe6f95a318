namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>What a sink does at a point instead of, or with, its reply.</summary>
internal enum SinkFault
{
    /// <summary>Nothing wrong.</summary>
    None,

    /// <summary>The connection ends before the reply; a message that has come is not accepted.</summary>
    DropBefore,

    /// <summary>The message is accepted, and the connection ends before the reply. At other points than the final dot as <see cref="DropBefore"/>.</summary>
    DropAccepted,

    /// <summary>The connection ends right after the reply.</summary>
    DropAfter,

    /// <summary>The reply comes late.</summary>
    Slow,

    /// <summary>Nothing comes, until the client leaves; a message that has come is not accepted.</summary>
    Stall,

    /// <summary>The reply is 421, and the connection ends.</summary>
    Closing,

    /// <summary>The reply is 450.</summary>
    Temporary,

    /// <summary>The reply is 550.</summary>
    Permanent,
}
