using System.Collections.Concurrent;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Benchmarks.Stress;

/// <summary>What the MX hosts have accepted, kept on their side, and what was wrong about it.</summary>
internal sealed class Ledger(IReadOnlyDictionary<DomainName, StressDomain> domains)
{
    private readonly ConcurrentDictionary<(long Id, string Recipient), int> _accepted = new();
    private readonly int[] _shown = new int[Enum.GetValues<HostState>().Length];

    public ConcurrentQueue<string> Violations { get; } = new();

    /// <summary>How often a message was accepted for a recipient.</summary>
    public int AcceptedFor(long id, string recipient) => _accepted.GetValueOrDefault((id, recipient));

    /// <summary>How many recipients' messages were accepted in all, repetitions included.</summary>
    public long Total => _accepted.Values.Sum(count => (long)count);

    /// <summary>How many transactions ended well under what the host showed.</summary>
    public int Under(HostState shown) => _shown[(int)shown];

    /// <summary>A host takes responsibility for a message.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="recipients">The recipients of the transaction.</param>
    /// <param name="isIntact">Whether the message is what was sent.</param>
    /// <param name="host">The host's number.</param>
    /// <param name="shown">What it showed in this very session.</param>
    public void Accept(long id, IReadOnlyList<string> recipients, bool isIntact, int host, HostState shown)
    {
        Interlocked.Increment(ref _shown[(int)shown]);
        if (!isIntact || id < 0)
        {
            Violations.Enqueue($"message {id}: host {host} accepted something else than what was sent");
        }

        if (recipients.Select(recipient => recipient[recipient.IndexOf('@', StringComparison.Ordinal)..]).Distinct().Count() > 1)
        {
            Violations.Enqueue($"message {id}: one transaction for several domains: {string.Join(", ", recipients)}");
        }

        foreach (string recipient in recipients)
        {
            StressDomain domain = domains[EnvelopeAddress.Parse(recipient).Domain!];
            if (!domain.Allows(host, shown))
            {
                Violations.Enqueue($"message {id}: host {host} accepted it for {recipient} though it showed {shown}");
            }

            _accepted.AddOrUpdate((id, recipient), 1, (_, count) => count + 1);
        }
    }
}
