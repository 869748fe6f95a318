using System.Buffers;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>Takes message content apart: undoes dot-stuffing, ends at CRLF "." CRLF and at nothing else. RFC 5321 §4.5.2.</summary>
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

    /// <summary>Takes octets up to the final dot; true when they complete it.</summary>
    /// <param name="octets">What came, in any pieces.</param>
    /// <param name="taken">How many of them are content or its end; behind the end come commands.</param>
    public bool Add(ReadOnlySpan<byte> octets, out int taken)
    {
        taken = 0;
        while (taken < octets.Length)
        {
            ReadOnlySpan<byte> rest = octets[taken..];
            // In the midst of a line only its end says anything new.
            int same = _state != State.Line ? 0 : rest.IndexOf((byte)'\r') is >= 0 and var end ? end : rest.Length;
            _content.Write(rest[..same]);
            taken += same;
            if (same < rest.Length)
            {
                taken++;
                if (Add(rest[same]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool Add(byte octet)
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
