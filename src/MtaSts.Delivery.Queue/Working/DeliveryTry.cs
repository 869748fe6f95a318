using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue.Diagnostics;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>Tries one leased delivery.</summary>
/// <param name="deliver">Delivers a message.</param>
/// <param name="recheck">Asks afresh for the policy of a domain.</param>
/// <param name="logger">Where it is told.</param>
internal sealed class DeliveryTry(Func<MessageContent, Envelope, CancellationToken, Task<DeliveryResult>> deliver, Func<DomainName, CancellationToken, Task<PolicyDiscovery>> recheck, ILogger logger)
{
    /// <summary>Delivers, or decides that another try is not worth it.</summary>
    /// <param name="lease">What is to be delivered.</param>
    /// <param name="content">The message.</param>
    /// <param name="leasedAt">When it was leased, which decides whether this is the last try.</param>
    /// <param name="cancellationToken">Ends the try; what was answered by then counts.</param>
    public async Task<TryResult> RunAsync(QueueLease lease, MessageContent content, DateTimeOffset leasedAt, CancellationToken cancellationToken)
    {
        bool isLast = RetryRules.IsLast(leasedAt, lease.Expires);
        if (isLast && RetryRules.NeedsNoLastTry(leasedAt, lease.Destination.NotBefore, lease.Destination.LastFailure))
        {
            return new TryResult(new RecipientOutcome?[lease.Recipients.Count], IsLast: true);
        }

        DeliveryResult result = await DeliverAsync(content, CompletionRules.EnvelopeOf(lease, lease.Recipients), cancellationToken).ConfigureAwait(false);
        Dictionary<EnvelopeAddress, RecipientOutcome> outcomes = result.Outcomes.ToDictionary(outcome => outcome.Recipient);
        if (isLast && result.Outcomes.Any(RetryRules.DependsOnPolicy))
        {
            try
            {
                if (await IsWorthAnotherAsync(lease, result, cancellationToken).ConfigureAwait(false))
                {
                    LeasedRecipient[] refused = [.. lease.Recipients.Where(recipient => RetryRules.DependsOnPolicy(outcomes[recipient.Address]))];
                    DeliveryResult again = await DeliverAsync(content, CompletionRules.EnvelopeOf(lease, refused), cancellationToken).ConfigureAwait(false);
                    foreach (RecipientOutcome outcome in again.Outcomes)
                    {
                        outcomes[outcome.Recipient] = outcome;
                    }
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Nothing is given up without that look: whoever leases it next takes it. What was answered stands.
                isLast = false;
            }
            catch (Exception fault)
            {
                // Whatever it was: what the first delivery came to is known, and would come to happen twice if it were forgotten.
                logger.InternalError(fault, lease.Id, lease.Destination.Name);
            }
        }

        return new TryResult([.. lease.Recipients.Select(recipient => outcomes[recipient.Address])], isLast);
    }

    /// <summary>Before a refusal by policy becomes final, DNS is asked afresh; a policy that changed is worth one more try. RFC 8461 §5, §5.1.</summary>
    private async Task<bool> IsWorthAnotherAsync(QueueLease lease, DeliveryResult result, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (result.Domains is not [{ Policy: { PolicyDomain: { } domain, InForce: var used } }, ..])
        {
            return false;
        }

        PolicyDiscovery found = await recheck(domain, cancellationToken).ConfigureAwait(false);
        logger.PolicyRechecked(lease.Id, domain.Value, found.Mode.ToString(), found.InForce?.Id ?? "none");
        return found.InForce?.Id != used?.Id || found.InForce?.FetchedAt != used?.FetchedAt;
    }

    private async Task<DeliveryResult> DeliverAsync(MessageContent content, Envelope envelope, CancellationToken cancellationToken)
    {
        try
        {
            return await deliver(content, envelope, cancellationToken).ConfigureAwait(false);
        }
        catch (DeliveryCanceledException cancelled)
        {
            return cancelled.Result;
        }
    }
}
