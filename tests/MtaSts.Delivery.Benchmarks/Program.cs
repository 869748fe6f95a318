using BenchmarkDotNet.Running;
using MtaSts.Delivery.Benchmarks;
using MtaSts.Delivery.Benchmarks.Load;
using MtaSts.Delivery.Benchmarks.Sinks;
using MtaSts.Delivery.Benchmarks.Soak;
using MtaSts.Delivery.Benchmarks.Stress;

// Figures for docs/performance.md. Each run sets what it measures beside what it is to be compared with.
switch (args)
{
    case ["warm", .. var rest]:
        BenchmarkSwitcher.FromTypes([typeof(WarmDecisions)]).Run(["--filter", "*", .. rest]);
        return 0;
    case ["parts", .. var rest]:
        BenchmarkSwitcher.FromTypes([typeof(Parts)]).Run(["--filter", "*", .. rest]);
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
    case ["load", .. var rest]:
        return await Measured(async () =>
        {
            await LoadDriver.RunAsync(LoadOptions.Parse(rest));
            return 0;
        });
    case ["soak", .. var rest]:
        return await Measured(() => SoakDriver.RunAsync(SoakOptions.Parse(rest)));
    case ["stress", .. var rest]:
        return await Measured(() => StressDriver.RunAsync(StressOptions.Parse(rest)));
    case ["sink", .. var rest]:
        await SinkCommand.RunAsync(rest);
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: warm [BenchmarkDotNet options] | parts [BenchmarkDotNet options] | cores | memory | cold | reports | kit | queue [directory] | load [options] | soak [options] | stress [options]");
        return 2;
}

// What is wrong on the command line is said in one line.
static async Task<int> Measured(Func<Task<int>> run)
{
    try
    {
        return await run();
    }
    catch (FormatException wrong)
    {
        await Console.Error.WriteLineAsync(wrong.Message);
        return 2;
    }
}
