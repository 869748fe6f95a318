using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Zones;

/// <summary>A resolver on one loopback port, over UDP and TCP.</summary>
internal sealed class DnsServer : IDisposable
{
    private const int PortAttempts = 50;
    private const int GarbageLength = 40;

    // Nobody can see when a client gives up waiting for a datagram, so the time that passes meanwhile is bounded.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(2);

    private readonly FakeNetwork _network;
    private readonly Zone _zone;
    private readonly Log<DnsQuery> _queries = new();
    private readonly Socket _udp;
    private readonly Socket _otherSource;
    private readonly LoopbackListener _tcp;

    public DnsServer(FakeNetwork network, Zone zone, IPEndPoint endPoint)
    {
        _network = network;
        _zone = zone;
        (_udp, _tcp) = Listen(endPoint);
        _otherSource = NewUdpSocket(new IPEndPoint(endPoint.Address, 0));
        EndPoint = _tcp.EndPoint;
        _network.Tasks.Run(ServeUdpAsync);
    }

    public IPEndPoint EndPoint { get; }

    public IReadOnlyList<DnsQuery> Queries => _queries.Snapshot();

    public void Dispose()
    {
        _udp.Dispose();
        _otherSource.Dispose();
        _tcp.Dispose();
    }

    private (Socket Udp, LoopbackListener Tcp) Listen(IPEndPoint wanted)
    {
        for (int attempt = 1; ; attempt++)
        {
            // TCP first: the system chooses no port that is bound already, but whoever names one may get it though it is
            // bound by one that does not listen, such as the port of another internet that is to refuse connections.
            var tcp = new LoopbackListener(_network, ServeTcpAsync, wanted);
            try
            {
                return (NewUdpSocket(tcp.EndPoint), tcp);
            }
            catch (SocketException) when (wanted.Port == 0 && attempt < PortAttempts)
            {
                // The port is free for TCP but not for UDP.
                tcp.Dispose();
            }
        }
    }

    private static Socket NewUdpSocket(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(endPoint);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task ServeUdpAsync()
    {
        byte[] buffer = new byte[ushort.MaxValue];
        while (true)
        {
            SocketReceiveFromResult received;
            try
            {
                received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, _udp.LocalEndPoint!, _network.Ended).ConfigureAwait(false);
            }
            catch (SocketException gone) when (gone.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Windows reports here that an earlier client has closed its socket.
                continue;
            }

            if (Accept(buffer.AsSpan(0, received.ReceivedBytes), DnsTransport.Udp) is { } request)
            {
                _network.Tasks.Run(() => AnswerUdpAsync(request, received.RemoteEndPoint));
            }
        }
    }

    private async Task AnswerUdpAsync(DnsRequest request, EndPoint client)
    {
        DnsFault? fault = _zone.FaultOf(request.Name, request.Type);
        if (fault == DnsFault.Silent)
        {
            await _network.Pump.DelayAsync(LongestSilence, null, _network.Ended).ConfigureAwait(false);
            return;
        }

        if (_zone.DelayOf(request.Name) is { Ticks: > 0 } delay)
        {
            await _network.Pump.DelayAsync(delay, null, _network.Ended).ConfigureAwait(false);
        }

        byte[] reply = Reply(request, fault, DnsTransport.Udp);
        Socket source = fault == DnsFault.WrongSource ? _otherSource : _udp;
        await source.SendToAsync(reply, SocketFlags.None, client, _network.Ended).ConfigureAwait(false);
    }

    private async Task ServeTcpAsync(Peer peer)
    {
        byte[] buffer = new byte[2 + ushort.MaxValue];
        while (await FillAsync(peer, buffer.AsMemory(0, 2)).ConfigureAwait(false))
        {
            Memory<byte> message = buffer.AsMemory(2, BinaryPrimitives.ReadUInt16BigEndian(buffer));
            if (!await FillAsync(peer, message).ConfigureAwait(false) || Accept(message.Span, DnsTransport.Tcp) is not { } request)
            {
                return;
            }

            DnsFault? fault = _zone.FaultOf(request.Name, request.Type);
            if (fault == DnsFault.TruncateWithoutTcp)
            {
                return;
            }

            if (fault == DnsFault.Silent)
            {
                await peer.StallAsync().ConfigureAwait(false);
                return;
            }

            if (_zone.DelayOf(request.Name) is { Ticks: > 0 } delay)
            {
                await peer.DelayAsync(delay).ConfigureAwait(false);
            }

            byte[] reply = Reply(request, fault, DnsTransport.Tcp);
            byte[] framed = new byte[2 + reply.Length];
            BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)reply.Length);
            reply.CopyTo(framed, 2);
            await peer.WriteAsync(framed).ConfigureAwait(false);

            // A resolver keeps its connection for a while; its time goes on as after an answer over UDP.
            peer.Rest();
        }
    }

    private DnsRequest? Accept(ReadOnlySpan<byte> message, DnsTransport transport)
    {
        _network.Pump.NoteActivity();
        DnsRequest? request = DnsRequest.TryParse(message);
        if (request is not null)
        {
            _queries.Add(new DnsQuery(request.Name, request.Type, transport, _network.Clock.GetUtcNow()));
        }

        return request;
    }

    private byte[] Reply(DnsRequest request, DnsFault? fault, DnsTransport transport)
    {
        _network.Pump.NoteActivity();
        if (fault == DnsFault.Garbage)
        {
            byte[] garbage = RandomNumberGenerator.GetBytes(GarbageLength);

            // The id is right, so that it is the content which is judged, and the counts promise what is not there.
            BinaryPrimitives.WriteUInt16BigEndian(garbage, request.Id);
            BinaryPrimitives.WriteUInt64BigEndian(garbage.AsSpan(2), 0x8180_ffff_ffff_ffff);
            return garbage;
        }

        var question = new DnsQuestion(request.Name, request.Type, transport);
        return DnsResponse.Write(request, _zone.Resolve(question, fault), _zone, fault, transport);
    }

    private static async Task<bool> FillAsync(Peer peer, Memory<byte> wanted)
    {
        while (wanted.Length > 0)
        {
            int count = await peer.ReadAsync(wanted).ConfigureAwait(false);
            if (count == 0)
            {
                return false;
            }

            wanted = wanted[count..];
        }

        return true;
    }
}
