using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Sessions;

/// <summary>What EHLO gives: a fully qualified name, or else the address of the connection. RFC 5321 §4.1.1.1, §4.1.4.</summary>
internal sealed class EhloName
{
    public EhloName(string? configured) => Name = configured is null ? SystemName()
        : DomainName.TryParse(configured, out DomainName? name) ? name.Value
        : configured;

    /// <summary>The name, the same for all connections; <see langword="null"/> when there is none to give.</summary>
    public string? Name { get; }

    /// <summary>What a connection from this address gives.</summary>
    public string For(IPAddress local) => Name ?? local switch
    {
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } six => $"[IPv6:{new IPAddress(six.GetAddressBytes())}]",
        var four => $"[{(four.IsIPv4MappedToIPv6 ? four.MapToIPv4() : four)}]",
    };

    private static string? SystemName()
    {
        IPGlobalProperties properties = IPGlobalProperties.GetIPGlobalProperties();
        string full = properties.DomainName.Length > 0 && properties.DomainName != "(none)" && !properties.HostName.Contains('.', StringComparison.Ordinal)
            ? properties.HostName + "." + properties.DomainName
            : properties.HostName;
        return DomainName.TryParse(full, out DomainName? name) && name.IsHostName && name.Parent is not null && !name.Value.EndsWith(".localdomain", StringComparison.Ordinal)
            ? name.Value
            : null;
    }
}
