using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using MtaSts.Delivery.InteropTests.Servers;

namespace MtaSts.Delivery.InteropTests.Parts;

/// <summary>
/// <c>throughput --rounds N --messages N --domains N --sink ADDRESS:PORT --certificate FILE --scripts FILE --queue DIRECTORY --table FILE</c>: the same messages from the library,
/// from Postfix and from chasquid to one sink in this process. Nothing about speed is asserted, only that every message arrives once.
/// </summary>
internal sealed class ThroughputPart
{
    private const int MessageSize = 4096;
    private const int Concurrency = 32;

    private readonly Arguments _arguments;
    private readonly MailSink _sink;
    private readonly Checks _checks = new();
    private readonly Dictionary<(string Load, string Sender), List<Measurement>> _seen = [];

    private ThroughputPart(Arguments arguments)
    {
        _arguments = arguments;
        _sink = new MailSink(IPEndPoint.Parse(arguments.One("--sink")), arguments.One("--certificate"));
    }

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var part = new ThroughputPart(arguments);
        await part.RunAsync(cancellationToken);
        return part._checks.ExitCode;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        _sink.Start(cancellationToken);
        string[] cold = [.. Enumerable.Range(1, Number("--domains")).Select(i => string.Create(CultureInfo.InvariantCulture, $"r@cold{i}.test"))];
        string[] warm = [.. Enumerable.Range(1, Number("--messages")).Select(i => string.Create(CultureInfo.InvariantCulture, $"r{i}@one.test"))];
        string oneDomain = $"{warm.Length} messages to one domain", manyDomains = $"{cold.Length} messages to {cold.Length} cold domains";
        string submitted = oneDomain + ", from submission on";
        int rounds = Number("--rounds");
        for (int round = 1; round <= rounds; round++)
        {
            await MeasureAsync(oneDomain, "this library", () => LibraryAsync("direct", warm, cancellationToken));
            await MeasureAsync(oneDomain, "this library, durable queue", () => LibraryAsync("filled-queue", warm, cancellationToken));
            await MeasureAsync(oneDomain, "Postfix", () => PostfixAsync(warm, cancellationToken));
            await MeasureAsync(submitted, "this library, durable queue", () => LibraryAsync("queue", warm, cancellationToken));
            await MeasureAsync(submitted, "Postfix", () => PostfixFromSubmissionAsync(warm, cancellationToken));
            await MeasureAsync(manyDomains, "this library", () => LibraryAsync("direct", cold, cancellationToken));
            await MeasureAsync(manyDomains, "this library, durable queue", () => LibraryAsync("filled-queue", cold, cancellationToken));
            await MeasureAsync(manyDomains, "Postfix", () => PostfixAsync(cold, cancellationToken));
            await MeasureAsync(manyDomains, "chasquid", () => ChasquidAsync(cold, cancellationToken));
        }

