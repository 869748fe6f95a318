using System.Buffers.Binary;

namespace MtaSts.Delivery.Testing.Zones;

/// <summary>Writes a reply as it goes over the wire, faults included.</summary>
internal static class DnsResponse
{
    private const ushort ResponseFlag = 0x8000;
    private const ushort TruncatedFlag = 0x0200;
    private const ushort RecursionFlags = 0x0180;
    private const ushort AuthenticDataFlag = 0x0020;
    private const int PayloadSize = 1232;
    private const string ForeignName = "foreign.invalid";

    public static byte[] Write(DnsRequest request, DnsReply reply, Zone zone, DnsFault? fault, DnsTransport transport)
    {
        int limit = transport == DnsTransport.Udp ? request.PayloadSize : ushort.MaxValue;
        bool truncate = reply.IsTruncated
            || fault is DnsFault.TruncateEverywhere
            || (fault is DnsFault.Truncate or DnsFault.TruncateWithoutTcp && transport == DnsTransport.Udp);
        byte[] message = Message(request, reply, zone, fault, truncate);
        return message.Length <= limit ? message : Message(request, reply, zone, fault, truncate: true);
    }

    private static byte[] Message(DnsRequest request, DnsReply reply, Zone zone, DnsFault? fault, bool truncate)
    {
        var stream = new MemoryStream();
        IReadOnlyList<DnsRecord> records = truncate ? [] : reply.Records;
        bool negative = !truncate && records.All(record => record.Type == DnsRecordType.Cname && request.Type != DnsRecordType.Cname)
            && reply.ResponseCode is DnsResponseCode.NoError or DnsResponseCode.NameError && fault != DnsFault.CnameOnly;
        WriteHeader(stream, request, reply, fault, truncate, (ushort)records.Count, negative);
        stream.Write(fault == DnsFault.WrongQuestion ? [.. WireName.Encode(ForeignName), .. request.QuestionSection[^4..]] : request.QuestionSection);
        string asked = fault == DnsFault.WrongQuestion ? "" : request.Name;
        foreach (DnsRecord record in records)
        {
            WriteRecord(stream, asked, fault == DnsFault.ForeignOwner ? ForeignName : record.Name, record.Type, zone.TtlOf(record), record.Content.Span);
        }

        if (negative)
        {
            TimeSpan ttl = reply.NegativeTtl ?? zone.NegativeTtlOf(request.Name);
            WriteRecord(stream, asked, Zone.ApexOf(request.Name), DnsRecordType.Soa, ttl, Soa(Zone.ApexOf(request.Name), ttl));
        }

        if (request.HasEdns)
        {
            stream.Write([0, 0, 41]);
            WriteUInt16(stream, PayloadSize);
            stream.Write([0, 0, (byte)(request.WantsDnssec ? 0x80 : 0), 0, 0, 0]);
        }

        return stream.ToArray();
    }

    private static void WriteHeader(MemoryStream stream, DnsRequest request, DnsReply reply, DnsFault? fault, bool truncate, ushort answers, bool negative)
    {
        int flags = RecursionFlags | (int)reply.ResponseCode
            | (fault == DnsFault.NotAResponse ? 0 : ResponseFlag)
            | (truncate ? TruncatedFlag : 0)
            | (reply.IsAuthenticated && request.WantsAuthenticData ? AuthenticDataFlag : 0);
        WriteUInt16(stream, (ushort)(fault == DnsFault.WrongId ? request.Id ^ 0x5555 : request.Id));
        WriteUInt16(stream, (ushort)flags);
        WriteUInt16(stream, 1);
        WriteUInt16(stream, answers);
        WriteUInt16(stream, (ushort)(negative ? 1 : 0));
        WriteUInt16(stream, (ushort)(request.HasEdns ? 1 : 0));
    }

    private static void WriteRecord(MemoryStream stream, string asked, string owner, DnsRecordType type, TimeSpan ttl, ReadOnlySpan<byte> content)
    {
        WriteOwner(stream, asked, owner);
        WriteUInt16(stream, (ushort)type);
        WriteUInt16(stream, 1);
        WriteUInt32(stream, (uint)ttl.TotalSeconds);
        WriteUInt16(stream, (ushort)content.Length);
        stream.Write(content);
    }

    // As real servers do, an owner that the question's name ends in points there, and so has the question's case. RFC 1035 §4.1.4.
    private static void WriteOwner(MemoryStream stream, string asked, string owner)
    {
        const int pointer = 0xC000, questionStart = 12;
        int start = asked.Length - owner.Length;
        if (owner.Length > 0 && start >= 0 && asked.EndsWith(owner, StringComparison.OrdinalIgnoreCase) && (start == 0 || asked[start - 1] == '.'))
        {
            WriteUInt16(stream, (ushort)(pointer | (questionStart + start)));
        }
        else
        {
            stream.Write(WireName.Encode(owner));
        }
    }

    private static byte[] Soa(string apex, TimeSpan minimum)
    {
        var stream = new MemoryStream();
        stream.Write(WireName.Encode("ns.invalid"));
        stream.Write(WireName.Encode($"hostmaster.{apex}"));
        uint[] numbers = [1, 7200, 3600, 1209600, (uint)minimum.TotalSeconds];
        foreach (uint number in numbers)
        {
            WriteUInt32(stream, number);
        }

        return stream.ToArray();
    }

    private static void WriteUInt16(MemoryStream stream, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void WriteUInt32(MemoryStream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        stream.Write(bytes);
    }
}
