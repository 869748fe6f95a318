using System.Globalization;
using System.Text;

namespace MtaSts.Delivery.Tests.Sessions;

/// <summary>An SMTP server at the other end of a stream in memory: answers each command line, takes content, and can die at any point.</summary>
internal sealed class MemoryServer(Func<string, string?> answer) : Stream
{
    private readonly Lock _gate = new();
    private readonly Queue<byte[]> _toClient = new();
    private TaskCompletionSource _more = New();
    private readonly List<byte> _line = [];
    private readonly List<byte> _content = [];
    private bool _inContent;
    private int _chunk;
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

    /// <summary>The last line of each write.</summary>
    public List<string> Writes { get; } = [];

    /// <summary>How many octets of content go through before the connection breaks.</summary>
    public int BreaksAfter { get; init; } = int.MaxValue;

    /// <summary>What it says when the first octet of a message has arrived, once.</summary>
    public string? EarlyReply { get; set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Sends octets unasked, in pieces of a size.</summary>
    public void Say(string text, int pieceSize = int.MaxValue)
    {
        lock (_gate)
        {
            foreach (byte[] piece in Encoding.Latin1.GetBytes(text).Chunk(pieceSize))
            {
                _toClient.Enqueue(piece);
            }

            _more.TrySetResult();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_toClient.TryDequeue(out byte[]? piece))
                {
                    return Give(piece, buffer.Span);
                }

                if (_closed)
                {
                    return 0;
                }

                _more = New();
                more = _more.Task;
            }

            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        foreach (byte octet in buffer.Span)
        {
            Take(octet);
        }

        Writes.Add(Encoding.UTF8.GetString(buffer.Span[(buffer.Span[..^1].LastIndexOf((byte)'\n') + 1)..]));
        return default;
    }

    public void HangUp()
    {
        lock (_gate)
        {
            _closed = true;
            _more.TrySetResult();
        }
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Whoever waits has it at once, so that what is said in the middle of a write is there at the next.
    private static TaskCompletionSource New() => new();

    private int Give(byte[] piece, Span<byte> buffer)
    {
        int count = Math.Min(piece.Length, buffer.Length);
        piece.AsSpan(0, count).CopyTo(buffer);
        if (count < piece.Length)
        {
            byte[][] rest = [piece[count..], .. _toClient];
            _toClient.Clear();
            Array.ForEach(rest, _toClient.Enqueue);
        }

        return count;
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
            if (EarlyReply is { } early)
            {
                EarlyReply = null;
                Say(early);
            }

            if (_content.Count >= BreaksAfter)
            {
                HangUp();
                throw new IOException("connection reset");
            }

            if (_chunk > 0 ? --_chunk == 0 : octet == '\n' && (_content is [.., 13, 10, 46, 13, 10] or [46, 13, 10]))
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
            if (line.StartsWith("BDAT ", StringComparison.Ordinal))
            {
                // The answer comes behind the chunk. RFC 3030 §2.
                (_chunk, _inContent) = (int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture), true);
                return;
            }

            _inContent = Answer(line) is ['3', ..] && line == "DATA";
        }
    }

    private string? Answer(string line)
    {
        string? reply = answer(line);
        if (reply is null)
        {
            HangUp();
        }
        else
        {
            Say(reply);
        }

        return reply;
    }
}
