using System.Collections.Concurrent;
using MtaSts.Delivery.Queue;

namespace TransactionalMail;

/// <summary>Keeps what became of finished mail. The queue tells each event until it is taken, over restarts, so a real program would write it into its own database here.</summary>
internal sealed class Ledger(ILogger<Ledger> logger) : IQueueListener
{
    private readonly ConcurrentDictionary<long, MailState> _finished = new();

    public MailState? Find(long id) => _finished.GetValueOrDefault(id);

    public Task HandleAsync(IReadOnlyList<QueueEvent> events, CancellationToken cancellationToken)
    {
        foreach (QueueEvent one in events)
        {
            _finished[one.Id.Value] = new MailState(one.Id.Value, one.State.ToString().ToLowerInvariant(), one.Attempt?.Status.ToString(), one.Attempt?.Explanation, one.Attempt?.Advice, null);
            if (one.State is RecipientState.Failed or RecipientState.Expired)
            {
                // The place to mark the address as bad, so that nobody waits for a code that cannot come.
                logger.LogInformation("Sign-up mail {Id} could not be delivered: {Status}", one.Id, one.Attempt?.Status);
            }
        }

        return Task.CompletedTask;
    }
}
