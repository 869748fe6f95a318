using System.Globalization;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>The most memory that this process had resident since a moment, where the system tells (Linux); elsewhere what it has now.</summary>
internal static class PeakMemory
{
    public static void Reset()
    {
        if (OperatingSystem.IsLinux())
        {
            // 5: forget the high-water mark. proc(5).
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
    }

    public static long Read() => OperatingSystem.IsLinux()
        ? 1024 * long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).AsSpan(6).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture)
        : Environment.WorkingSet;
}
