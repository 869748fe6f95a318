using System.Diagnostics.Metrics;

namespace MtaSts.Delivery.Queue.Diagnostics;

/// <summary>Metrics, named <c>MtaSts.Delivery</c> as the deliverer's: no addresses, no domains, no unbounded labels.</summary>
internal sealed class QueueTelemetry : IDisposable
{
    private readonly Meter _meter = new("MtaSts.Delivery");
    private readonly Counter<long> _taken;
    private readonly Counter<long> _finished;
    private readonly Counter<long> _tries;
    private readonly Counter<long> _notices;
    private readonly Counter<long> _storeFailures;
    private readonly Histogram<double> _age;

    public QueueTelemetry(TimeProvider clock)
    {
        _taken = _meter.CreateCounter<long>("mtasts.queue.messages", "{message}", "Messages taken.");
        _tries = _meter.CreateCounter<long>("mtasts.queue.tries", "{delivery}", "Tries, by what they came to for the delivery.");
        _finished = _meter.CreateCounter<long>("mtasts.queue.recipients", "{recipient}", "Recipients finished, by how.");
        _notices = _meter.CreateCounter<long>("mtasts.queue.notices", "{message}", "Notices to senders, by action.");
        _storeFailures = _meter.CreateCounter<long>("mtasts.queue.store.failures", "{call}", "Calls that the store could not do.");
        _age = _meter.CreateHistogram<double>("mtasts.queue.age", "s", "How long finished recipients had been in the queue, by how they ended.");
        _meter.CreateObservableGauge("mtasts.queue.depth", Depth, "{delivery}", "Deliveries in the queue, by state.");
        _meter.CreateObservableGauge(
            "mtasts.queue.oldest", () => Counts?.Oldest is { } oldest ? Math.Max((clock.GetUtcNow() - oldest).TotalSeconds, 0) : 0, "s", "The age of the oldest message.");
    }

    /// <summary>How much was in the queue when it was last counted.</summary>
    public QueueCounts? Counts { get; set; }

    public void Taken() => _taken.Add(1);

    public void Tried(string result) => _tries.Add(1, new KeyValuePair<string, object?>("result", result));

    public void Finished(RecipientState state, TimeSpan age)
    {
        var label = new KeyValuePair<string, object?>("state", state.ToString());
        _finished.Add(1, label);
        _age.Record(Math.Max(age.TotalSeconds, 0), label);
    }

    public void Noticed(string action) => _notices.Add(1, new KeyValuePair<string, object?>("action", action));

    public void StoreFailed() => _storeFailures.Add(1);

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Depth()
    {
        if (Counts is not { } counts)
        {
            return [];
        }

        return
        [
            new Measurement<long>(counts.Due, new KeyValuePair<string, object?>("state", "due")),
            new Measurement<long>(counts.Waiting, new KeyValuePair<string, object?>("state", "waiting")),
            new Measurement<long>(counts.Delivering, new KeyValuePair<string, object?>("state", "delivering")),
            new Measurement<long>(counts.Held, new KeyValuePair<string, object?>("state", "held")),
        ];
    }
}
