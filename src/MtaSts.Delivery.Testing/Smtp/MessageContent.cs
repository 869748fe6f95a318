using System.Buffers;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>Takes message content apart octet by octet: undoes dot-stuffing, ends at CRLF "." CRLF and at nothing else. RFC 5321 §4.5.2.</summary>
internal sealed class MessageContent
{
    private readonly ArrayBufferWriter<byte> _content = new();
    private State _state = State.LineStart;

    private enum State
    {
        LineStart,
        Dot,
        DotCr,
        Line,
        Cr,
    }

    public int Length => _content.WrittenCount;

    public byte[] ToArray() => _content.WrittenSpan.ToArray();

    /// <summary>Adds octets that are no lines, as BDAT brings them.</summary>
    public void AddRaw(ReadOnlySpan<byte> octets) => _content.Write(octets);

    /// <summary>Takes the next octet; true when it completes the final dot.</summary>
    public bool Add(byte octet)
    {
        if (_state == State.DotCr)
        {
            if (octet == '\n')
            {
                return true;
            }

            _content.Write("\r"u8);
            _state = State.Line;
        }

        _state = Next(octet);
        if (_state is State.Line or State.Cr or State.LineStart)
        {
            _content.Write([octet]);
        }

        return false;
    }

    private State Next(byte octet) => (_state, (char)octet) switch
    {
        (State.LineStart, '.') => State.Dot,
        (State.Dot, '\r') => State.DotCr,
        (State.Cr, '\n') => State.LineStart,
        (_, '\r') => State.Cr,
        _ => State.Line,
    };
}
