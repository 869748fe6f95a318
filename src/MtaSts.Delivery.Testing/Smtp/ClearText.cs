using System.Text;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>Finds lines in what a client says while nobody obeys it. TLS records are not lines.</summary>
internal sealed class ClearText(Action<string> note)
{
    private const int Most = 64 * 1024;
    private const int HeaderLength = 5;
    private readonly List<byte> _line = [];
    private readonly List<byte> _header = [];
    private int _heard;
    private int _record;

    /// <summary>Whether anything but TLS records came.</summary>
    public bool IsHeard => _heard > 0;

    public void Hear(ReadOnlySpan<byte> octets)
    {
        foreach (byte octet in octets)
        {
            if (_record > 0)
            {
                _record--;
            }
            else if (_header.Count > 0 || (_line.Count == 0 && octet is >= 0x14 and <= 0x17))
            {
                HearHeader(octet);
            }
            else
            {
                HearText(octet);
            }
        }
    }

    /// <summary>A line may lack its end.</summary>
    public void EndLine()
    {
        string text = Encoding.UTF8.GetString([.. _line]).TrimEnd('\r');
        _line.Clear();
        if (text.Length > 0)
        {
            note(string.Concat(text.Select(c => char.IsControl(c) && c != '\t' ? '?' : c)));
        }
    }

    // RFC 8446 §5.1: type, version 3.x, length.
    private void HearHeader(byte octet)
    {
        _header.Add(octet);
        if (_header.Count == 2 && octet != 3)
        {
            byte[] text = [.. _header];
            _header.Clear();
            Array.ForEach(text, HearText);
        }
        else if (_header.Count == HeaderLength)
        {
            _record = (_header[^2] << 8) | _header[^1];
            _header.Clear();
        }
    }

    private void HearText(byte octet)
    {
        if (_heard == Most)
        {
            return;
        }

        _heard++;
        if (octet == '\n')
        {
            EndLine();
        }
        else
        {
            _line.Add(octet);
        }
    }
}
