using System.Net;

namespace MtaSts.Delivery.Routing;

/// <summary>The addresses of one host.</summary>
internal abstract record HostAddresses
{
    private HostAddresses()
    {
    }

    /// <summary>At least one, in the order to try them.</summary>
    public sealed record Found(IReadOnlyList<IPAddress> Addresses) : HostAddresses;

    /// <summary>There certainly are none.</summary>
    public sealed record None(string Detail) : HostAddresses;

    /// <summary>DNS did not answer.</summary>
    public sealed record Unavailable(string Detail) : HostAddresses;
}
