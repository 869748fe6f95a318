namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>Where in a session a sink stands: at the reply to what is named; within a message, at none.</summary>
internal enum SinkPoint
{
    Connect,
    Ehlo,
    StartTls,
    Handshake,
    ProtectedEhlo,
    Mail,
    Rcpt,
    Data,
    Content,
    Chunk,
    FinalDot,
    Reset,
    Quit,
}
