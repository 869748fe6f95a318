namespace MtaSts.Delivery.Testing.Https;

/// <summary>How the client learns where the body ends. RFC 9112 §6.</summary>
internal enum Framing
{
    ContentLength,
    Chunked,
    ByClose,
}
