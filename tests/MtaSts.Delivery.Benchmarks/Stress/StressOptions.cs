using System.Globalization;

namespace MtaSts.Delivery.Benchmarks.Stress;

/// <summary>What one run of the stress test does.</summary>
internal sealed record StressOptions(int Messages, int Concurrency, int Seed)
{
    public static StressOptions Parse(string[] args)
    {
        var options = new StressOptions(100_000, 64, 20260101);
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                throw new FormatException($"{args[i]} takes a number. Usage: stress [--messages N] [--concurrency C] [--seed S]");
            }

            options = args[i] switch
            {
                "--messages" => options with { Messages = number },
                "--concurrency" => options with { Concurrency = number },
                "--seed" => options with { Seed = number },
                _ => throw new FormatException($"'{args[i]}' is not known. Usage: stress [--messages N] [--concurrency C] [--seed S]"),
            };
        }

        return options;
    }
}
