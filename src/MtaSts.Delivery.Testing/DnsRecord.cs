using System.Buffers.Binary;
using System.Net;
using System.Text;
using MtaSts.Delivery.Testing.Network;
using MtaSts.Delivery.Testing.Zones;

namespace MtaSts.Delivery.Testing;

/// <summary>A DNS resource record.</summary>
/// <param name="Name">The owner.</param>
/// <param name="Type">The type.</param>
/// <param name="Content">The RDATA as it goes over the wire.</param>
public sealed record DnsRecord(string Name, DnsRecordType Type, ReadOnlyMemory<byte> Content)
{
    private const int LongestString = 255;

    /// <summary>How long the record may be cached. The zone's value for name and type (300 seconds at first) when null.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>An A or AAAA record, as the address demands.</summary>
    public static DnsRecord Address(string name, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new(name, DocumentationAddresses.IsV4(address) ? DnsRecordType.A : DnsRecordType.Aaaa, address.GetAddressBytes());
    }

    /// <summary>An MX record. The exchange <c>.</c> is the null MX of RFC 7505.</summary>
    public static DnsRecord Mx(string name, ushort preference, string exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        byte[] encoded = WireName.Encode(exchange);
        byte[] content = new byte[2 + encoded.Length];
        BinaryPrimitives.WriteUInt16BigEndian(content, preference);
        encoded.CopyTo(content, 2);
        return new(name, DnsRecordType.Mx, content);
    }

    /// <summary>A TXT record of several strings; a string of more than 255 octets is cut into several.</summary>
    public static DnsRecord Txt(string name, params string[] strings) =>
        TxtBytes(name, [.. strings.SelectMany(Cut)]);

    /// <summary>A TXT record of several strings, octet by octet.</summary>
    public static DnsRecord TxtBytes(string name, params byte[][] strings)
    {
        ArgumentNullException.ThrowIfNull(strings);
        if (strings.FirstOrDefault(text => text.Length > LongestString) is not null)
        {
            throw new ArgumentException("A string of a TXT record holds at most 255 octets.", nameof(strings));
        }

        return new(name, DnsRecordType.Txt, strings.SelectMany(text => (byte[])[(byte)text.Length, .. text]).ToArray());
    }

    /// <summary>A CNAME record.</summary>
    public static DnsRecord Cname(string name, string target) => new(name, DnsRecordType.Cname, WireName.Encode(target));

    /// <summary>A TLSA record. RFC 6698 §2.1.</summary>
    public static DnsRecord Tlsa(string name, byte usage, byte selector, byte matchingType, ReadOnlyMemory<byte> association) =>
        new(name, DnsRecordType.Tlsa, (byte[])[usage, selector, matchingType, .. association.Span]);

    private static IEnumerable<byte[]> Cut(string text) =>
        text.Length == 0 ? [[]] : Encoding.UTF8.GetBytes(text).Chunk(LongestString);
}
