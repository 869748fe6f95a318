namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>Where in a session a sink stands: at the reply to what is named.</summary>
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
    FinalDot,
    Reset,
    Quit,
}
