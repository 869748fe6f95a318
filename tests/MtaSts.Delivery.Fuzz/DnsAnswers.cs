using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.Fuzz;

/// <summary>A resolver that answers every question with the input, under the right id, and the library's adapter that asks it.</summary>
internal sealed class DnsAnswers : IDisposable
{
    private readonly UdpClient _server = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly DnsClientResolver _resolver;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _serving;
    private byte[] _answer = [];

    public DnsAnswers()
    {
        var options = new DnsOptions { QueryTimeout = TimeSpan.FromMilliseconds(100), LookupTimeout = TimeSpan.FromMilliseconds(100) };
        options.Servers.Add((IPEndPoint)_server.Client.LocalEndPoint!);
        _resolver = new DnsClientResolver(options);
        _serving = ServeAsync();
    }

    /// <summary>Whole answers, without the id: flags, counts, question and records for <c>example.test</c>.</summary>
    public static IReadOnlyList<byte[]> Seeds { get; } =
    [
        Answer(DnsRecordType.Mx, [0, 10, 3, (byte)'m', (byte)'x', (byte)'1', 0xc0, 12]),
        Answer(DnsRecordType.Mx, [0, 0, 0]),
        Answer(DnsRecordType.Txt, [13, .. "v=STSv1; id=1"u8]),
        Answer(DnsRecordType.Txt, [3, .. "v=S"u8, 4, .. "TSv1"u8]),
        Answer(DnsRecordType.A, [192, 0, 2, 1]),
        Answer(DnsRecordType.Cname, [0xc0, 12]),
    ];

    /// <summary>Looks MX and TXT records up; whatever comes back, it is an answer and no exception.</summary>
    public async Task AskAsync(byte[] answer)
    {
        Volatile.Write(ref _answer, answer);
        DomainName name = DomainName.Parse("example.test");
        await Task.WhenAll(_resolver.LookUpMxAsync(name, _ended.Token), _resolver.LookUpTxtAsync(name, _ended.Token));
    }

    public void Dispose()
    {
        _ended.Cancel();
        _server.Dispose();
        _ended.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                UdpReceiveResult question = await _server.ReceiveAsync(_ended.Token);
                byte[] answer = Volatile.Read(ref _answer);
                await _server.SendAsync((byte[])[.. question.Buffer[..2], .. answer[..Math.Min(answer.Length, 60_000)]], question.RemoteEndPoint, _ended.Token);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private static byte[] Answer(DnsRecordType type, byte[] content) =>
    [
        0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,
        7, .. "example"u8, 4, .. "test"u8, 0, 0, (byte)(type == DnsRecordType.Mx ? DnsRecordType.Mx : DnsRecordType.Txt), 0, 1,
        0xc0, 12, 0, (byte)type, 0, 1, 0, 0, 1, 44, 0, (byte)content.Length, .. content,
    ];
}
