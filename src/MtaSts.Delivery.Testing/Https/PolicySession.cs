using System.Globalization;
using System.IO.Compression;
using System.Text;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Https;

/// <summary>One HTTPS connection of a policy host. HTTP/1.1, RFC 9112.</summary>
internal sealed class PolicySession(FakePolicyHost host, Peer peer)
{
    public const string PolicyTarget = "/.well-known/mta-sts.txt";
    private const int LongestHead = 64 * 1024;
    private const int EndlessChunk = 8192;
    private const int HugeHeaders = 256;
    private static readonly byte[] Nonsense = [.. "\u0000 this is no HTTP \u0001"u8, 0xff, 0xfe, (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'];
    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    public async Task RunAsync()
    {
        while (await ReadHeadAsync().ConfigureAwait(false) is { } head)
        {
            if (Parse(head) is not { } request)
            {
                await peer.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray()).ConfigureAwait(false);
                break;
            }

            host.Note(request);
            if (!await AnswerAsync(request).ConfigureAwait(false))
            {
                return;
            }
        }

        await peer.CloseAsync().ConfigureAwait(false);
    }

    private async Task<string?> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (head.Length < LongestHead)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = await peer.ReadAsync(_buffer).ConfigureAwait(false);
                if (_end == 0)
                {
                    return null;
                }
            }

            head.Append((char)_buffer[_start++]);
            if (head.Length >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r')
            {
                return head.ToString(0, head.Length - 4);
            }
        }

        return null;
    }

    private PolicyRequest? Parse(string head)
    {
        string[] lines = head.Split("\r\n");
        string[] words = lines[0].Split(' ');
        if (words is not [var method, var target, "HTTP/1.1" or "HTTP/1.0"])
        {
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines[1..])
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                return null;
            }

            string value = line[(colon + 1)..].Trim();
            headers[line[..colon]] = headers.TryGetValue(line[..colon], out string? earlier) ? $"{earlier}, {value}" : value;
        }

        return new PolicyRequest(method, target, headers, peer.Sni, peer.Network.Clock.GetUtcNow());
    }

    /// <summary>Answers one request; false when the connection is over.</summary>
    private async Task<bool> AnswerAsync(PolicyRequest request)
    {
        PolicyResponse response = host.Response;
        switch (response.Fault)
        {
            case ResponseFault.Stall:
                await peer.StallAsync().ConfigureAwait(false);
                return false;
            case ResponseFault.Reset:
                peer.Reset();
                return false;
            case ResponseFault.Close:
                await peer.DropAsync().ConfigureAwait(false);
                return false;
            case ResponseFault.Garbage:
                await peer.WriteAsync(Nonsense).ConfigureAwait(false);
                await peer.StallAsync().ConfigureAwait(false);
                return false;
            case ResponseFault.Endless:
                await peer.WriteAsync(Head(response with { Framing = Framing.Chunked }, 0)).ConfigureAwait(false);
                await peer.FloodAsync(Chunk(Encoding.ASCII.GetBytes(new string('\n', EndlessChunk)))).ConfigureAwait(false);
                return false;
            default:
                return await SendAsync(request, response).ConfigureAwait(false);
        }
    }

    private async Task<bool> SendAsync(PolicyRequest request, PolicyResponse response)
    {
        byte[]? found = request.Target == PolicyTarget ? response.Body ?? host.PolicyText : null;
        if (found is null && response.Status == 200)
        {
            response = response with { Status = 404 };
        }

        byte[] body = response.Encoding == "gzip" ? Compress(found ?? []) : found ?? [];
        await peer.WriteAsync(Head(response, body.Length)).ConfigureAwait(false);
        if (HasNoBody(response.Status))
        {
            return true;
        }

        byte[] framed = response.Framing == Framing.Chunked ? Chunk(body) : body;
        ReadOnlyMemory<byte> sent = response.CutAfter is { } cut ? framed.AsMemory(0, Math.Min(cut, framed.Length)) : framed;
        await (response.DripInterval is { } interval ? peer.DripAsync(sent, interval) : peer.WriteAsync(sent).AsTask()).ConfigureAwait(false);
        if (response.CutAfter is not null)
        {
            await peer.DropAsync().ConfigureAwait(false);
            return false;
        }

        if (response.Framing == Framing.Chunked)
        {
            await peer.WriteAsync("0\r\n\r\n"u8.ToArray()).ConfigureAwait(false);
        }

        if (response.Framing == Framing.ByClose)
        {
            await peer.CloseAsync().ConfigureAwait(false);
            return false;
        }

        return true;
    }

    private static byte[] Head(PolicyResponse response, int length)
    {
        var head = new StringBuilder();
        if (response.HasEarlyHints)
        {
            head.Append("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
        }

        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {response.Status} Test\r\n");
        if (response.ContentType is { } type)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Type: {type}\r\n");
        }

        if (response.Encoding is { } encoding)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Encoding: {encoding}\r\n");
        }

        foreach ((string name, string value) in response.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        for (int i = 0; response.HasHugeHeaders && i < HugeHeaders; i++)
        {
            head.Append(CultureInfo.InvariantCulture, $"X-Huge-{i}: {new string('x', 1000)}\r\n");
        }

        head.Append((HasNoBody(response.Status), response.Framing) switch
        {
            (true, _) => "",
            (_, Framing.Chunked) => "Transfer-Encoding: chunked\r\n",
            (_, Framing.ByClose) => "Connection: close\r\n",
            _ => string.Create(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n"),
        });
        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    private static bool HasNoBody(int status) => status is 204 or 304 or (>= 100 and < 200);

    private static byte[] Chunk(byte[] body) => body.Length == 0
        ? []
        : [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{body.Length:x}\r\n")), .. body, (byte)'\r', (byte)'\n'];

    private static byte[] Compress(byte[] body)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(body);
        }

        return compressed.ToArray();
    }
}
