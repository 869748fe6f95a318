using System.Text;

namespace MtaSts.Delivery.Testing.Zones;

/// <summary>Names as DNS messages carry them. RFC 1035 §3.1 and §4.1.4.</summary>
internal static class WireName
{
    private const int LongestLabel = 63;

    /// <summary>The uncompressed form. Labels may hold any Latin-1 character but the dot.</summary>
    public static byte[] Encode(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var bytes = new List<byte>(name.Length + 2);
        string[] labels = name is "" or "." ? [] : (name.EndsWith('.') ? name[..^1] : name).Split('.');
        foreach (string label in labels)
        {
            byte[] text = Encoding.Latin1.GetBytes(label);
            if (text.Length is 0 or > LongestLabel)
            {
                throw new ArgumentException($"'{name}' is not a name that DNS can carry.", nameof(name));
            }

            bytes.Add((byte)text.Length);
            bytes.AddRange(text);
        }

        bytes.Add(0);
        return [.. bytes];
    }

    /// <summary>Reads the name of a question, which is never compressed; null if it is broken.</summary>
    public static string? TryDecode(ReadOnlySpan<byte> message, ref int offset)
    {
        var labels = new List<string>();
        while (offset < message.Length)
        {
            int length = message[offset++];
            if (length == 0)
            {
                return string.Join('.', labels);
            }

            if (length > LongestLabel || offset + length > message.Length)
            {
                return null;
            }

            labels.Add(Encoding.Latin1.GetString(message.Slice(offset, length)));
            offset += length;
        }

        return null;
    }
}
