using System.Globalization;

namespace MtaSts.Delivery.InteropTests.Servers;

/// <summary>What a process and all below it have used. Those that have ended count with whoever waited for them.</summary>
internal static class ProcessTree
{
    private const double TicksPerSecond = 100;

    /// <summary>Seconds of CPU, user and system, since they began.</summary>
    public static double CpuSeconds(int root) =>
        Below(root).Sum(pid => Fields(pid) is { Length: > 14 } fields ? fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)) : 0L) / TicksPerSecond;

    /// <summary>Memory in MiB; what processes share counts once.</summary>
    public static double MemoryMiB(int root) => Below(root).Sum(Pss) / 1024.0;

    private static long Pss(int pid)
    {
        try
        {
            string line = File.ReadLines($"/proc/{pid}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            return 0;
        }
    }

    private static List<int> Below(int root)
    {
        ILookup<int, int> children = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Select(pid => (Pid: pid, Fields: Fields(pid))).Where(one => one.Fields.Length > 1)
            .ToLookup(one => int.Parse(one.Fields[1], CultureInfo.InvariantCulture), one => one.Pid);
        List<int> found = [root];
        for (int i = 0; i < found.Count; i++)
        {
            found.AddRange(children[found[i]]);
        }

        return found;
    }

    /// <summary>The fields of <c>/proc/PID/stat</c> behind the name: state, parent, …; none when the process is gone.</summary>
    private static string[] Fields(int pid)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
