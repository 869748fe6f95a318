using System.Buffers.Text;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>The number that each message of a run carries in its Message-ID.</summary>
internal static class MessageIds
{
    public const int Digits = 16;

    private static ReadOnlySpan<byte> Before => "Message-ID: <"u8;

    public static string Text(long id) => id.ToString("D16", System.Globalization.CultureInfo.InvariantCulture) + "@load.example";

    /// <summary>Writes the number over the one that stands there.</summary>
    public static void Patch(Span<byte> octets, int position, long id) => Utf8Formatter.TryFormat(id, octets.Slice(position, Digits), out _, new System.Buffers.StandardFormat('D', Digits));

    /// <summary>Where the digits stand.</summary>
    public static int PositionIn(ReadOnlySpan<byte> octets) => octets.IndexOf(Before) is var at && at >= 0 ? at + Before.Length : throw new ArgumentException("The message has no Message-ID.", nameof(octets));

    /// <summary>The number in a message's header; negative when there is none.</summary>
    public static long Find(ReadOnlySpan<byte> head)
    {
        int at = head.IndexOf(Before);
        return at >= 0 && Utf8Parser.TryParse(head[(at + Before.Length)..], out long id, out int length) && length == Digits ? id : -1;
    }
}
