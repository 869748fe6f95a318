using System.Text;

namespace MtaSts.Delivery.Fuzz;

/// <summary>Makes inputs out of others: changes octets, cuts, doubles and joins, and strews in what parsers trip over.</summary>
internal sealed class Mutator(Random random)
{
    private const int LongestInput = 70_000;
    private const int MostRepetitions = 2_000;

    private static readonly byte[][] Stumbling =
    [
        .. ((string[])["\0", "\r\n", "\n", "\r", ";", "=", ":", ".", "..", "*", "*.", " ", "\t", "\"", "\\", "@", "<", ">", "[", "]", "-", "_", "xn--", "250 ", "250-", "9999999999999999999", "-1", "\u00fc", "\u00df", "\ufeff", "\u200d", "\u3002", "\U0001f4a9", "\u0130"])
            .Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xc0, 0x0c],
    ];

    /// <summary>An input made from one, or two, of those known.</summary>
    public byte[] Next(IReadOnlyList<byte[]> known)
    {
        List<byte> input = [.. known[random.Next(known.Count)]];
        for (int steps = random.Next(1, 6); steps > 0; steps--)
        {
            Change(input, known);
        }

        return [.. input.Take(LongestInput)];
    }

    private void Change(List<byte> input, IReadOnlyList<byte[]> known)
    {
        int at = random.Next(input.Count + 1);
        int length = random.Next(Math.Min(64, input.Count - at) + 1);
        switch (random.Next(8))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < input.Count:
                input[at] = (byte)random.Next(256);
                break;
            case 2:
                input.RemoveRange(at, length);
                break;
            case 3:
                input.InsertRange(random.Next(input.Count + 1), input.GetRange(at, length));
                break;
            case 4:
                byte[] other = known[random.Next(known.Count)];
                input.InsertRange(at, other[random.Next(other.Length + 1)..]);
                break;
            case 5 when random.Next(20) == 0:
                byte[] repeated = Stumbling[random.Next(Stumbling.Length)];
                input.InsertRange(at, Enumerable.Range(0, random.Next(MostRepetitions)).SelectMany(_ => repeated));
                break;
            case 6:
                input.RemoveRange(at, input.Count - at);
                break;
            default:
                input.InsertRange(at, Stumbling[random.Next(Stumbling.Length)]);
                break;
        }
    }
}
