namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>What one competitor needed in one round.</summary>
/// <param name="Rate">Messages a second.</param>
/// <param name="CpuMilliseconds">Processor time of this process for each message.</param>
/// <param name="Allocated">Octets allocated for each message.</param>
/// <param name="Peak">The most memory that was resident, in octets.</param>
/// <param name="Handshakes">TLS handshakes with MX hosts, those before the clock started included.</param>
/// <param name="SinkCpuMilliseconds">Processor time of the sink for each message.</param>
/// <param name="Policies">Policies fetched.</param>
internal sealed record Measurement(double Rate, double CpuMilliseconds, double Allocated, long Peak, long Handshakes, double SinkCpuMilliseconds, long Policies)
{
    /// <summary>The median of each figure by itself.</summary>
    public static Measurement Median(IReadOnlyCollection<Measurement> rounds) => new(
        Median(rounds, one => one.Rate), Median(rounds, one => one.CpuMilliseconds), Median(rounds, one => one.Allocated), (long)Median(rounds, one => one.Peak),
        (long)Median(rounds, one => one.Handshakes), Median(rounds, one => one.SinkCpuMilliseconds), (long)Median(rounds, one => one.Policies));

    private static double Median(IReadOnlyCollection<Measurement> rounds, Func<Measurement, double> figure)
    {
        double[] sorted = [.. rounds.Select(figure).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
