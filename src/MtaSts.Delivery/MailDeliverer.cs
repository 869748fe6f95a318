using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MimeKit;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
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
    private readonly HostDelivery _hosts;
    private readonly DnsCache _dns;
    private readonly SessionPool _pool;
    private readonly Pace _pace;
    private readonly ILookup<DomainName, DeliveryOverride> _overrides;
    private readonly Telemetry _telemetry;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly ITlsResultSink? _results;
    private readonly IPAddress[] _publicAddresses;
    private readonly int _maxConcurrentDomains;
    private readonly bool _deferWhenUnknown;
    private readonly bool _usesDane;
    private bool _disposed;

    /// <summary>Creates a deliverer; the options are copied.</summary>
    /// <param name="options">How mail is delivered; the defaults unless given.</param>
    /// <param name="clock">The clock; the system's unless given.</param>
    /// <param name="resolver">Looks names up; a <see cref="DnsClientResolver"/> with <see cref="MailDelivererOptions.Dns"/> unless given.</param>
    /// <param name="loggers">Where to log; nowhere unless given.</param>
    /// <param name="random">Shuffles MX hosts of equal preference; a fresh one unless given. Used from several threads.</param>
    /// <param name="policyStore">Where policies outlive the process; in memory unless given. It is not disposed with the deliverer.</param>
    /// <param name="results">Is told the TLS result of every session, for TLS reports; nobody unless given. It is not disposed with the deliverer.</param>
    /// <exception cref="ArgumentException">The options are not good; the message says which and why.</exception>
    public MailDeliverer(
        MailDelivererOptions? options = null, TimeProvider? clock = null, IDnsResolver? resolver = null, ILoggerFactory? loggers = null, Random? random = null,
        IPolicyStore? policyStore = null, ITlsResultSink? results = null)
    {
        options ??= new MailDelivererOptions();
        if (options.Validate().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _clock = clock ?? TimeProvider.System;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<MailDeliverer>();
        _results = results;
        _publicAddresses = [.. options.Network.PublicAddresses];
        _maxConcurrentDomains = options.MaxConcurrentDomains;
        _deferWhenUnknown = options.Policies.DeferWhenRecordUnavailable;
        _usesDane = options.Dane.IsOn;
        if (_usesDane && resolver is null && options.Dns.Servers.Count == 0 && options.DaneFault(DnsClientResolver.SystemResolvers()) is { } untrusted)
        {
            throw new ArgumentException(untrusted, nameof(options));
        }

        _overrides = options.Overrides.ToLookup(one => one.PolicyDomain);
        IDnsResolver dns = resolver ?? new DnsClientResolver(options.Dns, _clock, isSecurityAsked: _usesDane);
        Dns = dns;
        _dns = new DnsCache(dns, options.Dns, _clock);
        ReportPoster = new ReportPoster(options.Network, options.Certificates, dns, _clock);
        var ehlo = new EhloName(options.EhloName);
        EhloName = ehlo.Name;
        if (ehlo.Name is null)
        {
            _logger.NoEhloName();
        }

        random ??= new Random();
        _routes = new RouteResolver(_dns, options.Routing, options.Network.UseIPv4, options.Network.UseIPv6, random);
        _fetcher = new PolicyFetcher(options.Policies, options.Network, options.Certificates, dns, _clock);
        _policies = new PolicyResolver(dns, _fetcher, new PolicyCache(options.Policies, policyStore, _clock, _logger), options.Policies, _clock, random, _logger);
        var sessions = new SmtpSessions(options.Sessions, options.Tls, options.Certificates, options.Network, ehlo, _clock, keepsChains: _usesDane);
        _pool = new SessionPool(sessions, options.Pool, _clock);
        _pace = new Pace(options.Pacing, options.Pool.MaxWait, _clock);
        _telemetry = new Telemetry(_pool);
        _hosts = new HostDelivery(_routes, new DaneResolver(_dns), sessions, _pool, _pace, options.Sessions.MaxRecipientsPerTransaction, _telemetry, _logger, _clock);
    }

    /// <summary>What it says in EHLO; <see langword="null"/> when neither the options nor the system have a full name, and each session gives its own address. RFC 5321 §4.1.4.</summary>
    public string? EhloName { get; }

    internal IDnsResolver Dns { get; }

    internal TimeProvider Clock => _clock;

    internal ReportPoster ReportPoster { get; }

    /// <summary>The policies: what is known, what is in force, and how they are kept fresh.</summary>
    public PolicyResolver Policies => _policies;

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
        DomainWork[] works = DomainWork.Group(envelope);
        DeliveryResult result;
        if (works.Length == 1)
        {
            (DomainDelivery delivery, RecipientOutcome[] outcomes) = await DeliverSafelyAsync(content, envelope, works[0], cancellationToken).ConfigureAwait(false);
            result = new DeliveryResult(outcomes, [delivery], startedAt, _clock.GetElapsedTime(started));
        }
        else
        {
            (DomainDelivery Delivery, RecipientOutcome[] Outcomes)[] done = await DeliverSafelyAsync(content, envelope, works, cancellationToken).ConfigureAwait(false);
            Dictionary<EnvelopeAddress, RecipientOutcome> byRecipient = done.SelectMany(one => one.Outcomes).ToDictionary(outcome => outcome.Recipient);
            result = new DeliveryResult(
                [.. envelope.Recipients.Select(recipient => byRecipient[recipient])], [.. done.Select(one => one.Delivery)], startedAt, _clock.GetElapsedTime(started));
        }

        Tell(result);
        return cancellationToken.IsCancellationRequested && !result.AllDelivered ? throw new DeliveryCanceledException(result, cancellationToken) : result;
    }

    /// <summary>Delivers any number of messages, many at the same time, and gives each result when it comes: not in their order.</summary>
    /// <param name="requests">The messages. The next one is only taken when there is room, so they may come from a queue, and memory stays bounded.</param>
    /// <param name="atOnce">How many messages may be under way, or done and not yet looked at: 1 to 100,000. 500 unless given.</param>
    /// <param name="cancellationToken">Takes no further message and ends those under way; their results still come, and then <see cref="OperationCanceledException"/>.</param>
    /// <returns>One result for each message that was taken. Who leaves the enumeration early cancels the messages under way and waits for them.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="atOnce"/> is out of range.</exception>
    public IAsyncEnumerable<CompletedDelivery> DeliverManyAsync(IAsyncEnumerable<DeliveryRequest> requests, int atOnce = 500, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentOutOfRangeException.ThrowIfLessThan(atOnce, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(atOnce, 100_000);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new ManyDeliveries((request, stop) => DeliverAsync(request.Content, request.Envelope, stop), requests, atOnce).RunAsync(cancellationToken);
    }

    /// <summary>Says what would happen to mail for an address, decided by the code that delivers; nothing is sent.</summary>
    /// <param name="recipient">The address.</param>
    /// <param name="probe">Whether to connect to every address of every host, up to EHLO on the connection that mail would take.</param>
    /// <param name="cancellationToken">Ends the look-ups.</param>
    public async Task<DeliveryPlan> PlanAsync(EnvelopeAddress recipient, bool probe = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var work = new DomainWork(recipient.Domain, recipient.Literal, [recipient]);
        (Route route, PolicyDiscovery policy) = await LookUpAsync(work, cancellationToken).ConfigureAwait(false);
        MxCandidate[] candidates = route is Route.ToHosts hosts ? [.. hosts.Candidates] : [];
        DeliveryOverride[] overrides = OverridesFor(policy);
        HostPlan[] plans = await Task.WhenAll(candidates.Select(candidate =>
            _hosts.PlanAsync(candidate, OverrideRules.PolicyFor(policy, overrides), OverrideRules.DemandFor(overrides), DaneRouteFor(work, route, overrides), probe, cancellationToken))).ConfigureAwait(false);
        return new DeliveryPlan(work.Name, route, policy, overrides, plans);
    }

    /// <summary>Says what would happen to mail for an address, decided by the code that delivers; nothing is sent.</summary>
    /// <param name="recipient">The address, for example <c>jane@example.com</c>.</param>
    /// <param name="probe">Whether to connect to every address of every host, up to EHLO on the connection that mail would take.</param>
    /// <param name="cancellationToken">Ends the look-ups.</param>
    /// <exception cref="FormatException">The text is no address.</exception>
    public Task<DeliveryPlan> PlanAsync(string recipient, bool probe = false, CancellationToken cancellationToken = default) =>
        PlanAsync(EnvelopeAddress.Parse(recipient), probe, cancellationToken);

    /// <summary>Asks a domain's policy host for its policy, whatever record and cache say: for checkers; deliveries do not notice.</summary>
    /// <param name="policyDomain">The domain, for example <c>example.com</c>; its policy host is <c>mta-sts.example.com</c>.</param>
    /// <param name="cancellationToken">Ends the fetch.</param>
    /// <exception cref="ArgumentException">The name is too long to put <c>mta-sts</c> in front.</exception>
    public Task<PolicyProbe> ProbePolicyHostAsync(DomainName policyDomain, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policyDomain);
        ObjectDisposedException.ThrowIf(_disposed, this);
        DomainName policyHost = policyDomain.Prepend("mta-sts") ?? throw new ArgumentException($"'{policyDomain}' is too long to have a policy host.", nameof(policyDomain));
        return _fetcher.ProbeAsync(policyHost, cancellationToken);
    }

    /// <summary>Writes what the policy store has yet to be told, takes leave of the MX hosts, and closes what is open. Deliveries under way end with their session.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            await _pool.DisposeAsync().ConfigureAwait(false);
            await _pace.DisposeAsync().ConfigureAwait(false);
            await ((IAsyncDisposable)_policies).DisposeAsync().ConfigureAwait(false);
            _dns.Dispose();
            _fetcher.Dispose();
            ReportPoster.Dispose();
            _telemetry.Dispose();
        }
    }

    /// <summary>The straight line for the recipients of one domain.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(DomainDelivery Delivery, RecipientOutcome[] Outcomes)> DeliverAsync(
        MessageContent content, Envelope envelope, DomainWork work, CancellationToken cancellationToken)
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
        DeliveryOverride[] overrides = OverridesFor(policy);
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

        if (OverrideRules.Forbids(policy, overrides, _deferWhenUnknown) is { } forbidden)
        {
            return Finish([], recipient => OutcomeRules.WithoutAttempt(recipient, forbidden.Code, forbidden.Detail));
        }

        // 3 and 4. Host by host: what is required, what the connection shows, and the message if it may go. 6. Each session counts, whatever came of it.
        StsPolicy? inForce = OverrideRules.PolicyFor(policy, overrides);
        WarnIfNothingIsCovered(policy, inForce, hosts);
        (IDisposable? turn, SessionFailure? held) = await _pace.WaitForDomainAsync(work.Domain, cancellationToken).ConfigureAwait(false);
        if (held is not null)
        {
            return Finish([], recipient => OutcomeRules.WithoutAttempt(recipient, FailureTable.CodeOf(held), held.Detail));
        }

        IReadOnlyList<DeliveryAttempt> attempts;
        using (turn)
        {
            var task = new HostWork(content, envelope.Sender, work.Name, work.Recipients, inForce, OverrideRules.DemandFor(overrides), _results is null ? null : policy.PolicyDomain, envelope.Wishes, DaneRouteFor(work, route, overrides));
            attempts = await _hosts.DeliverAsync(task, hosts.Candidates, attempt => Count(work, policy, attempt), cancellationToken).ConfigureAwait(false);
        }

        // 5. Exactly one outcome for each recipient.
        return Finish(attempts, recipient => OutcomeRules.Fold(recipient, policy, attempts));

        (DomainDelivery, RecipientOutcome[]) Finish(IReadOnlyList<DeliveryAttempt> tried, Func<EnvelopeAddress, RecipientOutcome> outcome) =>
            (new DomainDelivery(work.Name, route, policy, overrides, tried, lookups, _clock.GetElapsedTime(started)),
                [.. work.Recipients.Select(recipient => OverrideRules.Explain(outcome(recipient), overrides))]);
    }

    /// <summary>The straight lines of several domains, some at the same time.</summary>
    private async Task<(DomainDelivery Delivery, RecipientOutcome[] Outcomes)[]> DeliverSafelyAsync(
        MessageContent content, Envelope envelope, DomainWork[] works, CancellationToken cancellationToken)
    {
        using var turn = new SemaphoreSlim(_maxConcurrentDomains);
        return await Task.WhenAll(works.Select(async work =>
        {
            // Not cancelled while waiting: every recipient gets an outcome.
            await turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                return await DeliverSafelyAsync(content, envelope, work, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                turn.Release();
            }
        })).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(DomainDelivery Delivery, RecipientOutcome[] Outcomes)> DeliverSafelyAsync(
        MessageContent content, Envelope envelope, DomainWork work, CancellationToken cancellationToken)
    {
        long started = _clock.GetTimestamp();
        try
        {
            return await DeliverAsync(content, envelope, work, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Without(work, FailureCode.Cancelled, "the caller cancelled before a host was tried", started);
        }
        catch (Exception) when (_disposed)
        {
            return Without(work, FailureCode.Cancelled, OutcomeText.Disposed, started);
        }
        catch (Exception fault)
        {
            // A bug of ours, or of a callback, in one domain must not lose what is known of the others: they may have been delivered.
            _logger.InternalError(fault, work.Name);
            return Without(work, FailureCode.InternalError, OutcomeText.ProgramFailed(fault), started);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(Route Route, PolicyDiscovery Policy)> LookUpAsync(DomainWork work, CancellationToken cancellationToken)
    {
        if (work.Literal is { } literal)
        {
            return (_routes.ToLiteral(literal), PolicyDiscovery.NotApplicable(null));
        }

        SmartHost? smartHost = _routes.SmartHostFor(work.Domain!);
        if (work.IsTlsReport)
        {
            return (await _routes.ResolveAsync(work.Domain!, smartHost, cancellationToken).ConfigureAwait(false), PolicyDiscovery.NotApplicable(null));
        }

        ValueTask<PolicyDiscovery> policy = _policies.DiscoverAsync(smartHost?.Host ?? work.Domain!, cancellationToken);
        Task<Route> route = _routes.ResolveAsync(work.Domain!, smartHost, cancellationToken);
        if (policy.IsCompletedSuccessfully)
        {
            return (await route.ConfigureAwait(false), await policy.ConfigureAwait(false));
        }

        Task<PolicyDiscovery> found = policy.AsTask();
        await Task.WhenAll(found, route).ConfigureAwait(false);
        return (await route.ConfigureAwait(false), await found.ConfigureAwait(false));
    }

    private DeliveryOverride[] OverridesFor(PolicyDiscovery policy)
    {
        if (policy.PolicyDomain is not { } domain || !_overrides.Contains(domain))
        {
            return [];
        }

        DeliveryOverride[] current = OverrideRules.Current(_overrides[domain], _usesDane, _clock.GetUtcNow());
        foreach (DeliveryOverride one in current)
        {
            _logger.OverrideApplied(domain.Value, one.Describe());
        }

        return current;
    }

    /// <summary>The way to the domain's hosts as DANE sees it; <see langword="null"/> when they are not held to TLSA records: DANE is off or overruled, there is no name, or the mail is a TLS report (RFC 8460 §3).</summary>
    private DaneRoute? DaneRouteFor(DomainWork work, Route route, DeliveryOverride[] overrides) =>
        _usesDane && !work.IsTlsReport && route is Route.ToHosts { NextHop: { } nextHop } hosts && OverrideRules.IsDaneRequired(overrides) is { } isRequired
            ? new DaneRoute(nextHop, hosts.ExpandedNextHop ?? nextHop, hosts.IsAuthenticated, isRequired)
            : null;

    private void WarnIfNothingIsCovered(PolicyDiscovery policy, StsPolicy? inForce, Route.ToHosts hosts)
    {
        if (inForce is { Mode: not PolicyMode.None } && !hosts.Candidates.Any(candidate => candidate.Host is { } host && inForce.Permits(host)))
        {
            _policies.Cache.Raise(new PolicyEvent.CoversNoMxHost(policy.PolicyDomain!, policy.InForce!, [.. hosts.Candidates.Select(candidate => candidate.Host).OfType<DomainName>()]));
        }
    }

    private (DomainDelivery Delivery, RecipientOutcome[] Outcomes) Without(DomainWork work, FailureCode code, string detail, long started) =>
        (new DomainDelivery(work.Name, new Route.Unavailable(detail), PolicyDiscovery.NotApplicable(work.Domain), [], [], TimeSpan.Zero, _clock.GetElapsedTime(started)),
            [.. work.Recipients.Select(recipient => OutcomeRules.WithoutAttempt(recipient, code, detail))]);

    private void Count(DomainWork work, PolicyDiscovery policy, DeliveryAttempt attempt)
    {
        if (_results is null || work.IsTlsReport)
        {
            return;
        }

        try
        {
            IPAddress? sendingIp = Array.Find(_publicAddresses, address => address.AddressFamily == attempt.Remote?.AddressFamily);
            if (attempt.CountsAsSession && TlsSessionRules.From(policy, attempt, _clock.GetUtcNow(), sendingIp) is { } result)
            {
                _results.Record(result);
            }

            if (attempt.CountsForDane && TlsSessionRules.FromDane(attempt, _clock.GetUtcNow(), sendingIp) is { } byDane)
            {
                _results.Record(byDane);
            }
        }
        catch (Exception fault)
        {
            // The mail may have been handed over by now; a sink that fails must not make it look otherwise.
            _logger.TlsResultNotTaken(fault);
        }
    }

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
