using System.Globalization;

namespace MtaSts.Delivery.Benchmarks.Soak;

/// <summary>What one soak does: it ends when both the time has passed and the messages are sent.</summary>
internal sealed record SoakOptions(double Minutes, int Messages, int Size, int Domains, int Mx, int Concurrency, string Plot)
{
    public const string Usage = "soak [--minutes M] [--messages N] [--size OCTETS] [--domains D] [--mx M] [--concurrency C] [--plot FILE.svg]";

    public static SoakOptions Parse(string[] args)
    {
        var options = new SoakOptions(10, 1_000_000, 4096, 1000, 10, 16, Path.Combine("docs", "images", "soak.svg"));
        for (int i = 0; i < args.Length; i += 2)
        {
            string name = args[i];
            string value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{name} takes a value. Usage: {Usage}");
            options = name switch
            {
                "--minutes" => double.TryParse(value, CultureInfo.InvariantCulture, out double minutes) && minutes > 0
                    ? options with { Minutes = minutes }
                    : throw new FormatException("--minutes takes a number."),
                "--messages" => options with { Messages = Number() },
                "--size" => options with { Size = Number() },
                "--domains" => options with { Domains = Number() },
                "--mx" => options with { Mx = Number() },
                "--concurrency" => options with { Concurrency = Number() },
                "--plot" => options with { Plot = value },
                _ => throw new FormatException($"'{name}' is not known. Usage: {Usage}"),
            };

            int Number() => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
                ? number
                : throw new FormatException($"{name} takes a number of 1 or more.");
        }

        return options;
    }
}
