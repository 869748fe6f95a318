using System.Globalization;
using System.Text;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Https;

/// <summary>One HTTPS connection of a host for TLS reports, for one request. HTTP/1.1, RFC 9112.</summary>
internal sealed class ReportSession(FakeReportHost host, Peer peer)
{
    private const int LongestRequest = 32 * 1024 * 1024;

    public async Task RunAsync()
    {
        var received = new List<byte>();
        byte[] buffer = new byte[16384];
        while (received.Count < LongestRequest)
        {
            int read = await peer.ReadAsync(buffer).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            received.AddRange(buffer.AsSpan(0, read));
            if (Parse([.. received]) is { } request)
            {
                host.Note(request);
                await AnswerAsync().ConfigureAwait(false);
                return;
            }
        }
    }

    /// <summary>The request, once it is whole: a head, and as many octets behind it as it announces.</summary>
    private ReportRequest? Parse(byte[] octets)
    {
        int end = octets.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        string[] lines = Encoding.Latin1.GetString(octets, 0, end).Split("\r\n");
        string[] words = lines[0].Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string[] field in lines.Skip(1).Select(line => line.Split(':', 2)).Where(field => field.Length == 2))
        {
            headers[field[0]] = headers.TryGetValue(field[0], out string? earlier) ? $"{earlier}, {field[1].Trim()}" : field[1].Trim();
        }

        int length = headers.TryGetValue("Content-Length", out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        return words.Length == 3 && octets.Length >= end + 4 + length
            ? new ReportRequest(words[0], words[1], headers, octets.AsMemory(end + 4, length), peer.Network.Clock.GetUtcNow())
            : null;
    }

    private async Task AnswerAsync()
    {
        ReportResponse response = host.Response;
        if (response.Stalls)
        {
            await peer.StallAsync().ConfigureAwait(false);
            return;
        }

        string location = response.Location is null ? "" : $"Location: {response.Location}\r\n";
        byte[] head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {response.Status} Test\r\n{location}Content-Length: {(response.IsEndless ? long.MaxValue : 0)}\r\nConnection: close\r\n"));
        if (response.HasHugeHeaders)
        {
            await peer.WriteAsync(head).ConfigureAwait(false);
            await peer.FloodAsync(Encoding.ASCII.GetBytes($"X-Huge: {new string('x', 8000)}\r\n")).ConfigureAwait(false);
            return;
        }

        head = [.. head, .. "\r\n"u8];
        await (response.DripInterval is { } interval ? peer.DripAsync(head, interval) : peer.WriteAsync(head).AsTask()).ConfigureAwait(false);
        if (response.IsEndless)
        {
            await peer.FloodAsync(Encoding.ASCII.GetBytes(new string('x', 8192))).ConfigureAwait(false);
        }

        await peer.CloseAsync().ConfigureAwait(false);
    }
}
