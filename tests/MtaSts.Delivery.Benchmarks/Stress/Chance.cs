namespace MtaSts.Delivery.Benchmarks.Stress;

/// <summary>Chances that are the same in every run with the same seed, and have nothing to do with each other.</summary>
internal static class Chance
{
    public static Random For(int seed, int stream, int number)
    {
        // SplitMix64: neighbouring seeds of Random itself begin alike.
        ulong mixed = ((ulong)(uint)seed << 40) ^ ((ulong)(uint)stream << 32) ^ (uint)number;
        mixed += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return new Random((int)(mixed >> 33));
    }
}
