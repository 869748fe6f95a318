using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>What is allocated, by type: the runtime tells of one object in about every 100 KiB.</summary>
internal sealed class AllocationTypes : EventListener
{
    private const EventKeywords Gc = (EventKeywords)0x1;

    private readonly ConcurrentDictionary<string, long> _octets = new();

    public void Reset() => _octets.Clear();

    public void Print(string title, int messages)
    {
        long all = Math.Max(1, _octets.Values.Sum());
        Console.WriteLine($"allocated by {title}, {all / messages} octets a message sampled:");
        foreach ((string type, long octets) in _octets.OrderByDescending(one => one.Value).Take(25))
        {
            Console.WriteLine($"  {100.0 * octets / all,5:F1} %  {octets / messages,7}  {type}");
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Gc);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) == true)
        {
            _octets?.AddOrUpdate((string)eventData.Payload![5]!, _ => Octets(), (_, sum) => sum + Octets());
        }

        long Octets() => (long)(ulong)eventData.Payload![3]!;
    }
}
