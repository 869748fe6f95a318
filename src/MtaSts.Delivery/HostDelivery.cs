using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery;

/// <summary>Works through the hosts of one domain, each measured by what is required of it. RFC 5321 §5.1, RFC 8461 §5, RFC 7672 §2.2.</summary>
internal sealed class HostDelivery(
    RouteResolver routes, DaneResolver dane, SmtpSessions sessions, SessionPool pool, Pace pace, int perTransaction, Telemetry telemetry, ILogger logger, TimeProvider clock)
{
    /// <summary>Tries host by host and address by address until every recipient has an answer; tells of each attempt as it ends.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IReadOnlyList<DeliveryAttempt>> DeliverAsync(
        HostWork work, IReadOnlyList<MxCandidate> candidates, Action<DeliveryAttempt> ended, CancellationToken cancellationToken)
    {
        var attempts = new List<DeliveryAttempt>(1);
        List<EnvelopeAddress> open = [.. work.Recipients];
        MxCandidate current = candidates[0];
        try
        {
            foreach (MxCandidate candidate in candidates)
            {
                current = candidate;
                await DeliverToAsync(work, candidate, open, attempts, ended, cancellationToken).ConfigureAwait(false);
                if (open.Count == 0)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            attempts.Add(Attempt(work, current, FailureCode.Cancelled, "the caller cancelled"));
        }
        catch (Exception) when (pool.IsDisposed)
        {
            attempts.Add(Attempt(work, current, FailureCode.Cancelled, OutcomeText.Disposed));
        }
        catch (Exception fault)
        {
            // A bug of ours, or of a callback, at one host must not lose what earlier ones have accepted: it would be sent again.
            logger.InternalError(fault, work.Domain);
            attempts.Add(Attempt(work, current, FailureCode.InternalError, OutcomeText.ProgramFailed(fault)));
        }

        return attempts;
    }

    /// <summary>What would be asked of a host, and what it shows if probed.</summary>
    public async Task<HostPlan> PlanAsync(MxCandidate candidate, StsPolicy? policy, TlsDemand? demand, DaneRoute? route, bool probe, CancellationToken cancellationToken)
    {
        TlsRequirement requirement = TlsRules.Require(policy, candidate.Host, demand);
        HostAddresses addresses = await routes.AddressesAsync(candidate, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<IPAddress> found = addresses is HostAddresses.Found { Addresses: var list } ? list : [];
        string? withoutDane = null;
        if (addresses is HostAddresses.Found known && route is not null && candidate.Host is not null)
        {
            (DaneRequirement? demanded, withoutDane) = await DaneAsync(route, candidate, known, cancellationToken).ConfigureAwait(false);
            requirement = demanded is null ? requirement : requirement with { Dane = demanded };
        }

        string fault = addresses switch { HostAddresses.None none => none.Detail, HostAddresses.Unavailable unavailable => unavailable.Detail, _ => "" };
        HostProbe[] probes = probe
            ? await Task.WhenAll(found.Select(address => ProbeAsync(candidate, address, requirement, cancellationToken))).ConfigureAwait(false)
            : [];
        return new HostPlan(candidate, PatternFor(policy, candidate), requirement, found, fault, probes) { Sessions = pool.Describe(candidate), WithoutDane = withoutDane };
    }

    /// <summary>What the host's TLSA records demand, or why there is no such demand.</summary>
    private async Task<(DaneRequirement? Demanded, string? Without)> DaneAsync(DaneRoute route, MxCandidate candidate, HostAddresses.Found found, CancellationToken cancellationToken)
    {
        var host = new DaneHost(candidate.Host!, candidate.Port, found.CanonicalName ?? candidate.Host!, found.IsAuthenticated);
        DaneLookup lookup = await dane.LookUpAsync(host, cancellationToken).ConfigureAwait(false);
        DaneRequirement? demanded = DaneRules.Require(lookup, host.Name, route);
        return (demanded, demanded is null ? (lookup as DaneLookup.None)?.Reason : null);
    }

    private async Task<HostProbe> ProbeAsync(MxCandidate candidate, IPAddress address, TlsRequirement requirement, CancellationToken cancellationToken)
    {
        switch (await sessions.OpenAsync(candidate, address, requirement.Dane?.BaseDomain, inClear: false, cancellationToken).ConfigureAwait(false))
        {
            case SessionOpening.Opened(var session, _):
                await using (session.ConfigureAwait(false))
                {
                    TlsVerdict verdict = TlsRules.Judge(requirement, session.Observation);
                    SessionFailure? failure = verdict is TlsVerdict.Proceed ? await session.StartAsync(cancellationToken).ConfigureAwait(false) : null;
                    await session.QuitAsync(cancellationToken).ConfigureAwait(false);
                    return new HostProbe(address, session.Observation, verdict, failure)
                    {
                        AuthenticatedBy = TlsRules.AuthenticatedBy(requirement, session.Observation),
                        TlsaFault = verdict.Failures.Contains(TlsFailure.TlsaMismatch)
                            ? OutcomeText.Describe(TlsFailure.TlsaMismatch, requirement, session.Observation, $"{candidate.Name} [{address}]")
                            : null,
                    };
                }

            case SessionOpening.Failed(var failure):
                return new HostProbe(address, null, null, failure);

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask DeliverToAsync(
        HostWork work, MxCandidate candidate, List<EnvelopeAddress> open, List<DeliveryAttempt> attempts, Action<DeliveryAttempt> ended, CancellationToken cancellationToken)
    {
        TlsRequirement requirement = TlsRules.Require(work.Policy, candidate.Host, work.Demand);
        if (requirement is TlsRequirement.HostNotPermitted)
        {
            // Counts as unreachable rather than being filtered out first: a second pass over the
            // candidates is how mail loops are made. RFC 8461 §8.4.
            string detail = $"the policy does not list {candidate.Name} (it lists {string.Join(", ", work.Policy!.Mx.Take(5))})";
            Add(Attempt(work, candidate, FailureCode.HostNotPermitted, detail));
            return;
        }

        switch (await routes.AddressesAsync(candidate, cancellationToken).ConfigureAwait(false))
        {
            case HostAddresses.None(var detail):
                Add(Attempt(work, candidate, FailureCode.HostWithoutAddress, detail));
                return;

            case HostAddresses.Unavailable(var detail):
                Add(Attempt(work, candidate, FailureCode.HostAddressUnavailable, detail));
                return;

            case HostAddresses.Found found:
                if (work.Dane is not null && candidate.Host is not null
                    && (await DaneAsync(work.Dane, candidate, found, cancellationToken).ConfigureAwait(false)).Demanded is { } demanded)
                {
                    requirement = requirement with { Dane = demanded };
                    if (demanded is DaneRequirement.Unavailable or DaneRequirement.Missing)
                    {
                        // As unreachable as a host that does not answer: not knowing must not weaken. RFC 7672 §2.1.2.
                        FailureCode code = demanded is DaneRequirement.Unavailable ? FailureCode.TlsaUnavailable : FailureCode.TlsaMissing;
                        Add(Attempt(work, candidate, code, OutcomeText.Describe(demanded, null, candidate.Name)) with { Requirement = requirement });
                        return;
                    }
                }

                foreach (IPAddress address in found.Addresses)
                {
                    if (open.Count == 0)
                    {
                        return;
                    }

                    bool inClear = false, goesOn;
                    int most = perTransaction;
                    do
                    {
                        DeliveryAttempt attempt = await TryAsync(work, candidate, address, requirement, inClear, open, most, cancellationToken).ConfigureAwait(false);
                        goesOn = Add(attempt) || attempt.ShownLimit < most || (!inClear && attempt.Verdict is TlsVerdict.RetryInClear);
                        inClear |= attempt.Verdict is TlsVerdict.RetryInClear;
                        most = Math.Min(most, attempt.ShownLimit ?? most);
                    }
                    while (goesOn);
                }

                return;
        }

        // Whether the rest of the recipients follows in another session with the same host.
        bool Add(DeliveryAttempt attempt)
        {
            bool goesOn = open.Count > 1 && TransactionRules.GoesOnAfresh([.. attempt.Handovers.Select(one => one.Handover)]);
            if (attempt.Handovers.Count > 0)
            {
                open.Clear();
                open.AddRange(attempt.Handovers.Where(one => !IsFinal(one.Handover)).Select(one => one.Recipient));
            }

            if (goesOn)
            {
                attempt = attempt with { Handovers = [.. attempt.Handovers.Where(one => !TransactionRules.IsLeftOver(one.Handover))] };
            }

            attempts.Add(attempt);
            telemetry.Record(attempt);
            ended(attempt);
            Tell(work, attempt);
            return goesOn;
        }
    }

    /// <summary>One session with one address: observe, judge, and hand over only what may go.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<DeliveryAttempt> TryAsync(
        HostWork work, MxCandidate candidate, IPAddress address, TlsRequirement requirement, bool inClear, List<EnvelopeAddress> recipients, int most, CancellationToken cancellationToken)
    {
        long started = clock.GetTimestamp();
        var attempt = new DeliveryAttempt(
            candidate, requirement, PatternFor(work.Policy, candidate), new IPEndPoint(address, candidate.Port), null, null, null, null, "", null, [], TimeSpan.Zero);
        if (await pace.WaitForHostAsync(HostKey.Of(candidate), cancellationToken).ConfigureAwait(false) is { } held)
        {
            return Ended(FailureTable.CodeOf(held), held.Detail, null);
        }

        BorrowKind kind = inClear ? BorrowKind.FreshInClear : BorrowKind.Any;
        while (true)
        {
            SessionOpening opening = await pool.BorrowAsync(candidate, address, requirement, kind, cancellationToken).ConfigureAwait(false);
            if (opening is SessionOpening.Failed(var failure))
            {
                FailureCode code = FailureTable.CodeOf(failure, requirement);
                return Ended(code, code == FailureCode.RefusedBeforeTls ? OutcomeText.RefusedBeforeTls(failure) : failure.Detail, failure.Reply);
            }

            (SmtpSession session, bool isReused) = (SessionOpening.Opened)opening;
            string? slowDown = null;
            try
            {
                TlsVerdict verdict = TlsRules.Judge(requirement, session.Observation);
                bool counts = work.PolicyDomain is null || session.IsFirstFor(work.PolicyDomain);
                bool countsForDane = requirement.Dane is null || work.PolicyDomain is null || session.IsFirstFor(TlsaOwner(requirement.Dane, candidate));
                attempt = attempt with
                {
                    Observation = session.Observation,
                    Verdict = verdict,
                    Local = session.Local,
                    ServerName = session.ServerName,
                    IsSessionReused = isReused,
                    CountsAsSession = counts,
                    CountsForDane = countsForDane,
                    AuthenticatedBy = TlsRules.AuthenticatedBy(requirement, session.Observation),
                };
                if (verdict is not TlsVerdict.Proceed)
                {
                    await session.QuitAsync(cancellationToken).ConfigureAwait(false);
                    IReadOnlyList<TlsFailure> reasons = TlsRules.Reasons(requirement, verdict);
                    return Ended(FailureTable.CodeOf(reasons[0]), string.Join("; ", reasons.Select(one => OutcomeText.Describe(one, requirement, session.Observation, candidate.Name))), null);
                }

                if (await session.StartAsync(cancellationToken).ConfigureAwait(false) is { } refused)
                {
                    slowDown = BackOff.IsCalledFor(refused) ? refused.Detail : null;
                    return Ended(FailureTable.CodeOf(refused), refused.Detail, refused.Reply);
                }

                IReadOnlyDictionary<EnvelopeAddress, Handover> results =
                    await session.SendAsync(work.Content, work.Sender, recipients, most, pool.Keeps(session), cancellationToken, work.Dsn).ConfigureAwait(false);
                if (isReused && TransactionRules.HadGone(results.Values))
                {
                    // The server had closed the kept session, and took nothing: a fresh one makes no duplicate.
                    telemetry.RecordStaleSession();
                    kind = BorrowKind.Fresh;
                    continue;
                }

                if (session.ShownLimit is { } shown && shown < most && TransactionRules.BrokeOff([.. results.Values]))
                {
                    // It hung up because of those beyond the limit that it has shown: as many again would never get through.
                    string detail = FormattableString.Invariant($"the server ended the session because of recipients beyond {shown}; it is offered so many at once");
                    return Ended(FailureCode.SessionEnded, detail, null) with { ShownLimit = shown };
                }

                slowDown = TransactionRules.SlowDown(results.Values);
                var handovers = new RecipientHandover[recipients.Count];
                for (int i = 0; i < handovers.Length; i++)
                {
                    handovers[i] = new RecipientHandover(recipients[i], results[recipients[i]]);
                }

                return attempt with { Handovers = handovers, PassedNoticesOn = work.Dsn is not null && session.KnowsDsn, Elapsed = clock.GetElapsedTime(started) };
            }
            finally
            {
                pool.Return(session, slowDown);
            }
        }

        DeliveryAttempt Ended(FailureCode code, string detail, SmtpReply? reply) =>
            attempt with { Failure = code, Detail = detail, Reply = reply, Elapsed = clock.GetElapsedTime(started) };
    }

    /// <summary>Whether another host cannot change the answer any more.</summary>
    /// <remarks>A reply to this recipient or message is one; so is a lost final reply, as another try would make a duplicate.
    /// What this one server lacks, another may have (RFC 6531 §3.2).</remarks>
    private static bool IsFinal(Handover handover) => handover is Handover.Accepted or Handover.Refused or Handover.Interrupted { MayHaveBeenDelivered: true };

    private void Tell(HostWork work, DeliveryAttempt attempt)
    {
        if (attempt.Failure is { } failure && FailureTable.For(failure).Stage is DeliveryStage.Policy or DeliveryStage.Tls && attempt.Verdict is not TlsVerdict.RetryInClear)
        {
            logger.HostRefused(attempt.Candidate.Name, work.Domain, failure, attempt.Detail);
        }
        else if (TlsRules.Testing(attempt.Requirement) is not null && attempt is { Verdict.Failures: { Count: > 0 } failures } && logger.IsEnabled(LogLevel.Warning))
        {
            logger.HostWouldBeRefused(attempt.Candidate.Name, work.Domain, string.Join(", ", failures));
        }
    }

    // A name that no policy domain has, so that a host which takes mail for its own name is counted for both.
    private static DomainName TlsaOwner(DaneRequirement dane, MxCandidate candidate) =>
        dane.BaseDomain.Prepend(FormattableString.Invariant($"_{candidate.Port}._tcp")) ?? dane.BaseDomain;

    private static MxPattern? PatternFor(StsPolicy? policy, MxCandidate candidate) => candidate.Host is { } host ? policy?.PatternFor(host) : null;

    private static DeliveryAttempt Attempt(HostWork work, MxCandidate candidate, FailureCode code, string detail) =>
        new(candidate, TlsRules.Require(work.Policy, candidate.Host, work.Demand), PatternFor(work.Policy, candidate), null, null, null, null, code, detail, null, [], TimeSpan.Zero);
}
