using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Sessions;

/// <summary>What EHLO gives: a fully qualified name, or else the address of the connection. RFC 5321 §4.1.1.1, §4.1.4.</summary>
internal sealed class EhloName
{
    private readonly string? _name;

    public EhloName(string? configured) => _name = configured is null ? SystemName()
        : DomainName.TryParse(configured, out DomainName? name) ? name.Value
        : configured;

    /// <summary>Whether there is no name to give.</summary>
    public bool IsLiteral => _name is null;

    public string For(IPEndPoint? local) => _name ?? local?.Address switch
    {
        null => "[127.0.0.1]",
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
