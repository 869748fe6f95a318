using System.Runtime.InteropServices;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>Keeps TLS results in memory: they end with the process.</summary>
public sealed class MemoryTlsResultStore : ITlsResultStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, (long Number, DateTimeOffset Time)> _writers = [];
    private readonly Dictionary<(DateOnly Day, DomainName Domain, int Part), Dictionary<TlsPolicyKey, Counts>> _results = [];
    private readonly Dictionary<(DateOnly Day, DomainName Domain, int Part), TlsReportJob> _jobs = [];
    private readonly Dictionary<(DateOnly Day, DomainName Domain), int> _openParts = [];

    /// <inheritdoc/>
    public Task<bool> AddAsync(TlsResultBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        lock (_gate)
        {
            if (_writers.TryGetValue(batch.Writer, out (long Number, DateTimeOffset Time) last) && batch.Number <= last.Number)
            {
                return Task.FromResult(false);
            }

            _writers[batch.Writer] = (batch.Number, batch.Time);
            foreach (TlsResultCounts counts in batch.Results)
            {
                Add(counts);
            }

            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TlsReportJob>> FindWaitingAsync(DateOnly before, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<TlsReportJob>>([.. _results.Keys.Where(key => key.Day < before).Select(key =>
                _jobs.GetValueOrDefault(key) ?? new TlsReportJob(key.Day, key.Domain, key.Part, 0, TlsReportState.Waiting, null, DateTimeOffset.MinValue, null, 0, ""))
                .Where(job => job.State == TlsReportState.Waiting)]);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TlsResultCounts>> ReadAsync(DateOnly day, DomainName domain, int part = 0, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<TlsResultCounts>>(_results.TryGetValue((day, domain, part), out Dictionary<TlsPolicyKey, Counts>? found)
                ? [.. found.Select(one => new TlsResultCounts(day, one.Key, one.Value.Sessions, [.. one.Value.Failures.Select(failure => new TlsFailureCount(failure.Key, failure.Value))]))]
                : []);
        }
    }

    /// <inheritdoc/>
    public Task<bool> SaveAsync(TlsReportJob job, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        lock (_gate)
        {
            (DateOnly, DomainName, int) key = (job.Day, job.Domain, job.Part);
            if ((_jobs.TryGetValue(key, out TlsReportJob? saved) ? saved.Version : 0) != job.Version)
            {
                return Task.FromResult(false);
            }

            _jobs[key] = job with { Version = job.Version + 1 };
            if (job.FirstAttempt is not null || job.State != TlsReportState.Waiting)
            {
                _openParts[(job.Day, job.Domain)] = Math.Max(_openParts.GetValueOrDefault((job.Day, job.Domain)), job.Part + 1);
            }

            if (job.State != TlsReportState.Waiting)
            {
                _results.Remove(key);
            }

            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task RemoveAsync(DateOnly before, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            foreach ((DateOnly Day, DomainName Domain, int Part) key in _jobs.Keys.Where(key => key.Day < before && !_results.ContainsKey(key)).ToArray())
            {
                _jobs.Remove(key);
            }

            HashSet<(DateOnly, DomainName)> kept = [.. _jobs.Keys.Select(key => (key.Day, key.Domain))];
            foreach ((DateOnly Day, DomainName Domain) key in _openParts.Keys.Where(key => key.Day < before && !kept.Contains(key)).ToArray())
            {
                _openParts.Remove(key);
            }

            foreach (Guid writer in _writers.Where(one => DateOnly.FromDateTime(one.Value.Time.UtcDateTime) < before).Select(one => one.Key).ToArray())
            {
                _writers.Remove(writer);
            }
        }

        return Task.CompletedTask;
    }

    private void Add(TlsResultCounts counts)
    {
        int part = _openParts.GetValueOrDefault((counts.Day, counts.Policy.Domain));
        ref Dictionary<TlsPolicyKey, Counts>? domain = ref CollectionsMarshal.GetValueRefOrAddDefault(_results, (counts.Day, counts.Policy.Domain, part), out _);
        domain ??= [];
        ref Counts? kept = ref CollectionsMarshal.GetValueRefOrAddDefault(domain, counts.Policy, out _);
        kept ??= new Counts();
        kept.Sessions = kept.Sessions.Plus(counts.Sessions);
        foreach (TlsFailureCount failure in counts.Failures)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(kept.Failures, failure.Failure, out _) += failure.Sessions;
        }
    }

    private sealed class Counts
    {
        public TlsSessionCounts Sessions { get; set; }

        public Dictionary<TlsFailureDetail, long> Failures { get; } = [];
    }
}
