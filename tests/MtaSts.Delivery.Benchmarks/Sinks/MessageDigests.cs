using System.Security.Cryptography;
using System.Text;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>The digest of a message's body that stands in its header.</summary>
internal static class MessageDigests
{
    private const int Digits = 16;

    public static string Of(ReadOnlySpan<byte> body) => Convert.ToHexStringLower(SHA256.HashData(body))[..Digits];

    /// <summary>Whether a message is what its sender meant.</summary>
    /// <param name="content">The message as it was on the wire.</param>
    /// <param name="isStuffed">Whether dots at the beginning of lines are doubled, and a line with a dot ends it. RFC 5321 §4.5.2.</param>
    public static bool Agrees(ReadOnlySpan<byte> content, bool isStuffed)
    {
        byte[] plain = isStuffed ? Unstuff(content[..^3]) : content.ToArray();
        int body = plain.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        int said = plain.AsSpan().IndexOf("X-Load-Digest: "u8) + "X-Load-Digest: ".Length;
        return body > 4 && said + Digits <= body && Encoding.ASCII.GetString(plain, said, Digits) == Of(plain.AsSpan(body)) && !HasBareLineEnd(plain);
    }

    private static byte[] Unstuff(ReadOnlySpan<byte> content)
    {
        byte[] plain = new byte[content.Length];
        int length = 0;
        for (int i = 0; i < content.Length; i++)
        {
            if (content[i] != '.' || (i > 0 && content[i - 1] != '\n'))
            {
                plain[length++] = content[i];
            }
            else if (i + 1 < content.Length)
            {
                // The dot that was put in front of this line.
                plain[length++] = content[++i];
            }
        }

        return plain[..length];
    }

    private static bool HasBareLineEnd(ReadOnlySpan<byte> octets)
    {
        for (int i = 0; i < octets.Length; i++)
        {
            if (octets[i] == '\n' ? i == 0 || octets[i - 1] != '\r' : octets[i] == '\r' && (i + 1 == octets.Length || octets[i + 1] != '\n'))
            {
                return true;
            }
        }

        return false;
    }
}
