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

    /// <summary>One run: gives every new report its moment and its id, and sends those whose moment has come.</summary>
    /// <param name="now">Whether new ones are sent before their moment, too. Those that were tried wait for their next try: somebody may be at it.</param>
    /// <param name="cancellationToken">Ends the run; what was begun is taken up by a later one.</param>
    public async Task<TlsReportRunResult> RunAsync(bool now, CancellationToken cancellationToken)
    {
        DateTimeOffset begun = clock.GetUtcNow();
        await store.RemoveAsync(ReportSchedule.OldestDay(begun), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<TlsReportJob> waiting = await store.FindWaitingAsync(DateOnly.FromDateTime(begun.UtcDateTime), cancellationToken).ConfigureAwait(false);
        var done = new List<(TlsReportJob Job, bool IsTried)>();
        await Parallel.ForEachAsync(waiting, new ParallelOptions { MaxDegreeOfParallelism = _maxConcurrent, CancellationToken = cancellationToken }, async (job, token) =>
        {
            if (await ProcessSafelyAsync(job, now, token).ConfigureAwait(false) is { } processed)
            {
                lock (done)
                {
                    done.Add((processed, processed.Attempts > job.Attempts));
                }
            }
        }).ConfigureAwait(false);
        DateTimeOffset[] next = [.. done.Where(one => one.Job.State == TlsReportState.Waiting).Select(one => one.Job.NextAttempt)];
        return new TlsReportRunResult(
            Count(TlsReportState.Sent), Count(TlsReportState.NotWanted), Count(TlsReportState.Waiting), Count(TlsReportState.GivenUp), next.Length == 0 ? null : next.Min());

        int Count(TlsReportState state) => done.Count(one => one.IsTried && one.Job.State == state);
    }

    private async Task<TlsReportJob?> ProcessSafelyAsync(TlsReportJob job, bool now, CancellationToken cancellationToken)
    {
        try
        {
            return await ProcessAsync(job, now, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or TlsResultStoreException))
        {
            // A bug of ours in one domain's report must not keep the others from theirs.
            logger.TlsReportFailed(fault, job.Domain.Value);
            return null;
        }
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

            job = job with { ReportId = NewId(), NextAttempt = ReportSchedule.FirstTry(job.Day, _spreadOver, chance) };
            if (!await SaveAsync(job, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            job = job with { Version = job.Version + 1 };
        }

        DateTimeOffset begun = clock.GetUtcNow();
        if (begun < job.NextAttempt && !(now && job.FirstAttempt is null))
        {
            return job;
        }

        // Saved before anything is sent: whoever finds the report meanwhile, or after a crash, knows that it is under way and by which id.
        job = job with { FirstAttempt = job.FirstAttempt ?? begun, Attempts = job.Attempts + 1, NextAttempt = begun + ReportSchedule.Lease };
        if (!await SaveAsync(job, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        (TlsReportState state, string detail) = await SendAsync(job, cancellationToken).ConfigureAwait(false);
        DateTimeOffset ended = clock.GetUtcNow();
        DateTimeOffset next = ReportSchedule.NextTry(ended, job.Attempts);
        if (state == TlsReportState.Waiting && next > job.FirstAttempt + _retryFor)
        {
            state = TlsReportState.GivenUp;
        }

        job = job with { Version = job.Version + 1, State = state, Detail = PeerText.Clean(detail, 500), NextAttempt = next };
        logger.TlsReport(job.Domain.Value, job.Day, state, job.Detail);
        // What was sent was sent, whoever cancels: it must be on record.
        await SaveAsync(job, CancellationToken.None).ConfigureAwait(false);
        return job with { Version = job.Version + 1 };
    }

    private async Task<(TlsReportState State, string Detail)> SendAsync(TlsReportJob job, CancellationToken cancellationToken)
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
                return await SendAsync(job, record, cancellationToken).ConfigureAwait(false);

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Tries target by target until one takes the report. RFC 8460 §3.</summary>
    private async Task<(TlsReportState State, string Detail)> SendAsync(TlsReportJob job, TlsRptRecord record, CancellationToken cancellationToken)
    {
        if (!record.Usable.Any())
        {
            return (TlsReportState.NotWanted, "none of its rua is usable: " + string.Join("; ", record.Rua.OfType<ReportTarget.Unusable>().Select(one => $"{one.Text}: {one.Fault}")));
        }

        IReadOnlyList<TlsResultCounts> counts = await store.ReadAsync(job.Day, job.Domain, cancellationToken).ConfigureAwait(false);
        TlsReport report = ReportRules.Build(_organization, _contact, job.ReportId!, job.Day, counts);
        ReportFile file = ReportFile.From(report, job.Domain, _contact.Domain!);
        var faults = new List<string>();
        foreach (ReportTarget target in record.Usable)
        {
            ReportDelivery sent = target switch
            {
                ReportTarget.Https(var endpoint) => await poster.PostAsync(endpoint, file, _postTimeout, cancellationToken).ConfigureAwait(false),
                ReportTarget.Mail(var recipient) => await MailAsync(file, recipient, cancellationToken).ConfigureAwait(false),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            if (sent.IsAccepted)
            {
                return (TlsReportState.Sent, sent.Detail);
            }

            faults.Add(sent.Detail);
        }

        return (TlsReportState.Waiting, string.Join("; ", faults));
    }

    private Task<ReportDelivery> MailAsync(ReportFile file, EnvelopeAddress recipient, CancellationToken cancellationToken)
    {
        MimeMessage message = ReportMail.Create(file, _organization, _contact, recipient, clock.GetUtcNow());
        _signer.Sign(message);
        return mail(message, _contact, recipient, cancellationToken);
    }

    private Task<bool> SaveAsync(TlsReportJob job, CancellationToken cancellationToken) => store.SaveAsync(job, cancellationToken);

    private string NewId() => Guid.NewGuid().ToString("N") + "@" + _contact.Domain;
}
