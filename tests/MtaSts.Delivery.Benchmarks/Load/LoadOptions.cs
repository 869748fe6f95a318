using System.Globalization;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>What one run of the load driver does.</summary>
internal sealed record LoadOptions
{
    public const string Usage =
        "load [--preset small|large|shared|cold] [--messages N] [--size OCTETS] [--domains D] [--mx M] [--concurrency C] [--policy enforce|none] [--rounds R] [--only a,b,c,d,m,n,s,r,q] [--cold] [--verify] [--types]";

    public int Messages { get; init; } = 20_000;

    public int Size { get; init; } = 4096;

    public int Domains { get; init; } = 1;

    public int Mx { get; init; } = 1;

    public int Concurrency { get; init; } = 16;

    public bool Enforce { get; init; } = true;

    public int Rounds { get; init; } = 5;

    /// <summary>The competitors, a letter each.</summary>
    public string Only { get; init; } = "abc";

    /// <summary>Whether no session is open before the clock starts.</summary>
    public bool Cold { get; init; }

    /// <summary>Whether the sink compares each message with its digest.</summary>
    public bool Verify { get; init; }

    /// <summary>Whether to say what is allocated, by type.</summary>
    public bool Types { get; init; }

    /// <summary>Reads a command line.</summary>
    /// <exception cref="FormatException">Something in it is not understood; the message says what.</exception>
    public static LoadOptions Parse(string[] args)
    {
        var options = new LoadOptions();
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            options = name switch
            {
                "--preset" => Preset(Value()),
                "--messages" => options with { Messages = Number(1) },
                "--size" => options with { Size = Number(600) },
                "--domains" => options with { Domains = Number(1) },
                "--mx" => options with { Mx = Number(1) },
                "--concurrency" => options with { Concurrency = Number(1) },
                "--rounds" => options with { Rounds = Number(1) },
                "--policy" => options with { Enforce = Value() switch { "enforce" => true, "none" => false, _ => throw new FormatException("--policy takes enforce or none.") } },
                "--only" => options with { Only = Letters(Value()) },
                "--cold" => options with { Cold = true, Only = options.Only == "abc" ? "bcn" : options.Only },
                "--verify" => options with { Verify = true },
                "--types" => options with { Types = true },
                _ => throw new FormatException($"'{name}' is not known. Usage: {Usage}"),
            };

            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{name} takes a value.");

            int Number(int least) => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least
                ? number
                : throw new FormatException(FormattableString.Invariant($"{name} takes a number of {least} or more."));
        }

        return options;
    }

    // Beside them, any figure may be set after the preset.
    private static LoadOptions Preset(string name) => name switch
    {
        "small" => new LoadOptions(),
        "large" => new LoadOptions { Size = 100 * 1024, Messages = 5000 },
        "shared" => new LoadOptions { Domains = 1000, Mx = 10, Only = "sc" },
        "cold" => new LoadOptions { Domains = 1000, Mx = 1000, Messages = 1000, Cold = true, Only = "bcn" },
        _ => throw new FormatException($"There is no preset '{name}'; use small, large, shared or cold."),
    };

    private static string Letters(string value) => value.Replace(",", "", StringComparison.Ordinal) is { Length: > 0 } letters && letters.All(letter => "abcdmnsrq".Contains(letter, StringComparison.Ordinal))
        ? letters
        : throw new FormatException("--only takes letters of a, b, c, d, m, n, s, r and q.");
}
