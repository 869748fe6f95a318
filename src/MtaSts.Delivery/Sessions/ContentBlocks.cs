using System.Buffers;

namespace MtaSts.Delivery.Sessions;

/// <summary>A message on its way, in large blocks: as one chunk, or with its dots doubled and one at its end. RFC 5321 §4.5.2, RFC 3030 §2.</summary>
/// <param name="content">The message, every line ended by CRLF.</param>
/// <param name="form">How it goes.</param>
internal sealed class ContentBlocks(ReadOnlyMemory<byte> content, ContentForm form)
{
    private const int BlockSize = 64 * 1024;

    private ReadOnlyMemory<byte> _left = content;
    private bool _isAtLineStart = true;

    /// <summary>Writes the next block, behind what stands in the output already; at least one, also of an empty message.</summary>
    /// <returns>Whether it was the last.</returns>
    public bool WriteNext(ArrayBufferWriter<byte> output)
    {
        while (_left.Length > 0 && output.WrittenCount < BlockSize)
        {
            int room = BlockSize - output.WrittenCount;
            Write(output, form == ContentForm.Chunk ? Math.Min(room, _left.Length) : LengthOfLines(output, room));
        }

        if (_left.Length > 0)
        {
            return false;
        }

        if (form == ContentForm.Dotted)
        {
            output.Write(".\r\n"u8);
        }

        return true;
    }

    /// <summary>As far as the next line that begins with a dot, or else until the block is full; doubles the dot that it begins with.</summary>
    private int LengthOfLines(ArrayBufferWriter<byte> output, int room)
    {
        if (_isAtLineStart && _left.Span[0] == '.')
        {
            output.Write("."u8);
        }

        int before = _left.Span[..Math.Min(_left.Length, room + 2)].IndexOf("\r\n."u8);
        _isAtLineStart = before >= 0;
        return _isAtLineStart ? before + 2 : Math.Min(_left.Length, room);
    }

    private void Write(ArrayBufferWriter<byte> output, int length)
    {
        output.Write(_left.Span[..length]);
        _left = _left[length..];
    }
}
