using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MimeKit;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery;

/// <summary>Sends TLS reports to the domains that ask for them: once for each domain and UTC day. RFC 8460.</summary>
/// <remarks>A report that a crash interrupted is sent again with the same id. Several programs may share one store: each report is sent by one of them.</remarks>
public sealed class TlsReporter
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(10);

    private readonly ReportRun _run;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    /// <summary>Creates a reporter; the options are copied.</summary>
    /// <param name="deliverer">Delivers the report mails; names are looked up and connections made as it does it.</param>
    /// <param name="store">Where the counts are; usually that of a <see cref="TlsResultCollector"/>.</param>
    /// <param name="options">Who reports, and how.</param>
    /// <param name="loggers">Where to log; nowhere unless given.</param>
    /// <param name="random">Spreads the reports over the hours; a fresh one unless given.</param>
    /// <exception cref="ArgumentException">The options are not good; the message says which, and what to do.</exception>
    public TlsReporter(MailDeliverer deliverer, ITlsResultStore store, TlsReportOptions options, ILoggerFactory? loggers = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(deliverer);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _clock = deliverer.Clock;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<TlsReporter>();
        _run = new ReportRun(options, store, new TlsRptResolver(deliverer.Dns), deliverer.ReportPoster, (message, sender, recipient, cancellationToken) =>
            MailAsync(deliverer, message, sender, recipient, cancellationToken), _clock, random ?? new Random(), _logger);
    }

    /// <summary>Sends what is due, and says when more will be.</summary>
    /// <param name="now">Whether new reports are sent at once, without being spread over the hours. One that was tried before waits for its next try all the
    /// same, and only days that have ended are reported.</param>
    /// <param name="cancellationToken">Ends the run; what was begun is taken up by a later one.</param>
    /// <exception cref="TlsResultStoreException">The store failed; what was not sent waits.</exception>
    public Task<TlsReportRunResult> RunAsync(bool now = false, CancellationToken cancellationToken = default) => _run.RunAsync(now, cancellationToken);

    /// <summary>Sends reports as they come due, until cancelled: what a host does in the background.</summary>
    public async Task RunForeverAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan pause = LongestPause;
            try
            {
                TlsReportRunResult result = await RunAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                TimeSpan untilNext = result.NextRun is { } next ? next - _clock.GetUtcNow() : LongestPause;
                pause = TimeSpan.FromTicks(Math.Clamp(untilNext.Ticks, ShortestPause.Ticks, LongestPause.Ticks));
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Any exception, a store's own time limit too: somebody else's store must not end the reporting.
                _logger.TlsReportRunFailed(failure);
            }

            await Task.Delay(pause, _clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<ReportDelivery> MailAsync(MailDeliverer deliverer, MimeMessage message, EnvelopeAddress sender, EnvelopeAddress recipient, CancellationToken cancellationToken)
    {
        DeliveryResult result = await deliverer.DeliverAsync(message, new Envelope(sender, [recipient]) { IsTlsReport = true }, cancellationToken).ConfigureAwait(false);
        return new ReportDelivery(result.Outcomes[0] is RecipientOutcome.Delivered, result.Outcomes[0].Explanation);
    }
}
