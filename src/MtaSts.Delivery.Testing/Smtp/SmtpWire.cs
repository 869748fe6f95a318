using System.Security.Authentication;
using System.Text;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>Lines in, replies out, everything written down.</summary>
internal sealed class SmtpWire(Peer peer, SmtpTranscript transcript)
{
    private const int LongestLine = 64 * 1024;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    public Peer Peer => peer;

    /// <summary>The next command without its end of line; null when the client has hung up.</summary>
    public async Task<string?> ReadCommandAsync()
    {
        var line = new MemoryStream();
        while (line.Length < LongestLine)
        {
            if (await ReadOctetAsync().ConfigureAwait(false) is not { } octet)
            {
                return null;
            }

            if (octet != '\n')
            {
                line.WriteByte(octet);
                continue;
            }

            string text = Encoding.UTF8.GetString(line.ToArray()).TrimEnd('\r');
            transcript.Add(SmtpDirection.Client, text, peer.IsTls);
            return text;
        }

        return null;
    }

    public async ValueTask<byte?> ReadOctetAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
            _end = await peer.ReadAsync(_buffer).ConfigureAwait(false);
            if (_end == 0)
            {
                return null;
            }
        }

        return _buffer[_start++];
    }

    /// <summary>Says lines that are complete already, perhaps several replies in one segment.</summary>
    public async Task SayAsync(string text)
    {
        Note(text);
        await peer.WriteAsync(Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
    }

    public async Task SayAsync(byte[] octets, string description)
    {
        transcript.Add(SmtpDirection.Server, description, peer.IsTls);
        await peer.WriteAsync(octets).ConfigureAwait(false);
    }

    public async Task DripAsync(string text, TimeSpan interval)
    {
        Note(text);
        await peer.DripAsync(Encoding.UTF8.GetBytes(text), interval).ConfigureAwait(false);
    }

    public async Task FloodAsync(string line)
    {
        transcript.Add(SmtpDirection.Server, $"({line.TrimEnd()} without end)", peer.IsTls);
        await peer.FloodAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line, 500)))).ConfigureAwait(false);
    }

    public void NoteFromClient(string description) => transcript.Add(SmtpDirection.Client, description, peer.IsTls);

    public async Task StartTlsAsync(TlsServer tls)
    {
        // What came in clear behind STARTTLS must not count as said under TLS. RFC 3207 §4.2.
        _start = _end = 0;
        try
        {
            await peer.StartTlsAsync(sni =>
            {
                transcript.Sni = sni;
                return tls;
            }).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException)
        {
            transcript.Add(SmtpDirection.Server, "(no TLS came about)", isTls: false);
            throw;
        }

        transcript.TlsProtocol = peer.TlsProtocol;
    }

    private void Note(string text)
    {
        string[] lines = text.Split("\r\n");
        foreach (string line in lines[^1].Length == 0 ? lines[..^1] : lines)
        {
            transcript.Add(SmtpDirection.Server, line, peer.IsTls);
        }
    }
}
