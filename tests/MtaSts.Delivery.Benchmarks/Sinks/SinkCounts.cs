using System.Globalization;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>What a sink has seen since its start.</summary>
/// <param name="Messages">Messages accepted.</param>
/// <param name="Recipients">Recipients of accepted messages.</param>
/// <param name="Octets">Octets of accepted messages, as they were on the wire.</param>
/// <param name="Connections">Connections taken.</param>
/// <param name="Handshakes">TLS handshakes that came to an end.</param>
/// <param name="Duplicates">Messages whose id had been accepted before.</param>
/// <param name="Faults">What no good client does: a message without its id or with another digest than it says, a content cut off, an unknown command.</param>
/// <param name="Policies">Policies served.</param>
/// <param name="Cpu">Processor time of the sink's process.</param>
internal sealed record SinkCounts(long Messages, long Recipients, long Octets, long Connections, long Handshakes, long Duplicates, long Faults, long Policies, TimeSpan Cpu)
{
    public static SinkCounts operator -(SinkCounts after, SinkCounts before) => new(
        after.Messages - before.Messages, after.Recipients - before.Recipients, after.Octets - before.Octets, after.Connections - before.Connections,
        after.Handshakes - before.Handshakes, after.Duplicates - before.Duplicates, after.Faults - before.Faults, after.Policies - before.Policies, after.Cpu - before.Cpu);

    public static SinkCounts Parse(string line)
    {
        long[] fields = [.. line.Split(' ').Select(field => long.Parse(field, CultureInfo.InvariantCulture))];
        return new SinkCounts(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], fields[7], TimeSpan.FromTicks(fields[8]));
    }

    public string ToLine() => string.Create(CultureInfo.InvariantCulture, $"{Messages} {Recipients} {Octets} {Connections} {Handshakes} {Duplicates} {Faults} {Policies} {Cpu.Ticks}");
}
