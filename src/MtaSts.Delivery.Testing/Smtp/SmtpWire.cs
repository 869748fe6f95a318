using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>Lines in, replies out, everything written down.</summary>
internal sealed class SmtpWire
{
    private const int LongestLine = 64 * 1024;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly Peer _peer;
    private readonly SmtpTranscript _transcript;
    private readonly ClearText _ignored;
    private int _start;
    private int _end;

    public SmtpWire(Peer peer, SmtpTranscript transcript)
    {
        _peer = peer;
        _transcript = transcript;
        _ignored = new ClearText(line => transcript.Add(SmtpDirection.Client, line, isTls: false));
        peer.Overheard = NoteIgnored;
    }

    public Peer Peer => _peer;

    /// <summary>The next command without its end of line; null when the client has hung up.</summary>
    public async Task<string?> ReadCommandAsync()
    {
        var line = new MemoryStream();
        while (line.Length < LongestLine && await PeekAsync().ConfigureAwait(false) is { IsEmpty: false } come)
        {
            int end = come.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> part = come[..Math.Min(end < 0 ? come.Length : end, LongestLine - (int)line.Length)];
            line.Write(part.Span);
            Take(part.Length);
            if (part.Length == end)
            {
                Take(1);
                return NoteCommand(line);
            }
        }

        if (line.Length > 0)
        {
            NoteCommand(line);
        }

        return null;
    }

    /// <summary>What the client has sent and nobody has taken, at least one octet; empty when it has hung up.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
            _end = await _peer.ReadAsync(_buffer).ConfigureAwait(false);
        }

        return _buffer.AsMemory(_start.._end);
    }

    /// <summary>Takes octets that <see cref="PeekAsync"/> has shown.</summary>
    public void Take(int octets) => _start += octets;

    /// <summary>Says lines that are complete already, perhaps several replies in one segment.</summary>
    public async Task SayAsync(string text)
    {
        Note(text);
        await _peer.WriteAsync(Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
    }

    public async Task SayAsync(byte[] octets, string description)
    {
        _transcript.Add(SmtpDirection.Server, description, _peer.IsTls);
        await _peer.WriteAsync(octets).ConfigureAwait(false);
    }

    public async Task DripAsync(string text, TimeSpan interval)
    {
        Note(text);
        await _peer.DripAsync(Encoding.UTF8.GetBytes(text), interval).ConfigureAwait(false);
    }

    public async Task FloodAsync(string line)
    {
        _transcript.Add(SmtpDirection.Server, $"({line.TrimEnd()} without end)", _peer.IsTls);
        await _peer.FloodAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line, 500)))).ConfigureAwait(false);
    }

    public void NoteFromClient(string description) => _transcript.Add(SmtpDirection.Client, description, _peer.IsTls);

    public async Task StartTlsAsync(TlsServer tls)
    {
        // What came in clear behind STARTTLS must not count as said under TLS. RFC 3207 §4.2.
        NoteIgnored();
        _ignored.EndLine();
        try
        {
            await _peer.StartTlsAsync(sni =>
            {
                _transcript.Sni = sni;
                return tls;
            }).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException)
        {
            await NoteUntilHangUpAsync().ConfigureAwait(false);
            _transcript.Add(SmtpDirection.Server, "(no TLS came about)", isTls: false);
            throw;
        }

        _transcript.TlsProtocol = _peer.TlsProtocol;
    }

    /// <summary>Notes what came and was not obeyed, until the end.</summary>
    public void NoteRest()
    {
        _peer.HearRest();
        NoteIgnored();
        _ignored.EndLine();
    }

    private string NoteCommand(MemoryStream line)
    {
        string text = Encoding.UTF8.GetString(line.ToArray()).TrimEnd('\r');
        _transcript.Add(SmtpDirection.Client, text, _peer.IsTls);
        return text;
    }

    // Lines where a TLS record should be: there may be more of them.
    private async Task NoteUntilHangUpAsync()
    {
        try
        {
            if (_ignored.IsHeard)
            {
                await _peer.DropAsync().ConfigureAwait(false);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Nobody there.
        }

        _ignored.EndLine();
    }

    private void NoteIgnored(ReadOnlyMemory<byte> octets = default)
    {
        // Message content is no command.
        if (!_peer.IsTls && !_transcript.ReceivedContent)
        {
            _ignored.Hear(_buffer.AsSpan(_start.._end));
            _ignored.Hear(octets.Span);
        }

        _start = _end = 0;
    }

    private void Note(string text)
    {
        string[] lines = text.Split("\r\n");
        foreach (string line in lines[^1].Length == 0 ? lines[..^1] : lines)
        {
            _transcript.Add(SmtpDirection.Server, line, _peer.IsTls);
        }
    }
}
