using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>How long other workers have given no sign of life, by this worker's own timer: no clock of anybody counts.</summary>
/// <remarks>Only time in which this worker could give its own signs counts: when nobody can use the store, nobody is silent.</remarks>
internal sealed class SilenceWatch(Guid own, TimeSpan leaseTime, TimeSpan interval)
{
    private Dictionary<Guid, (long Count, TimeSpan Silence)> _others = [];

    /// <summary>Takes in what the store says; tells who has been silent for longer than a lease lasts.</summary>
    /// <param name="workers">The last sign of life of each worker.</param>
    /// <param name="elapsed">The time since this worker's own last sign.</param>
    public IReadOnlyList<WorkerBeat> Look(IReadOnlyList<WorkerBeat> workers, TimeSpan elapsed)
    {
        TimeSpan counted = elapsed > 2 * interval ? 2 * interval : elapsed;
        _others = workers.Where(worker => worker.Worker != own).ToDictionary(
            worker => worker.Worker,
            worker => (worker.Count, _others.TryGetValue(worker.Worker, out (long Count, TimeSpan Silence) before) && before.Count == worker.Count ? before.Silence + counted : TimeSpan.Zero));
        return [.. _others.Where(one => one.Value.Silence >= leaseTime).Select(one => new WorkerBeat(one.Key, one.Value.Count))];
    }
}
