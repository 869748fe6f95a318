using System.Diagnostics;
using MtaSts.Delivery.Benchmarks.Sinks;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>Whole deliveries beside what people would use otherwise, in turn, against one sink in a process of its own.</summary>
internal sealed class LoadDriver(LoadOptions options, SinkProcess sink)
{
    private static readonly Dictionary<char, string> Names = new()
    {
        ['a'] = "a: MailKit, a session held open by each worker",
        ['b'] = "b: MailKit, a connection for each message",
        ['c'] = "c: this library",
        ['d'] = "d: this library behind its durable queue",
        ['m'] = "m: this library, given a MimeMessage",
        ['n'] = "n: this library, no policy known",
        ['s'] = "s: this library, one domain",
        ['q'] = "q: as r, envelope and content in one write",
        ['r'] = "r: ready-made octets, to measure the sink",
    };

    private readonly LoadWorld _world = new(options.Domains, options.Mx, options.Enforce);
    private readonly LoadWorld _single = new(1, 1, options.Enforce);
    private readonly MessageTemplate _template = new(options.Size);
    private readonly AllocationTypes? _types = options.Types ? new AllocationTypes() : null;
    private long _nextId;

    public static async Task RunAsync(LoadOptions options)
    {
        Console.WriteLine(
            $"{options.Messages} messages of {options.Size} octets to {options.Domains} domains, policy {(options.Enforce ? "enforce" : "none")}, with {options.Mx} MX hosts, "
            + $"{options.Concurrency} workers, {options.Rounds} rounds{(options.Cold ? ", cold" : "")}{(options.Verify ? ", each message verified" : "")}");
        using SinkProcess sink = await SinkProcess.StartAsync(options.Mx, options.Only.Contains('n', StringComparison.Ordinal) ? options.Domains : 0, options.Verify);
        await new LoadDriver(options, sink).RunAsync();
    }

    private async Task RunAsync()
    {
        // Compiled and optimised, before anything counts.
        foreach (char letter in options.Only)
        {
            await MeasureAsync(letter, Math.Max(200, options.Messages / 10));
        }

        var rounds = options.Only.ToDictionary(letter => letter, _ => new List<Measurement>());
        for (int round = 0; round < options.Rounds; round++)
        {
            for (int turn = 0; turn < options.Only.Length; turn++)
            {
                char letter = options.Only[(round + turn) % options.Only.Length];
                _types?.Reset();
                // A connection for each message takes its time; a rate shows with fewer.
                int messages = letter == 'b' && !options.Cold ? Math.Max(options.Messages / 10, Math.Min(options.Messages, 500)) : options.Messages;
                Measurement one = await MeasureAsync(letter, messages);
                rounds[letter].Add(one);
                Console.WriteLine($"round {round + 1}, {letter}: {one.Rate:F0} messages/s, {one.CpuMilliseconds:F3} ms, {one.Allocated / 1024:F1} KiB, {one.Handshakes} handshakes, {one.Policies} policies fetched");
                if (round == options.Rounds - 1)
                {
                    _types?.Print(Names[letter], messages);
                }
            }
        }

        Print(rounds);
    }

    private async Task<Measurement> MeasureAsync(char letter, int messages)
    {
        int[] domains = Shuffled(letter == 's' ? 1 : options.Domains, messages);
        SinkCounts before = await sink.CountAsync();
        await using ICompetitor competitor = Create(letter);
        await competitor.StartAsync();
        int warm = options.Cold ? 0 : options.Concurrency * (letter == 'b' ? 1 : 20);
        await SendAllAsync(competitor, warm, i => domains[i % messages]);
        await competitor.FinishAsync();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        PeakMemory.Reset();
        SinkCounts begin = await sink.CountAsync();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        await SendAllAsync(competitor, messages, i => domains[i]);
        await competitor.FinishAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        long peak = PeakMemory.Read();
        SinkCounts end = await sink.CountAsync();

        SinkCounts seen = end - before;
        if (seen is not { Duplicates: 0, Faults: 0 } || seen.Messages != messages + warm || seen.Recipients != messages + warm)
        {
            throw new InvalidOperationException($"{Names[letter]}: {messages + warm} messages were sent, and the sink has seen {seen}.");
        }

        return new Measurement(
            messages / elapsed.TotalSeconds, cpu.TotalMilliseconds / messages, (double)allocated / messages, peak, seen.Handshakes,
            (end - begin).Cpu.TotalMilliseconds / messages, seen.Policies);
    }

    private ICompetitor Create(char letter) => letter switch
    {
        'a' => new BareMailKit(_world, sink, _template, options.Concurrency, newConnections: false),
        'b' => new BareMailKit(_world, sink, _template, options.Concurrency, newConnections: true),
        'c' => new ThisLibrary(_world, sink, _template, options.Concurrency, known: true, parsed: false),
        'd' => new QueuedLibrary(_world, sink, _template, options.Concurrency),
        'm' => new ThisLibrary(_world, sink, _template, options.Concurrency, known: true, parsed: true),
        'n' => new ThisLibrary(_world, sink, _template, options.Concurrency, known: false, parsed: false),
        's' => new ThisLibrary(_single, sink, _template, options.Concurrency, known: true, parsed: false),
        'r' => new RawClient(_world, sink, _template, options.Concurrency, inOneWrite: false),
        'q' => new RawClient(_world, sink, _template, options.Concurrency, inOneWrite: true),
        _ => throw new UnreachableException(),
    };

    private async Task SendAllAsync(ICompetitor competitor, int messages, Func<int, int> domain)
    {
        int next = -1;
        long first = _nextId;
        _nextId += messages;
        await Task.WhenAll(Enumerable.Range(0, options.Concurrency).Select(worker => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i < messages; i = Interlocked.Increment(ref next))
            {
                await competitor.SendAsync(worker, first + i, domain(i));
            }
        })));
    }

    /// <summary>Every domain as often as any other, in an order that is the same in each round.</summary>
    private static int[] Shuffled(int domains, int messages)
    {
        int[] order = [.. Enumerable.Range(0, messages).Select(i => i % domains)];
        new Random(20260101).Shuffle(order);
        return order;
    }

    private void Print(Dictionary<char, List<Measurement>> rounds)
    {
        Console.WriteLine();
        Console.WriteLine("| medians | messages/s | least to most | CPU ms/message | allocated KiB/message | peak MiB | handshakes | sink CPU ms/message |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach ((char letter, List<Measurement> all) in rounds)
        {
            Measurement median = Measurement.Median(all);
            Console.WriteLine(
                $"| {Names[letter]} | {median.Rate:F0} | {all.Min(one => one.Rate):F0} to {all.Max(one => one.Rate):F0} | {median.CpuMilliseconds:F3} | {median.Allocated / 1024:F1} "
                + $"| {median.Peak >> 20} | {median.Handshakes} | {median.SinkCpuMilliseconds:F3} |");
        }

        Console.WriteLine();
        foreach ((char over, char under) in (ReadOnlySpan<(char, char)>)[('c', 'a'), ('c', 'b'), ('d', 'c'), ('d', 'a'), ('m', 'a'), ('c', 's'), ('n', 'b'), ('n', 'c'), ('q', 'r'), ('r', 'a'), ('r', 'c')])
        {
            if (rounds.TryGetValue(over, out List<Measurement>? first) && rounds.TryGetValue(under, out List<Measurement>? second))
            {
                Console.WriteLine($"{over}/{under}: {Measurement.Median(first).Rate / Measurement.Median(second).Rate:F2}");
            }
        }
    }
}
