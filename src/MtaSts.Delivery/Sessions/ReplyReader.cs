using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace MtaSts.Delivery.Sessions;

/// <summary>Reads replies off a stream, each within its limits. RFC 5321 §4.2.</summary>
/// <param name="inner">The stream, which nobody else reads.</param>
/// <param name="maxSize">The longest reply, in octets.</param>
/// <param name="stop">Ends whatever waits for the stream, for good.</param>
internal sealed class ReplyReader(Stream inner, int maxSize, CancellationToken stop)
{
    private const int MaxLines = 1000;

    private readonly SmtpReply?[] _recent = new SmtpReply?[8];
    private int _oldest;
    private byte[] _input = new byte[2048];
    private int _start;
    private int _end;
    private ValueTask<int> _ahead;
    private bool _isAhead;

    /// <summary>Whether octets have arrived that belong to no reply read so far.</summary>
    public bool HasUnread => _start < _end;

    /// <summary>Whether anything has arrived that belongs to no reply read so far: octets, or the end of the connection. Never waits.</summary>
    /// <remarks>Begins a read that the next reply goes on with, so the stream must not be read by anybody else before there was one.</remarks>
    [SuppressMessage("Reliability", "CA2012", Justification = "The read is awaited once, by the next reply.")]
    public bool Poll()
    {
        if (HasUnread)
        {
            return true;
        }

        if (!_isAhead)
        {
            (_start, _end) = (0, 0);
            _isAhead = true;
            try
            {
                _ahead = inner.ReadAsync(_input, stop);
            }
            catch (Exception gone) when (gone is ObjectDisposedException or InvalidOperationException or IOException)
            {
                // Closed by its client: told by the read that asks for the reply.
                _ahead = ValueTask.FromException<int>(gone);
            }
        }

        return _ahead.IsCompleted;
    }

    /// <summary>Reads one reply, of one line or several.</summary>
    /// <exception cref="InvalidDataException">What arrives is no reply, or longer than the limits.</exception>
    /// <exception cref="EndOfStreamException">The connection was closed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<SmtpReply> ReadAsync()
    {
        List<string>? lines = null;
        int size = 0;
        int first = 0;
        for (int count = 1; count <= MaxLines; count++)
        {
            int length = await FindLineAsync(maxSize - size).ConfigureAwait(false);
            size += length;
            ReadOnlySpan<byte> line = _input.AsSpan(_start, length - 1);
            line = line.EndsWith("\r"u8) ? line[..^1] : line;
            _start += length;
            if (lines is null && Recall(line) is { } same)
            {
                return same;
            }

            if (!ReplyRules.TryReadLine(line, out int code, out bool isLast, out string text) || (count > 1 && code != first))
            {
                throw new InvalidDataException("the server's reply is not SMTP");
            }

            first = code;
            if (isLast && lines is null)
            {
                return _recent[_oldest++ % _recent.Length] = new SmtpReply(code, [text]);
            }

            (lines ??= []).Add(text);
            if (isLast)
            {
                return new SmtpReply(code, lines);
            }
        }

        throw TooLong();
    }

    /// <summary>The reply that this line was before, if it was one of the last: most servers say the same to every message.</summary>
    private SmtpReply? Recall(ReadOnlySpan<byte> line)
    {
        foreach (SmtpReply? reply in _recent)
        {
            if (IsLine(line, reply))
            {
                return reply;
            }
        }

        return null;
    }

    private static bool IsLine(ReadOnlySpan<byte> line, SmtpReply? reply) => reply is { Lines: [var text] }
        && line.Length == text.Length + 4 && Utf8Parser.TryParse(line[..3], out int code, out _) && code == reply.Code && line[3] == ' ' && Ascii.Equals(line[4..], text);

    /// <summary>Waits until a whole line stands at the start of the unread octets.</summary>
    /// <returns>Its length, the line end included.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FindLineAsync(int limit)
    {
        int searched = 0;
        while (true)
        {
            int found = _input.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            searched = found < 0 ? _end - _start : searched + found + 1;
            if (searched > limit)
            {
                throw TooLong();
            }

            if (found >= 0)
            {
                return searched;
            }

            if (await FillAsync().ConfigureAwait(false) == 0)
            {
                throw new EndOfStreamException("the server closed the connection");
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FillAsync()
    {
        if (_isAhead)
        {
            // Begun when nothing was unread, so it fills the buffer from its start.
            _isAhead = false;
            return _end = await _ahead.ConfigureAwait(false);
        }

        if (_start > 0)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _input.Length)
        {
            Array.Resize(ref _input, 2 * _input.Length);
        }

        int count = await inner.ReadAsync(_input.AsMemory(_end), stop).ConfigureAwait(false);
        _end += count;
        return count;
    }

    private InvalidDataException TooLong() => new(FormattableString.Invariant($"the server's reply is longer than {maxSize} octets or {MaxLines} lines"));
}
