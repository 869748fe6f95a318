using System.Buffers.Binary;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Zones;

/// <summary>A query as it came over the wire. RFC 1035 §4.1, RFC 6891.</summary>
internal sealed record DnsRequest(ushort Id, ushort Flags, byte[] QuestionSection, string Name, DnsRecordType Type, bool HasEdns, int PayloadSize, bool WantsDnssec)
{
    public const int HeaderLength = 12;
    private const int SmallestPayload = 512;
    private const ushort Opt = 41;
    private const ushort AuthenticDataFlag = 0x0020;

    /// <summary>Whether the client understands the AD bit. RFC 6840 §5.7.</summary>
    public bool WantsAuthenticData => WantsDnssec || (Flags & AuthenticDataFlag) != 0;

    public static DnsRequest? TryParse(ReadOnlySpan<byte> message)
    {
        if (message.Length < HeaderLength || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1)
        {
            return null;
        }

        int offset = HeaderLength;
        if (WireName.TryDecode(message, ref offset) is not { } name || offset + 4 > message.Length)
        {
            return null;
        }

        var type = (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);
        offset += 4;
        byte[] question = message[HeaderLength..offset].ToArray();
        (bool hasEdns, int size, bool dnssec) = ReadEdns(message[offset..]);
        return new(
            BinaryPrimitives.ReadUInt16BigEndian(message),
            BinaryPrimitives.ReadUInt16BigEndian(message[2..]),
            question,
            HostNames.Fold(name),
            type,
            hasEdns,
            size,
            dnssec);
    }

    // An OPT record has the root as owner and stands directly behind the question in every client that matters here.
    private static (bool HasEdns, int PayloadSize, bool WantsDnssec) ReadEdns(ReadOnlySpan<byte> additional) =>
        additional.Length >= 11 && additional[0] == 0 && BinaryPrimitives.ReadUInt16BigEndian(additional[1..]) == Opt
            ? (true, Math.Max(SmallestPayload, (int)BinaryPrimitives.ReadUInt16BigEndian(additional[3..])), (additional[7] & 0x80) != 0)
            : (false, SmallestPayload, false);
}
