using System.Net.Sockets;

namespace MtaSts.Delivery.Network;

/// <summary>What came of one TCP connection.</summary>
internal abstract record ConnectResult
{
    private ConnectResult()
    {
    }

    /// <summary>It is up; the socket belongs to the caller.</summary>
    public sealed record Connected(Socket Socket) : ConnectResult;

    /// <summary>The address is not public and was not tried. See <see cref="AddressRules"/>.</summary>
    public sealed record Forbidden(string Reason) : ConnectResult;

    /// <summary>The host's name led to no address.</summary>
    public sealed record Unresolved(string Reason, bool IsLookupFailure) : ConnectResult;

    /// <summary>It did not come up.</summary>
    public sealed record Failed(string Reason, bool IsTimeout) : ConnectResult;
}
