using System.Text;

namespace MtaSts.Delivery.Tests.Sessions;

/// <summary>An SMTP server at the other end of a stream in memory: answers each command line, takes content, and can die at any point.</summary>
internal sealed class MemoryServer(Func<string, string?> answer) : Stream
{
    private readonly Queue<byte[]> _toClient = new();
    private readonly List<byte> _line = [];
    private readonly List<byte> _content = [];
    private bool _inContent;
    private bool _closed;

    /// <summary>Accepts everything.</summary>
    public static string Accept(string line) => line.Split(' ', ':')[0] switch
    {
        "EHLO" => "250-mem.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
        "DATA" => "354 go\r\n",
        "QUIT" => "221 bye\r\n",
        _ => "250 2.0.0 ok\r\n",
    };

    public List<string> Commands { get; } = [];

    /// <summary>The messages as they came over the wire, terminator included.</summary>
    public List<byte[]> Messages { get; } = [];

    /// <summary>How many octets of content go through before the connection breaks.</summary>
    public int BreaksAfter { get; init; } = int.MaxValue;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Sends octets unasked, in pieces of a size.</summary>
    public void Say(string text, int pieceSize = int.MaxValue)
    {
        foreach (byte[] piece in Encoding.Latin1.GetBytes(text).Chunk(pieceSize))
        {
            _toClient.Enqueue(piece);
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_toClient.TryDequeue(out byte[]? piece))
        {
            return _closed ? new(0) : new(Never(cancellationToken));
        }

        int count = Math.Min(piece.Length, buffer.Length);
        piece.AsSpan(0, count).CopyTo(buffer.Span);
        if (count < piece.Length)
        {
            byte[][] rest = [piece[count..], .. _toClient];
            _toClient.Clear();
            Array.ForEach(rest, _toClient.Enqueue);
        }

        return new(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        foreach (byte octet in buffer.Span)
        {
            Take(octet);
        }

        return default;
    }

    public void HangUp() => _closed = true;

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static async Task<int> Never(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
        return 0;
    }

    private void Take(byte octet)
    {
        if (_closed)
        {
            throw new IOException("broken pipe");
        }

        List<byte> into = _inContent ? _content : _line;
        into.Add(octet);
        if (_inContent)
        {
            if (_content.Count >= BreaksAfter)
            {
                _closed = true;
                throw new IOException("connection reset");
            }

            if (octet == '\n' && (_content is [.., 13, 10, 46, 13, 10] or [46, 13, 10]))
            {
                Messages.Add([.. _content]);
                _content.Clear();
                _inContent = false;
                Answer(".");
            }
        }
        else if (octet == '\n')
        {
            string line = Encoding.UTF8.GetString([.. _line]).TrimEnd('\r', '\n');
            _line.Clear();
            Commands.Add(line);
            _inContent = Answer(line) && line == "DATA" && _toClient.Last()[0] == '3';
        }
    }

    private bool Answer(string line)
    {
        if (answer(line) is { } reply)
        {
            Say(reply);
            return true;
        }

        _closed = true;
        return false;
    }
}
