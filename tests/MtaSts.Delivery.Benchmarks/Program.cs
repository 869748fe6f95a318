using BenchmarkDotNet.Running;
using MtaSts.Delivery.Benchmarks;

// Figures for docs/performance.md. Each run sets what it measures beside what it is to be compared with.
switch (args)
{
    case ["warm", .. var rest]:
        BenchmarkSwitcher.FromTypes([typeof(WarmDecisions)]).Run(["--filter", "*", .. rest]);
        return 0;
    case ["cores"]:
        await CoreDriver.RunAsync();
        return 0;
    case ["memory"]:
        await MemoryDriver.RunAsync();
        return 0;
    case ["cold", ..]:
        await ColdDriver.RunAsync();
        return 0;
    case ["reports"]:
        await ReportDriver.RunAsync();
        return 0;
    case ["kit"]:
        await KitDriver.RunAsync();
        return 0;
    case ["queue", .. var rest]:
        await QueueDriver.RunAsync(rest.FirstOrDefault());
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: warm [BenchmarkDotNet options] | cores | memory | cold | reports | kit | queue [directory]");
        return 2;
}
