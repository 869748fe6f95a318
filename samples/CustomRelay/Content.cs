using System.Buffers;

namespace CustomRelay;

/// <summary>Takes the lines behind DATA, up to the dot that stands alone. RFC 5321 §4.1.1.4, §4.5.2.</summary>
/// <param name="maxSize">The longest message, in octets; of a longer one nothing is kept, but it is read to its end, so that the client hears why.</param>
internal sealed class Content(int maxSize)
{
    // RFC 5321 §4.5.3.1.6, without the line end.
    public const int MaxLine = 998;

    // RFC 5321 §6.3: a message that has come so far goes round in circles.
    private const int MaxHops = 50;

    private readonly ArrayBufferWriter<byte> _octets = new();
    private bool _isInHeader = true;
    private long _size;
    private int _hops;

    /// <summary>Why the message cannot be taken; <see langword="null"/> when it can.</summary>
    public string? Fault { get; private set; }

    /// <summary>The message.</summary>
    public ReadOnlyMemory<byte> Octets => _octets.WrittenMemory;

    /// <summary>Adds a line.</summary>
    /// <returns><see langword="false"/> for the dot that ends the message.</returns>
    public bool Add(ReadOnlySpan<byte> line, LineEnd end)
    {
        if (end == LineEnd.Proper && line.SequenceEqual("."u8))
        {
            return false;
        }

        if (end == LineEnd.TooLong)
        {
            Fail($"500 5.6.0 A line is longer than {MaxLine} octets");
        }

        line = line.StartsWith("."u8) ? line[1..] : line;
        _isInHeader &= line.Length > 0;
        if (_isInHeader && line.Length >= 9 && System.Text.Ascii.EqualsIgnoreCase(line[..9], "received:"u8) && ++_hops > MaxHops)
        {
            Fail("554 5.4.6 The message has come through too many hosts");
        }

        _size += line.Length + 2;
        if (_size > maxSize)
        {
            Fail(Reply.TooLarge(maxSize));
        }

        if (Fault is null)
        {
            _octets.Write(line);
            _octets.Write("\r\n"u8);
        }

        return true;
    }

    private void Fail(string reply)
    {
        Fault ??= reply;
        _octets.Clear();
    }
}
