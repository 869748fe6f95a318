using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MimeKit;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery;

/// <summary>Delivers mail to the recipients' MX hosts and enforces MTA-STS. RFC 5321, RFC 8461.</summary>
/// <remarks>One instance serves a whole program, from any number of threads; it keeps the policies that it has learnt.</remarks>
public sealed class MailDeliverer : IAsyncDisposable
{
    private readonly RouteResolver _routes;
    private readonly PolicyResolver _policies;
    private readonly PolicyFetcher _fetcher;
    private readonly PolicyCache _cache;
    private readonly HostDelivery _hosts;
    private readonly Dictionary<DomainName, TlsDemand> _demands;
    private readonly Telemetry _telemetry = new();
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly int _maxConcurrentDomains;
    private readonly bool _deferWhenUnknown;
    private volatile bool _disposed;

    /// <summary>Creates a deliverer; the options are copied.</summary>
    /// <param name="options">How mail is delivered; the defaults unless given.</param>
    /// <param name="clock">The clock; the system's unless given.</param>
    /// <param name="resolver">Looks names up; a <see cref="DnsClientResolver"/> with <see cref="MailDelivererOptions.Dns"/> unless given.</param>
    /// <param name="loggers">Where to log; nowhere unless given.</param>
    /// <param name="random">Shuffles MX hosts of equal preference; a fresh one unless given. Used from several threads.</param>
    /// <exception cref="ArgumentException">The options are not good; the message says which and why.</exception>
    public MailDeliverer(MailDelivererOptions? options = null, TimeProvider? clock = null, IDnsResolver? resolver = null, ILoggerFactory? loggers = null, Random? random = null)
    {
        options ??= new MailDelivererOptions();
        if (options.Validate().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _clock = clock ?? TimeProvider.System;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<MailDeliverer>();
        _maxConcurrentDomains = options.MaxConcurrentDomains;
        _deferWhenUnknown = options.Policies.DeferWhenRecordUnavailable;
        _demands = new Dictionary<DomainName, TlsDemand>(options.Tls.Demands);
        IDnsResolver dns = resolver ?? new DnsClientResolver(options.Dns, _clock);
        var ehlo = new EhloName(options.EhloName);
        if (ehlo.IsLiteral)
        {
            _logger.NoEhloName();
        }

        _routes = new RouteResolver(dns, options.Routing, options.Network.UseIPv4, options.Network.UseIPv6, random ?? new Random());
        _fetcher = new PolicyFetcher(options.Policies, options.Network, options.Certificates, dns, _clock);
        _cache = new PolicyCache(options.Policies, _clock);
        _policies = new PolicyResolver(dns, _fetcher, _cache, options.Policies, _clock, _logger);
        var sessions = new SmtpSessions(options.Sessions, options.Tls, options.Certificates, options.Network, ehlo, _clock);
        _hosts = new HostDelivery(_routes, sessions, options.Sessions.MaxRecipientsPerTransaction, _telemetry, _logger, _clock);
    }

    /// <summary>Delivers a message, which is written out once and never changed; its Bcc fields stay behind.</summary>
    /// <inheritdoc cref="DeliverAsync(MessageContent, Envelope, CancellationToken)"/>
    public Task<DeliveryResult> DeliverAsync(MimeMessage message, Envelope envelope, CancellationToken cancellationToken = default) =>
        DeliverAsync(MessageContent.From(message), envelope, cancellationToken);

    /// <summary>Delivers a message to whom its own header fields name.</summary>
    /// <inheritdoc cref="DeliverAsync(MessageContent, Envelope, CancellationToken)"/>
    public Task<DeliveryResult> DeliverAsync(MimeMessage message, CancellationToken cancellationToken = default) =>
        DeliverAsync(MessageContent.From(message), Envelope.From(message), cancellationToken);

    /// <summary>Delivers a message to any number of recipients in any number of domains.</summary>
    /// <param name="content">The message.</param>
    /// <param name="envelope">Sender and recipients.</param>
    /// <param name="cancellationToken">Ends the delivery.</param>
    /// <returns>Exactly one outcome for each recipient. What can go wrong with mail is an outcome, never an exception.</returns>
    /// <exception cref="DeliveryCanceledException">The caller cancelled; its result says what had happened by then.</exception>
    public async Task<DeliveryResult> DeliverAsync(MessageContent content, Envelope envelope, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(envelope);
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var activity = _telemetry.StartDelivery();
        DateTimeOffset startedAt = _clock.GetUtcNow();
        long started = _clock.GetTimestamp();
        DomainWork[] works = DomainWork.Group(envelope.Recipients);
        using var turn = new SemaphoreSlim(_maxConcurrentDomains);
        (DomainDelivery Delivery, RecipientOutcome[] Outcomes)[] done = await Task.WhenAll(works.Select(async work =>
        {
            // Not cancelled while waiting: every recipient gets an outcome.
            await turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                return await DeliverSafelyAsync(content, envelope.Sender, work, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                turn.Release();
            }
        })).ConfigureAwait(false);

        Dictionary<EnvelopeAddress, RecipientOutcome> byRecipient = done.SelectMany(one => one.Outcomes).ToDictionary(outcome => outcome.Recipient);
        var result = new DeliveryResult(
            [.. envelope.Recipients.Select(recipient => byRecipient[recipient])], [.. done.Select(one => one.Delivery)], startedAt, _clock.GetElapsedTime(started));
        Tell(result);
        return cancellationToken.IsCancellationRequested && !result.AllDelivered ? throw new DeliveryCanceledException(result, cancellationToken) : result;
    }

    /// <summary>Says what would happen to mail for an address, decided by the code that delivers; nothing is sent.</summary>
    /// <param name="recipient">The address.</param>
    /// <param name="probe">Whether to connect to every address of every host, up to the TLS handshake.</param>
    /// <param name="cancellationToken">Ends the look-ups.</param>
    public async Task<DeliveryPlan> PlanAsync(EnvelopeAddress recipient, bool probe = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var work = new DomainWork(recipient.Domain, recipient.Literal, [recipient]);
        (Route route, PolicyDiscovery policy) = await LookUpAsync(work, cancellationToken).ConfigureAwait(false);
        MxCandidate[] candidates = route is Route.ToHosts hosts ? [.. hosts.Candidates] : [];
        HostPlan[] plans = await Task.WhenAll(candidates.Select(candidate =>
            _hosts.PlanAsync(candidate, policy.Policy, Demand(policy), probe, cancellationToken))).ConfigureAwait(false);
        return new DeliveryPlan(work.Name, route, policy, plans);
    }

    /// <summary>Asks DNS afresh whether a domain has a newer policy, and fetches it if so: to be done before deferred mail is given up.</summary>
    /// <remarks>A refusal by policy is always <see cref="RecipientOutcome.Deferred"/>; whoever keeps the mail calls this before it turns that into a
    /// failure, and tries once more when the id has changed. RFC 8461 §5 and §5.1. The least time between failed fetches holds here too (RFC 8461 §3.3).</remarks>
    /// <param name="policyDomain">The recipient's domain, or the smart host's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<PolicyDiscovery> RecheckPolicyAsync(DomainName policyDomain, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policyDomain);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _policies.RecheckAsync(policyDomain, cancellationToken);
    }

