using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MimeKit;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>Sends the reports that are due. RFC 8460 §5.</summary>
internal sealed class ReportRun(TlsReportOptions options, ITlsResultStore store, TlsRptResolver records, ReportPoster poster, MailReport mail, TimeProvider clock, Random random, ILogger logger)
{
    private readonly string _organization = options.OrganizationName!;
    private readonly EnvelopeAddress _contact = EnvelopeAddress.Parse(options.ContactInfo!);
    private readonly ReportSigner _signer = new([.. options.DkimKeys]);
    private readonly TimeSpan _spreadOver = options.SpreadOver;
    private readonly TimeSpan _retryFor = options.RetryFor;
    private readonly TimeSpan _postTimeout = options.PostTimeout;
    private readonly int _maxConcurrent = options.MaxConcurrentReports;
    private readonly TimeSpan _settling = ReportSchedule.Settling + options.Collector.FlushInterval;

    // Since when this program has been at each report, by its own time and not by a clock that may be set.
    private readonly ConcurrentDictionary<(DateOnly Day, DomainName Domain, int Part), long> _since = [];

    /// <summary>One run: gives every new report its moment and its id, and sends those whose moment has come.</summary>
    /// <param name="now">Whether new ones are sent before their moment, too. Those that were tried wait for their next try: somebody may be at it.</param>
    /// <param name="cancellationToken">Ends the run; what was begun is taken up by a later one.</param>
    public async Task<TlsReportRunResult> RunAsync(bool now, CancellationToken cancellationToken)
    {
        DateTimeOffset begun = clock.GetUtcNow();
        await store.RemoveAsync(ReportSchedule.OldestDay(begun), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<TlsReportJob> waiting = await store.FindWaitingAsync(DateOnly.FromDateTime(begun.UtcDateTime), cancellationToken).ConfigureAwait(false);
        ForgetAllBut(waiting);
        var done = new List<(TlsReportJob Job, bool IsTried)>();
        TlsResultStoreException? storeFailure = null;
        await Parallel.ForEachAsync(waiting, new ParallelOptions { MaxDegreeOfParallelism = _maxConcurrent, CancellationToken = cancellationToken }, async (job, token) =>
        {
            try
            {
                if (await ProcessAsync(job, now, token).ConfigureAwait(false) is { } processed)
                {
                    lock (done)
                    {
                        done.Add((processed, processed.Attempts > job.Attempts));
                    }
                }
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !token.IsCancellationRequested)
            {
                // Whatever it is: one domain's report must not keep the others from theirs, or cut them off half-way.
                logger.TlsReportFailed(fault, job.Domain.Value);
                storeFailure = fault as TlsResultStoreException ?? storeFailure;
            }
        }).ConfigureAwait(false);
        if (storeFailure is not null)
        {
            throw new TlsResultStoreException(storeFailure.Message, storeFailure);
        }

        DateTimeOffset[] next = [.. done.Where(one => one.Job.State == TlsReportState.Waiting).Select(one => one.Job.NextAttempt)];
        return new TlsReportRunResult(
            Count(TlsReportState.Sent), Count(TlsReportState.NotWanted), Count(TlsReportState.Waiting), Count(TlsReportState.GivenUp), next.Length == 0 ? null : next.Min());

        int Count(TlsReportState state) => done.Count(one => one.IsTried && one.Job.State == state);
    }

    /// <returns>The job as it is now; <see langword="null"/> when another program has it.</returns>
    private async Task<TlsReportJob?> ProcessAsync(TlsReportJob job, bool now, CancellationToken cancellationToken)
    {
        if (job.ReportId is null)
        {
            double chance;
            lock (random)
            {
                chance = random.NextDouble();
            }

            // Late counts wait like a day's: more may follow, and each further part is a further report.
            DateTimeOffset first = job.Part == 0 ? ReportSchedule.FirstTry(job.Day, _settling, _spreadOver, chance) : clock.GetUtcNow() + _settling + (_spreadOver * chance);
            job = job with { ReportId = NewId(), NextAttempt = first };
            if (!await SaveAsync(job, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            job = job with { Version = job.Version + 1 };
        }

        DateTimeOffset begun = clock.GetUtcNow();
        if (!ReportSchedule.IsDue(job.NextAttempt, begun) && !(now && job.FirstAttempt is null))
        {
            return job;
        }

        if (ReportSchedule.IsOver(job.Attempts, TimeSpan.Zero, _retryFor))
        {
            // Only tries that never came to their end lead here: something in it ends the program, every time.
            job = job with { State = TlsReportState.GivenUp, Attempts = job.Attempts + 1, Detail = "every try ended with the program" };
            logger.TlsReport(job.Domain.Value, job.Day, job.State, job.Detail);
            await SaveAsync(job, cancellationToken).ConfigureAwait(false);
            return job with { Version = job.Version + 1 };
        }

        // Saved before anything is sent: whoever finds the report meanwhile, or after a crash, knows that it is under way and by which id. From now on
        // what it says stays the same: the store puts what is counted later into the next part.
        job = job with { FirstAttempt = job.FirstAttempt ?? begun, Attempts = job.Attempts + 1, NextAttempt = begun + ReportSchedule.Lease };
        if (!await SaveAsync(job, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        long since = _since.GetOrAdd((job.Day, job.Domain, job.Part), clock.GetTimestamp());
        (TlsReportState state, string detail) = await TryAsync(job, cancellationToken).ConfigureAwait(false);
        DateTimeOffset next = ReportSchedule.NextTry(clock.GetUtcNow(), job.Attempts);
        if (state == TlsReportState.Waiting && ReportSchedule.IsOver(job.Attempts, clock.GetElapsedTime(since), _retryFor))
        {
            state = TlsReportState.GivenUp;
        }

        job = job with { Version = job.Version + 1, State = state, Detail = PeerText.Clean(detail, 500), NextAttempt = next };
        logger.TlsReport(job.Domain.Value, job.Day, state, job.Detail);
        // What was sent was sent, whoever cancels: it must be on record.
        await SaveAsync(job, CancellationToken.None).ConfigureAwait(false);
        return job with { Version = job.Version + 1 };
    }

    /// <summary>One try, which ends before the lease does.</summary>
    private async Task<(TlsReportState State, string Detail)> TryAsync(TlsReportJob job, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ReportSchedule.LongestTry, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        long started = clock.GetTimestamp();
        try
        {
            return await SendAsync(job, started, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (TlsReportState.Waiting, FormattableString.Invariant($"it took longer than {ReportSchedule.LongestTry.TotalMinutes} minutes"));
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // A store's, or a bug of ours: the try counts, so that a report which fails every time comes to an end.
            logger.TlsReportFailed(fault, job.Domain.Value);
            return (TlsReportState.Waiting, $"the sending program failed: {fault.GetType().Name}");
        }
    }

    private async Task<(TlsReportState State, string Detail)> SendAsync(TlsReportJob job, long started, CancellationToken cancellationToken)
    {
        switch (await records.LookUpAsync(job.Domain, cancellationToken).ConfigureAwait(false))
        {
            case TlsRptLookup.None:
                return (TlsReportState.NotWanted, "there is no TLSRPT record");

            case TlsRptLookup.Invalid(var fault):
                return (TlsReportState.NotWanted, fault);

            case TlsRptLookup.Unavailable(var reason):
                return (TlsReportState.Waiting, "the TLSRPT record could not be looked up: " + reason);

            case TlsRptLookup.Found(var record):
                return await SendAsync(job, record, started, cancellationToken).ConfigureAwait(false);

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Tries target by target until one takes the report. RFC 8460 §3.</summary>
    private async Task<(TlsReportState State, string Detail)> SendAsync(TlsReportJob job, TlsRptRecord record, long started, CancellationToken cancellationToken)
    {
        if (!record.Usable.Any())
        {
            return (TlsReportState.NotWanted, "none of its rua is usable: " + string.Join("; ", record.Rua.OfType<ReportTarget.Unusable>().Select(one => $"{one.Text}: {one.Fault}")));
        }

        IReadOnlyList<TlsResultCounts> counts = await store.ReadAsync(job.Day, job.Domain, job.Part, cancellationToken).ConfigureAwait(false);
        TlsReport report = ReportRules.Build(_organization, _contact, job.ReportId!, job.Day, counts);
        ReportFile file = ReportFile.From(report, job.Domain, _contact.Domain!);
        var faults = new List<string>();
        ReportTarget[] targets = [.. record.Usable];
        for (int i = 0; i < targets.Length; i++)
        {
            // An equal share of what is left for each, or one that keeps us waiting would take all the time, every time.
            TimeSpan share = (ReportSchedule.LongestTry - clock.GetElapsedTime(started)) / (targets.Length - i);
            ReportDelivery sent = await SendAsync(file, targets[i], share, cancellationToken).ConfigureAwait(false);
            if (sent.IsAccepted)
            {
                return (TlsReportState.Sent, sent.Detail);
            }

            faults.Add(sent.Detail);
        }

        return (TlsReportState.Waiting, string.Join("; ", faults));
    }

    private async Task<ReportDelivery> SendAsync(ReportFile file, ReportTarget target, TimeSpan share, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(share > TimeSpan.Zero ? share : TimeSpan.Zero, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return target switch
            {
                ReportTarget.Https(var endpoint) => await poster.PostAsync(endpoint, file, _postTimeout, both.Token).ConfigureAwait(false),
                ReportTarget.Mail(var recipient) => await MailAsync(file, recipient, both.Token).ConfigureAwait(false),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new ReportDelivery(false, FormattableString.Invariant($"{target}: not done within {share.TotalSeconds:0} s"));
        }
    }

    private Task<ReportDelivery> MailAsync(ReportFile file, EnvelopeAddress recipient, CancellationToken cancellationToken)
    {
        MimeMessage message = ReportMail.Create(file, _organization, _contact, recipient, clock.GetUtcNow());
        _signer.Sign(message);
        return mail(message, _contact, recipient, cancellationToken);
    }

    private void ForgetAllBut(IEnumerable<TlsReportJob> waiting)
    {
        HashSet<(DateOnly, DomainName, int)> kept = [.. waiting.Select(job => (job.Day, job.Domain, job.Part))];
        foreach ((DateOnly Day, DomainName Domain, int Part) ended in _since.Keys.Where(key => !kept.Contains(key)))
        {
            _since.TryRemove(ended, out _);
        }
    }

    private Task<bool> SaveAsync(TlsReportJob job, CancellationToken cancellationToken) => store.SaveAsync(job, cancellationToken);

    private string NewId() => Guid.NewGuid().ToString("N") + "@" + _contact.Domain;
}