        await File.WriteAllTextAsync(_arguments.One("--table"), Table(rounds), cancellationToken);
    }

    private async Task MeasureAsync(string load, string sender, Func<Task<Measurement>> measure)
    {
        Measurement one = await measure();
        if (!_seen.TryGetValue((load, sender), out List<Measurement>? rounds))
        {
            _seen[(load, sender)] = rounds = [];
        }

        rounds.Add(one);
        string seen = string.Create(CultureInfo.InvariantCulture, $"{one.Rate:0} messages/s, {one.CpuMilliseconds:0.0} ms of CPU each, {one.MemoryMiB:0} MiB");
        Console.Error.WriteLine($"{load}, {sender}: {seen}");
        _checks.Tell($"{load}, {sender}, round {rounds.Count}: each arrives once", one.Fault);
    }

    /// <summary>The library in a process of its own, compiled and warm, as a server's processes are; the policies are unknown to it.</summary>
    private async Task<Measurement> LibraryAsync(string kind, string[] recipients, CancellationToken cancellationToken)
    {
        string file = Path.GetTempFileName(), queue = _arguments.One("--queue");
        await File.WriteAllLinesAsync(file, recipients, cancellationToken);
        Directory.CreateDirectory(queue);
        using var process = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Environment.GetCommandLineArgs()[0], "load", "--dns", _arguments.One("--dns"), "--trust", _arguments.Trust, "--kind", kind, "--recipients", file, "--warm-up", _arguments.One("--domains"),
                "--queue", Path.Combine(queue, "queue.db"), "--size", MessageSize.ToString(CultureInfo.InvariantCulture), "--concurrency", Concurrency.ToString(CultureInfo.InvariantCulture),
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardOutput.ReadLineAsync(cancellationToken);
        Measurement seen = await DrainAsync(recipients.Length, [process.Id], () => process.StandardInput.WriteLineAsync("go"), cancellationToken);
        string? delivered = await process.StandardOutput.ReadLineAsync(cancellationToken);
        await process.StandardInput.WriteLineAsync("end");
        await process.WaitForExitAsync(cancellationToken);
        File.Delete(file);
        Directory.Delete(queue, recursive: true);
        return delivered == recipients.Length.ToString(CultureInfo.InvariantCulture) ? seen : seen with { Fault = $"the library says that it delivered {delivered}; {seen.Fault}" };
    }

    /// <summary>Postfix, with its queue filled beforehand and everything else as it would be in service; its resolver knows no policy.</summary>
    private async Task<Measurement> PostfixAsync(string[] recipients, CancellationToken cancellationToken)
    {
        int[] processes = await ScriptAsync("begin_postfix", cancellationToken);
        await SubmitAsync(recipients, "127.0.0.2", 25, null, cancellationToken);
        await ScriptAsync("queued_postfix", cancellationToken);
        Measurement seen = await DrainAsync(recipients.Length, processes, () => ScriptAsync("release_postfix", cancellationToken), cancellationToken);
        await ScriptAsync("end_postfix", cancellationToken);
        return seen;
    }

    /// <summary>Postfix, which sends as mail comes in over eight connections; measured from the first that arrives.</summary>
    private async Task<Measurement> PostfixFromSubmissionAsync(string[] recipients, CancellationToken cancellationToken)
    {
        int[] processes = await ScriptAsync("begin_open_postfix", cancellationToken);
        Measurement seen = await DrainAsync(recipients.Length, processes, () => SubmitAsync(recipients, "127.0.0.2", 25, null, cancellationToken), cancellationToken);
        await ScriptAsync("end_postfix", cancellationToken);
        return seen;
    }

    /// <summary>chasquid, which sends as mail comes in: measured from the first submission.</summary>
    private async Task<Measurement> ChasquidAsync(string[] recipients, CancellationToken cancellationToken)
    {
        int[] processes = await ScriptAsync("begin_chasquid", cancellationToken);
        Measurement seen = await DrainAsync(
            recipients.Length, processes, () => SubmitAsync(recipients, "127.0.0.3", 587, "sender@sender.example", cancellationToken), cancellationToken);
        await ScriptAsync("end_chasquid", cancellationToken);
        return seen;
    }

    private static async Task SubmitAsync(string[] recipients, string address, int port, string? user, CancellationToken cancellationToken)
    {
        var from = new MailboxAddress("", "sender@sender.example");
        string text = string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", MessageSize / 72));
        await Task.WhenAll(recipients.Chunk((recipients.Length + 7) / 8).Select(async some =>
        {
            using var client = new SmtpClient { ServerCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=sender.example" };
            await client.ConnectAsync(address, port, user is null ? SecureSocketOptions.None : SecureSocketOptions.StartTls, cancellationToken);
            if (user is not null)
            {
                await client.AuthenticateAsync(user, "secret", cancellationToken);
            }

            foreach (string recipient in some)
            {
                using var message = new MimeMessage([from], [new MailboxAddress("", recipient)], "load", new TextPart("plain") { Text = text });
                while (!await TrySendAsync(client, message, from, recipient, cancellationToken))
                {
                    await Task.Delay(10, cancellationToken);
                }
            }

            await client.DisconnectAsync(true, cancellationToken);
        }));
    }

    /// <summary>Whether the server took it: chasquid holds 200 messages, and has others come again.</summary>
    private static async Task<bool> TrySendAsync(SmtpClient client, MimeMessage message, MailboxAddress from, string recipient, CancellationToken cancellationToken)
    {
        try
        {
            await client.SendAsync(message, from, [new MailboxAddress("", recipient)], cancellationToken);
            return true;
        }
        catch (SmtpCommandException full) when ((int)full.StatusCode / 100 == 4)
        {
            return false;
        }
    }

    /// <summary>From the first message that arrives until the sink has everything, so that nobody's way of starting counts.</summary>
    private async Task<Measurement> DrainAsync(int count, int[] processes, Func<Task> go, CancellationToken cancellationToken)
    {
        _sink.Begin();
        double cpu = processes.Sum(ProcessTree.CpuSeconds);
        long started = Stopwatch.GetTimestamp();
        Task going = go();
        double memory = 0;
        for (long sampled = 0; _sink.Messages < count && Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(2);)
        {
            if (Stopwatch.GetElapsedTime(sampled) > TimeSpan.FromSeconds(1))
            {
                memory = Math.Max(memory, processes.Sum(ProcessTree.MemoryMiB));
                sampled = Stopwatch.GetTimestamp();
            }

            await Task.Delay(5, cancellationToken);
        }

        double used = processes.Sum(ProcessTree.CpuSeconds) - cpu;
        await going;
        long arrived = _sink.Messages;
        TimeSpan elapsed = _sink.Elapsed;
        return new Measurement(
            count / elapsed.TotalSeconds, used * 1000 / count, memory, arrived == count ? null : string.Create(CultureInfo.InvariantCulture, $"{arrived} of {count} arrived"));
    }

    /// <summary>Runs a function of the part's script, which may print the ids of processes to watch.</summary>
    private async Task<int[]> ScriptAsync(string function, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo("bash") { ArgumentList = { _arguments.One("--scripts"), function }, RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? [.. output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => int.Parse(word, CultureInfo.InvariantCulture))]
            : throw new InvalidOperationException($"{function} failed.");
    }

    private int Number(string option) => int.Parse(_arguments.One(option), CultureInfo.InvariantCulture);

    private string Table(int rounds)
    {
        var table = new StringBuilder("| load | sender | messages/s | beside Postfix | CPU, ms each | memory, MiB |\n|---|---|---|---|---|---|\n");
        foreach (((string load, string sender), List<Measurement> seen) in _seen.OrderBy(one => one.Key.Load, StringComparer.Ordinal))
        {
            double rate = Median(seen, one => one.Rate);
            double ratio = Median([.. seen.Zip(_seen[(load, "Postfix")], (own, postfix) => own with { Rate = own.Rate / postfix.Rate })], one => one.Rate);
            table.Append(CultureInfo.InvariantCulture, $"| {load} | {sender} | {rate:0} | {ratio:0.00} | {Median(seen, one => one.CpuMilliseconds):0.0} | {Median(seen, one => one.MemoryMiB):0} |\n");
        }

        return table.Append(CultureInfo.InvariantCulture, $"\nMedians of {rounds} round(s).\n").ToString();
    }

    private static double Median(IReadOnlyList<Measurement> seen, Func<Measurement, double> value)
    {
        double[] sorted = [.. seen.Select(value).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>What one round showed.</summary>
    private sealed record Measurement(double Rate, double CpuMilliseconds, double MemoryMiB, string? Fault);
}