    /// <summary>Forgets the policies learnt and closes what is open.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        _fetcher.Dispose();
        _cache.Dispose();
        _telemetry.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The straight line for the recipients of one domain.</summary>
    private async Task<(DomainDelivery Delivery, RecipientOutcome[] Outcomes)> DeliverAsync(
        MessageContent content, EnvelopeAddress? sender, DomainWork work, CancellationToken cancellationToken)
    {
        long started = _clock.GetTimestamp();

        // 0. A message that SMTP cannot carry goes nowhere.
        if (content.Fault is { } fault)
        {
            return Without(work, FailureCode.MessageUnsendable, fault, started);
        }

        // 1 and 2. Where mail for the domain goes, and which policy is in force, side by side.
        (Route route, PolicyDiscovery policy) = await LookUpAsync(work, cancellationToken).ConfigureAwait(false);
        TimeSpan lookups = _clock.GetElapsedTime(started);
        if (route is not Route.ToHosts hosts)
        {
            (FailureCode code, string detail) = route switch
            {
                Route.NoMail none => (FailureTable.CodeOf(none.Reason), none.Detail),
                Route.Unavailable unavailable => (FailureCode.RouteUnavailable, unavailable.Detail),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            return Finish([], recipient => OutcomeRules.WithoutAttempt(recipient, code, detail));
        }

        if (_deferWhenUnknown && policy is { InForce: null, Fault: { Kind: PolicyFaultKind.RecordUnavailable } unknown })
        {
            return Finish([], recipient => OutcomeRules.WithoutAttempt(recipient, FailureCode.PolicyUnknown, $"the look-up of the MTA-STS record of {policy.PolicyDomain} failed: {unknown.Detail}"));
        }

        // 3 and 4. Host by host: what is required, what the connection shows, and the message if it may go.
        IReadOnlyList<DeliveryAttempt> attempts = await _hosts.DeliverAsync(content, sender, work, hosts.Candidates, policy.Policy, Demand(policy), cancellationToken).ConfigureAwait(false);

        // 5. Exactly one outcome for each recipient.
        return Finish(attempts, recipient => OutcomeRules.Fold(recipient, policy, attempts));

        (DomainDelivery, RecipientOutcome[]) Finish(IReadOnlyList<DeliveryAttempt> tried, Func<EnvelopeAddress, RecipientOutcome> outcome) =>
            (new DomainDelivery(work.Name, route, policy, tried, lookups, _clock.GetElapsedTime(started)), [.. work.Recipients.Select(outcome)]);
    }

    private async Task<(DomainDelivery Delivery, RecipientOutcome[] Outcomes)> DeliverSafelyAsync(
        MessageContent content, EnvelopeAddress? sender, DomainWork work, CancellationToken cancellationToken)
    {
        long started = _clock.GetTimestamp();
        try
        {
            return await DeliverAsync(content, sender, work, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Without(work, FailureCode.Cancelled, "the caller cancelled before a host was tried", started);
        }
        catch (Exception fault)
        {
            // A bug of ours, or of a callback, in one domain must not lose what is known of the others: they may have been delivered.
            _logger.InternalError(fault, work.Name);
            return Without(work, FailureCode.InternalError, $"the sending program failed: {fault.GetType().Name}: {fault.Message}", started);
        }
    }

    private async Task<(Route Route, PolicyDiscovery Policy)> LookUpAsync(DomainWork work, CancellationToken cancellationToken)
    {
        if (work.Literal is { } literal)
        {
            return (_routes.ToLiteral(literal), PolicyDiscovery.NotApplicable(null));
        }

        SmartHost? smartHost = _routes.SmartHostFor(work.Domain!);
        Task<PolicyDiscovery> policy = _policies.DiscoverAsync(smartHost?.Host ?? work.Domain!, cancellationToken);
        Task<Route> route = _routes.ResolveAsync(work.Domain!, smartHost, cancellationToken);
        await Task.WhenAll(policy, route).ConfigureAwait(false);
        return (await route.ConfigureAwait(false), await policy.ConfigureAwait(false));
    }

    private TlsDemand? Demand(PolicyDiscovery policy) =>
        policy.PolicyDomain is { } domain && _demands.TryGetValue(domain, out TlsDemand demand) ? demand : null;

    private (DomainDelivery Delivery, RecipientOutcome[] Outcomes) Without(DomainWork work, FailureCode code, string detail, long started) =>
        (new DomainDelivery(work.Name, new Route.Unavailable(detail), PolicyDiscovery.NotApplicable(work.Domain), [], TimeSpan.Zero, _clock.GetElapsedTime(started)),
            [.. work.Recipients.Select(recipient => OutcomeRules.WithoutAttempt(recipient, code, detail))]);

    private void Tell(DeliveryResult result)
    {
        foreach (RecipientOutcome outcome in result.Outcomes)
        {
            _telemetry.Record(outcome);
            if (_logger.IsEnabled(LogLevel.Debug))
            {
                _logger.Outcome(outcome.Recipient.ToString(), outcome.GetType().Name, outcome.Status.ToString(), outcome.Explanation);
            }
        }
    }
}
