namespace MtaSts.Delivery.Sessions;

/// <summary>How a message goes over the wire.</summary>
internal enum ContentForm
{
    /// <summary>Behind DATA.</summary>
    Dotted,

    /// <summary>Behind BDAT.</summary>
    Chunk,
}
