using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>Keeps TLS results until they are reported, and which reports were sent. RFC 8460 §4.1.</summary>
/// <remarks>
/// <para>A store adds, finds and forgets; it judges nothing, and asks no clock. Every member may be called from several threads, and several programs may share one store.</para>
/// <para>What went wrong is a <see cref="TlsResultStoreException"/>, after which the same call may be made again. <c>TlsResultStoreContract</c> in the
/// package MtaSts.Delivery.Testing holds a store to all this.</para>
/// </remarks>
public interface ITlsResultStore
{
    /// <summary>Adds a batch, wholly or not at all; when the task ends, it survives the end of the process.</summary>
    /// <remarks><para>Counts go into the open report of their day and domain. A report is closed as soon as it is saved with a first attempt, or in another state than
    /// waiting: what comes later goes into the next part, so that nothing that was added is left out and nothing that was sent changes.</para>
    /// <para>Saving a batch again changes nothing, so that one whose answer was lost may be tried again: a writer's batch counts only when its number is
    /// higher than the last one of that writer.</para></remarks>
    /// <returns>Whether it was added; <see langword="false"/> when it had been before.</returns>
    /// <exception cref="TlsResultStoreException">It is not certain whether the batch is in.</exception>
    Task<bool> AddAsync(TlsResultBatch batch, CancellationToken cancellationToken = default);

    /// <summary>The reports that wait, for each domain, day before the given one, and part with results, in any order.</summary>
    /// <remarks>One that was never saved is made up: version 0, waiting, without an id, its next attempt at the beginning of time.</remarks>
    /// <exception cref="TlsResultStoreException">The store cannot be read.</exception>
    Task<IReadOnlyList<TlsReportJob>> FindWaitingAsync(DateOnly before, CancellationToken cancellationToken = default);

    /// <summary>What one report is about, by policy, each with its failures, in any order.</summary>
    /// <param name="day">The UTC day.</param>
    /// <param name="domain">The policy domain.</param>
    /// <param name="part">Which of the reports of that day, see <see cref="TlsReportJob.Part"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TlsResultStoreException">The store cannot be read.</exception>
    Task<IReadOnlyList<TlsResultCounts>> ReadAsync(DateOnly day, DomainName domain, int part = 0, CancellationToken cancellationToken = default);

    /// <summary>Saves how far a report has come, unless somebody else has saved it since it was read.</summary>
    /// <remarks>A report that waits no longer is not found again; its counts may be forgotten.</remarks>
    /// <param name="job">The report, with the version that was read; it is saved with the next one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether it was saved.</returns>
    /// <exception cref="TlsResultStoreException">It is not certain whether it is saved.</exception>
    Task<bool> SaveAsync(TlsReportJob job, CancellationToken cancellationToken = default);

    /// <summary>Forgets how the reports of days before the given one ended, and writers that have not been heard of since.</summary>
    /// <remarks>What waits is never forgotten, however old it seems: the day given comes from a clock, which may be wrong.</remarks>
    /// <exception cref="TlsResultStoreException">Not everything is certain to be forgotten.</exception>
    Task RemoveAsync(DateOnly before, CancellationToken cancellationToken = default);
}
