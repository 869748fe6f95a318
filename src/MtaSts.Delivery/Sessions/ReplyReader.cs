namespace MtaSts.Delivery.Sessions;

/// <summary>Reads replies off a stream, each within its limits. RFC 5321 §4.2.</summary>
internal sealed class ReplyReader(Stream inner, int maxSize)
{
    private const int MaxLines = 1000;

    private readonly byte[] _input = new byte[4096];
    private int _start;
    private int _end;
    private Task<int>? _ahead;

    /// <summary>Whether octets have arrived that belong to no reply read so far.</summary>
    public bool HasUnread => _start < _end;

    /// <summary>Whether anything has arrived that belongs to no reply read so far: octets, or the end of the connection. Never waits.</summary>
    /// <remarks>Begins a read that the next reply goes on with, so the stream must not be read by anybody else before there was one.</remarks>
    public bool Poll()
    {
        if (HasUnread)
        {
            return true;
        }

        if (_ahead is null)
        {
            _ahead = inner.ReadAsync(_input, CancellationToken.None).AsTask();
            // When the connection is closed first, nobody asks any more how the read ended.
            _ = _ahead.ContinueWith(static read => read.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return _ahead.IsCompleted;
    }

    /// <summary>Reads one reply, of one line or several.</summary>
    /// <exception cref="InvalidDataException">What arrives is no reply, or longer than the limits.</exception>
    /// <exception cref="EndOfStreamException">The connection was closed.</exception>
    public async Task<SmtpReply> ReadAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        int size = 0;
        int? first = null;
        while (lines.Count < MaxLines)
        {
            byte[] line = await ReadLineAsync(maxSize - size, cancellationToken).ConfigureAwait(false);
            size += line.Length + 2;
            if (!ReplyRules.TryReadLine(line, out int code, out bool isLast, out string text) || (first is not null && code != first))
            {
                throw new InvalidDataException("the server's reply is not SMTP");
            }

            first = code;
            lines.Add(text);
            if (isLast)
            {
                return new SmtpReply(code, lines);
            }
        }

        throw TooLong();
    }

    private async Task<byte[]> ReadLineAsync(int limit, CancellationToken cancellationToken)
    {
        using var line = new MemoryStream();
        while (true)
        {
            if (!HasUnread)
            {
                _start = 0;
                _end = await (_ahead?.WaitAsync(cancellationToken) ?? inner.ReadAsync(_input, cancellationToken).AsTask()).ConfigureAwait(false);
                _ahead = null;
                if (_end == 0)
                {
                    throw new EndOfStreamException("the server closed the connection");
                }
            }

            int lineEnd = Array.IndexOf(_input, (byte)'\n', _start, _end - _start);
            int stop = lineEnd < 0 ? _end : lineEnd;
            line.Write(_input, _start, stop - _start);
            _start = lineEnd < 0 ? _end : lineEnd + 1;
            if (line.Length > limit)
            {
                throw TooLong();
            }

            if (lineEnd >= 0)
            {
                byte[] octets = line.ToArray();
                return octets is [.. var text, (byte)'\r'] ? text : octets;
            }
        }
    }

    private InvalidDataException TooLong() => new(FormattableString.Invariant($"the server's reply is longer than {maxSize} octets or {MaxLines} lines"));
}
