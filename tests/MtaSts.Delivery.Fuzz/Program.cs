using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using MtaSts.Delivery.Fuzz;
using MtaSts.Delivery.Testing;

// usage: MtaSts.Delivery.Fuzz [SECONDS-FOR-EACH-TARGET [SEED]]
// Feeds every parser for a while. An input that does harm is written to tests/vectors/fuzz, from where it is tried again in every later run.
var budget = TimeSpan.FromSeconds(args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 2);
int seed = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : RandomNumberGenerator.GetInt32(int.MaxValue);
TimeSpan slowest = TimeSpan.FromSeconds(5);
Console.WriteLine($"{budget.TotalSeconds} s for each target, seed {seed}");

await using FakeInternet internet = await FakeInternet.StartAsync();
using var answers = new DnsAnswers();
int failed = 0;
IReadOnlyList<Target> targets = Targets.All(internet, answers);
foreach (Target target in targets)
{
    string folder = Repository.PathTo("tests", "vectors", "fuzz", target.Name);
    byte[][] found = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)] : [];
    List<byte[]> known = [.. target.Seeds, .. found];
    var mutator = new Mutator(new Random(seed));
    var watch = Stopwatch.StartNew();
    (byte[] Input, string What)? harm = null;
    int runs = 0;
    for (; harm is null && (runs < known.Count || watch.Elapsed < budget); runs++)
    {
        byte[] input = runs < known.Count ? known[runs] : mutator.Next(known);
        harm = await HarmAsync(target, input);
    }

    Console.WriteLine($"{(harm is null ? "ok  " : "FAIL")} {target.Name}: {runs} inputs");
    if (harm is var (bad, what))
    {
        failed++;
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(bad))[..16]);
        await File.WriteAllBytesAsync(file, bad);
        Console.WriteLine($"{what}\nThe input, {bad.Length} octets, is kept in {file}; it becomes a vector once the fault is mended.");
    }
}

Console.WriteLine($"{targets.Count - failed} passed, {failed} failed");
return failed == 0 ? 0 : 1;

async Task<(byte[] Input, string What)?> HarmAsync(Target target, byte[] input, bool isAgain = false)
{
    long started = Stopwatch.GetTimestamp();
    try
    {
        await target.Run(input).WaitAsync(slowest * 2);
    }
    catch (TimeoutException) when (!isAgain && Stopwatch.GetElapsedTime(started) > slowest)
    {
        // Slow, which is judged below.
    }
    catch (Exception harm)
    {
        // Whatever a parser throws is what is looked for here.
        return (input, harm.ToString());
    }

    TimeSpan taken = Stopwatch.GetElapsedTime(started);
    // On a busy machine anything may be slow once.
    return taken <= slowest ? null : isAgain ? (input, $"took {taken}") : await HarmAsync(target, input, isAgain: true);
}
