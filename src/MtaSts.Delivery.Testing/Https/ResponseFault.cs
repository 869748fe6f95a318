namespace MtaSts.Delivery.Testing.Https;

/// <summary>What a policy host does in place of a response.</summary>
internal enum ResponseFault
{
    Stall,
    Reset,
    Close,
    Garbage,
    Endless,
}
