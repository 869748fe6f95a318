using System.Diagnostics;

namespace MtaSts.Delivery.Benchmarks.Soak;

/// <summary>What the process holds at one moment.</summary>
/// <param name="Seconds">Since the soak began.</param>
/// <param name="Messages">Messages sent by then.</param>
/// <param name="WorkingSet">Resident memory, in octets.</param>
/// <param name="Heap">Managed memory in use, garbage not yet collected included, in octets.</param>
/// <param name="Handles">Open handles; file descriptors on Linux.</param>
/// <param name="Threads">Threads.</param>
internal sealed record SoakSample(double Seconds, long Messages, long WorkingSet, long Heap, int Handles, int Threads)
{
    public static SoakSample Take(double seconds, long messages)
    {
        using var self = Process.GetCurrentProcess();
        int handles = OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : self.HandleCount;
        return new SoakSample(seconds, messages, Environment.WorkingSet, GC.GetTotalMemory(forceFullCollection: false), handles, self.Threads.Count);
    }
}
