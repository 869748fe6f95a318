using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.Network;

/// <summary>Which addresses a name from strangers may lead to.</summary>
/// <remarks>A recipient chooses its MX hosts and its policy host; without this rule it could point them at machines behind our firewall.</remarks>
public static class AddressRules
{
    private static readonly IPNetwork[] NotPublic =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("240.0.0.0/4"),
        IPNetwork.Parse("::/128"), IPNetwork.Parse("::1/128"), IPNetwork.Parse("64:ff9b:1::/48"), IPNetwork.Parse("100::/64"),
        IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("fec0::/10"), IPNetwork.Parse("ff00::/8"),
    ];

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork CompatibleV4 = IPNetwork.Parse("::/96");

    /// <summary>Whether the address is neither loopback, private, link-local, shared, multicast nor reserved. RFC 6890.</summary>
    /// <remarks>An IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4) is judged by itself.
    /// The documentation networks count as public: nothing answers there.</remarks>
    public static bool IsPublic(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        IPAddress judged = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !NotPublic.Any(network => network.Contains(judged))
            && (judged.AddressFamily != AddressFamily.InterNetworkV6 || EmbeddedV4(judged) is not { } inner || IsPublic(inner));
    }

    private static IPAddress? EmbeddedV4(IPAddress address)
    {
        byte[] octets = address.GetAddressBytes();
        return SixToFour.Contains(address) ? new IPAddress(octets.AsSpan(2, 4))
            : Nat64.Contains(address) || CompatibleV4.Contains(address) ? new IPAddress(octets.AsSpan(12, 4))
            : null;
    }
}
