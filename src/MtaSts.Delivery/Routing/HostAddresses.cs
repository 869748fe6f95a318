using System.Net;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Routing;

/// <summary>The addresses of one host.</summary>
internal abstract record HostAddresses
{
    private HostAddresses()
    {
    }

    /// <summary>At least one, in the order to try them.</summary>
    public sealed record Found(IReadOnlyList<IPAddress> Addresses) : HostAddresses
    {
        /// <summary>The name that owns the addresses: another one when the host is an alias; <see langword="null"/> for a literal.</summary>
        public DomainName? CanonicalName { get; init; }

        /// <summary>Whether DNSSEC vouches for the addresses, aliases included.</summary>
        public bool IsAuthenticated { get; init; }
    }

    /// <summary>There certainly are none.</summary>
    public sealed record None(string Detail) : HostAddresses;

    /// <summary>DNS did not answer.</summary>
    public sealed record Unavailable(string Detail) : HostAddresses;
}
