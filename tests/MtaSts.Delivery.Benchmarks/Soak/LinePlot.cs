using System.Globalization;
using System.Text;

namespace MtaSts.Delivery.Benchmarks.Soak;

/// <summary>Lines over time as SVG: one panel below another, each from zero to its own greatest value.</summary>
internal sealed class LinePlot(string title, double seconds)
{
    private const int Left = 70;
    private const int Width = 760;
    private const int Height = 200;
    private const int Gap = 60;
    private static readonly string[] Colours = ["#1f77b4", "#d62728", "#2ca02c"];

    private readonly StringBuilder _panels = new();
    private int _count;

    /// <summary>Adds a panel.</summary>
    /// <param name="unit">What its axis counts.</param>
    /// <param name="lines">Its lines: a name and the points, seconds and value.</param>
    public void Add(string unit, params (string Name, (double Seconds, double Value)[] Points)[] lines)
    {
        int top = Gap + (_count++ * (Height + Gap));
        double most = Round(lines.Max(line => line.Points.Max(point => point.Value)));
        for (int step = 0; step <= 4; step++)
        {
            double y = top + Height - (Height * step / 4.0);
            Append($"<line x1=\"{Left}\" y1=\"{y:F1}\" x2=\"{Left + Width}\" y2=\"{y:F1}\" stroke=\"#ddd\"/><text x=\"{Left - 6}\" y=\"{y + 4:F1}\" text-anchor=\"end\">{most * step / 4:0.##}</text>");
            double x = Left + (Width * step / 4.0);
            Append($"<text x=\"{x:F1}\" y=\"{top + Height + 16}\" text-anchor=\"middle\">{seconds * step / 4:0} s</text>");
        }

        for (int i = 0; i < lines.Length; i++)
        {
            IEnumerable<string> points = lines[i].Points.Select(point => string.Create(CultureInfo.InvariantCulture,
                $"{Left + (Width * point.Seconds / seconds):F1},{top + Height - (Height * point.Value / most):F1}"));
            Append($"<polyline fill=\"none\" stroke=\"{Colours[i]}\" stroke-width=\"1.5\" points=\"{string.Join(' ', points)}\"/>");
            Append($"<text x=\"{Left + 8 + (170 * i)}\" y=\"{top - 8}\" fill=\"{Colours[i]}\">{lines[i].Name}, {unit}</text>");
        }
    }

    /// <summary>Writes the file, and the folder for it if need be.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        int height = Gap + (_count * (Height + Gap));
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Left + Width + 30}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{Left}\" y=\"24\" font-size=\"14\">{title}</text>\n{_panels}</svg>\n"));
    }

    private void Append(FormattableString element) => _panels.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');

    // To the next of 1, 2, 4 or 8 times a power of ten, so that the quarters are round.
    private static double Round(double most)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(most, 1))));
        return power * ((double[])[1, 2, 4, 8, 10]).First(factor => power * factor >= most);
    }
}
