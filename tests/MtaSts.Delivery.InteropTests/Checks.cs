namespace MtaSts.Delivery.InteropTests;

/// <summary>The checks of one part, a line each on standard output, where the script counts them.</summary>
internal sealed class Checks
{
    private readonly Lock _lock = new();

    /// <summary>How many failed.</summary>
    public int Failed { get; private set; }

    /// <summary>0 when nothing failed, for the shell.</summary>
    public int ExitCode => Failed == 0 ? 0 : 1;

    public void That(bool holds, string what, Func<string> otherwise) => Tell(what, holds ? null : otherwise());

    /// <summary>Tells one check.</summary>
    /// <param name="what">What is checked, as a sentence.</param>
    /// <param name="fault">What was seen instead; <see langword="null"/> when it holds.</param>
    public void Tell(string what, string? fault)
    {
        lock (_lock)
        {
            Failed += fault is null ? 0 : 1;
            Console.WriteLine(fault is null ? $"ok   {what}" : $"FAIL {what}: {fault.ReplaceLineEndings(" | ")}");
        }
    }
}
