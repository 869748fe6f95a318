namespace MtaSts.Delivery.Testing.Network;

/// <summary>How a host answers an attempt to connect.</summary>
internal enum ConnectAnswer
{
    Accept,
    Refuse,
    Ignore,
}
