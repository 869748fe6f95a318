using System.Buffers;

namespace CustomRelay;

/// <summary>Reads lines that end in CRLF and in nothing else, and never keeps more than it may. RFC 5321 §2.3.8, §4.5.3.1.</summary>
internal sealed class LineReader(Stream stream, TimeSpan patience)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly ArrayBufferWriter<byte> _line = new();
    private int _start;
    private int _end;

    /// <summary>Whether the client has sent more than was read: before a TLS handshake that is an attack. RFC 3207 §6.</summary>
    public bool HasMore => _start < _end;

    /// <summary>Reads one line without its end; it holds until the next is read.</summary>
    /// <param name="maxLength">The most octets that are kept.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">The client is silent for too long.</exception>
    public async ValueTask<(ReadOnlyMemory<byte> Line, LineEnd End)> ReadAsync(int maxLength, CancellationToken cancellationToken)
    {
        _line.ResetWrittenCount();
        bool isTooLong = false, afterCr = false;
        while (true)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
            {
                return (default, LineEnd.Gone);
            }

            // Up to and with the next octet that could belong to a line end.
            ReadOnlyMemory<byte> rest = _buffer.AsMemory(_start, _end - _start);
            if (afterCr)
            {
                if (rest.Span[0] != '\n')
                {
                    return (default, LineEnd.Bare);
                }

                _start++;
                return (_line.WrittenMemory, isTooLong ? LineEnd.TooLong : LineEnd.Proper);
            }

            int next = rest.Span.IndexOfAny((byte)'\r', (byte)'\n');
            int length = next < 0 ? rest.Length : next;
            isTooLong |= _line.WrittenCount + length > maxLength;
            if (!isTooLong)
            {
                _line.Write(rest.Span[..length]);
            }

            if (next >= 0 && rest.Span[next] == '\n')
            {
                return (default, LineEnd.Bare);
            }

            _start += length + (next >= 0 ? 1 : 0);
            afterCr = next >= 0;
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(patience);
        try
        {
            (_start, _end) = (0, await stream.ReadAsync(_buffer, waiting.Token));
            return _end > 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
    }
}
