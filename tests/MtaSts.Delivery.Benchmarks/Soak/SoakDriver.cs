using System.Diagnostics;
using MtaSts.Delivery.Benchmarks.Load;
using MtaSts.Delivery.Benchmarks.Sinks;

namespace MtaSts.Delivery.Benchmarks.Soak;

/// <summary>A million messages and more through one deliverer, while a sample each second shows what the process holds.</summary>
internal sealed class SoakDriver(SoakOptions options, SinkProcess sink)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly List<SoakSample> _samples = [];
    private long _started;
    private long _sent;
    private bool _ended;

    public static async Task<int> RunAsync(SoakOptions options)
    {
        Console.WriteLine($"{options.Minutes} minutes and {options.Messages} messages of {options.Size} octets at least, {options.Domains} domains, {options.Mx} MX hosts, {options.Concurrency} workers");
        using SinkProcess sink = await SinkProcess.StartAsync(options.Mx, 0, verify: false);
        await new SoakDriver(options, sink).RunAsync();
        return 0;
    }

    private async Task RunAsync()
    {
        SinkCounts before = await sink.CountAsync();
        await using var library = new ThisLibrary(new LoadWorld(options.Domains, options.Mx, enforce: true), sink, new MessageTemplate(options.Size), options.Concurrency, known: true, parsed: false);
        await library.StartAsync();
        _started = Stopwatch.GetTimestamp();
        Task sampling = SampleAsync();
        long next = -1;
        await Task.WhenAll(Enumerable.Range(0, options.Concurrency).Select(worker => Task.Run(async () =>
        {
            // A worker that fails ends the others, too.
            try
            {
                while (!_ended && !IsDone())
                {
                    long id = Interlocked.Increment(ref next);
                    await library.SendAsync(worker, id, (int)(id * 7919 % options.Domains));
                    Interlocked.Increment(ref _sent);
                }
            }
            finally
            {
                _ended = true;
            }
        })));
        await sampling;
        SinkCounts seen = await sink.CountAsync() - before;
        if (seen is not { Duplicates: 0, Faults: 0 } || seen.Messages != _sent)
        {
            throw new InvalidOperationException($"{_sent} messages were sent, and the sink has seen {seen}.");
        }

        Report(seen);
    }

    private bool IsDone() => Interlocked.Read(ref _sent) >= options.Messages && Stopwatch.GetElapsedTime(_started).TotalMinutes >= options.Minutes;

    private async Task SampleAsync()
    {
        using var timer = new PeriodicTimer(Every);
        do
        {
            SoakSample sample = SoakSample.Take(Stopwatch.GetElapsedTime(_started).TotalSeconds, Interlocked.Read(ref _sent));
            _samples.Add(sample);
            if (_samples.Count % 60 == 1)
            {
                Console.WriteLine($"{sample.Seconds,5:F0} s: {sample.Messages} messages, working set {sample.WorkingSet >> 20} MiB, heap {sample.Heap >> 20} MiB, {sample.Handles} handles, {sample.Threads} threads");
            }
        }
        while (!_ended && await timer.WaitForNextTickAsync());
    }

    private void Report(SinkCounts seen)
    {
        double seconds = _samples[^1].Seconds;
        Console.WriteLine($"{seen.Messages} messages in {seconds:F0} s, {seen.Messages / seconds:F0} a second, {seen.Handshakes} handshakes");
        // The first tenth fills caches and pools.
        SoakSample[] settled = [.. _samples.Skip(_samples.Count / 10)];
        Console.WriteLine();
        Console.WriteLine("| after the first tenth | least | most | slope an hour |");
        Console.WriteLine("|---|---|---|---|");
        Row("working set, MiB", sample => sample.WorkingSet / 1048576.0);
        Row("managed heap, MiB", sample => sample.Heap / 1048576.0);
        Row("handles", sample => sample.Handles);
        Row("threads", sample => sample.Threads);

        var plot = new LinePlot($"{seen.Messages} messages of {options.Size} octets to {options.Domains} domains on {options.Mx} MX hosts", seconds);
        plot.Add("MiB", ("working set", Line(sample => sample.WorkingSet / 1048576.0)), ("managed heap", Line(sample => sample.Heap / 1048576.0)));
        plot.Add("count", ("handles", Line(sample => sample.Handles)), ("threads", Line(sample => sample.Threads)));
        plot.Write(options.Plot);
        Console.WriteLine($"\nplot: {options.Plot}");

        void Row(string name, Func<SoakSample, double> figure) =>
            Console.WriteLine($"| {name} | {settled.Min(figure):F1} | {settled.Max(figure):F1} | {3600 * Slope(settled, figure):+0.0;-0.0;0.0} |");

        (double, double)[] Line(Func<SoakSample, double> figure) => [.. _samples.Select(sample => (sample.Seconds, figure(sample)))];
    }

    /// <summary>By least squares, a second.</summary>
    private static double Slope(SoakSample[] samples, Func<SoakSample, double> figure)
    {
        double x = samples.Average(sample => sample.Seconds);
        double y = samples.Average(figure);
        double spread = samples.Sum(sample => (sample.Seconds - x) * (sample.Seconds - x));
        return spread > 0 ? samples.Sum(sample => (sample.Seconds - x) * (figure(sample) - y)) / spread : 0;
    }
}
