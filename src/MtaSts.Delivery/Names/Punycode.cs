using System.Text;

namespace MtaSts.Delivery.Names;

/// <summary>The ASCII form of a U-label. RFC 3492 §6.3.</summary>
internal static class Punycode
{
    private const int Base = 36, TMin = 1, TMax = 26, Skew = 38, Damp = 700, InitialBias = 72, InitialN = 128;

    /// <summary>Encodes one label, without the <c>xn--</c> in front.</summary>
    public static string Encode(IReadOnlyList<Rune> label)
    {
        var output = new StringBuilder();
        foreach (Rune rune in label.Where(rune => rune.IsAscii))
        {
            output.Append((char)rune.Value);
        }

        int basic = output.Length;
        if (basic > 0)
        {
            output.Append('-');
        }

        int n = InitialN, delta = 0, bias = InitialBias;
        for (int handled = basic; handled < label.Count;)
        {
            int next = label.Where(rune => rune.Value >= n).Min(rune => rune.Value);
            delta += (next - n) * (handled + 1);
            n = next;
            foreach (Rune rune in label)
            {
                if (rune.Value < n)
                {
                    delta++;
                }
                else if (rune.Value == n)
                {
                    AppendDelta(output, delta, bias);
                    bias = Adapt(delta, handled + 1, handled == basic);
                    delta = 0;
                    handled++;
                }
            }

            delta++;
            n++;
        }

        return output.ToString();
    }

    private static void AppendDelta(StringBuilder output, int delta, int bias)
    {
        int q = delta;
        for (int k = Base; ; k += Base)
        {
            int t = Math.Clamp(k - bias, TMin, TMax);
            if (q < t)
            {
                output.Append(Digit(q));
                return;
            }

            output.Append(Digit(t + ((q - t) % (Base - t))));
            q = (q - t) / (Base - t);
        }
    }

    private static int Adapt(int delta, int points, bool first)
    {
        delta /= first ? Damp : 2;
        delta += delta / points;
        int k = 0;
        for (; delta > (Base - TMin) * TMax / 2; k += Base)
        {
            delta /= Base - TMin;
        }

        return k + ((Base - TMin + 1) * delta / (delta + Skew));
    }

    private static char Digit(int value) => (char)(value < 26 ? 'a' + value : '0' + value - 26);
}
