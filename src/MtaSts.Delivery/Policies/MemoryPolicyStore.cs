using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>Keeps policies in memory: the store unless another is given, and the copy in front of any other.</summary>
/// <remarks>Some 250 octets a domain where many share a text. It ends with the process.</remarks>
public sealed class MemoryPolicyStore : IPolicyStore
{
    private readonly ConcurrentDictionary<DomainName, PolicyEntry> _entries = new();
    private readonly PolicyTexts _texts = new();
    private long _size;
    private int _count;

    /// <summary>How many domains have an entry.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The octets of all texts, shared ones counted for each domain.</summary>
    internal long Size => Interlocked.Read(ref _size);

    internal IEnumerable<KeyValuePair<DomainName, PolicyEntry>> Entries => _entries;

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredPolicy> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach ((DomainName domain, PolicyEntry entry) in _entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry.ToStored(domain);
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<StoredPolicy?> FindAsync(DomainName domain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return new ValueTask<StoredPolicy?>(Find(domain)?.ToStored(domain));
    }

    /// <inheritdoc/>
    public Task SaveAsync(IReadOnlyCollection<StoredPolicy> policies, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(policies);
        foreach (StoredPolicy policy in policies)
        {
            Put(policy);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task RemoveAsync(IReadOnlyCollection<DomainName> domains, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(domains);
        foreach (DomainName domain in domains)
        {
            Remove(domain);
        }

        return Task.CompletedTask;
    }

    internal PolicyEntry? Find(DomainName domain) => _entries.GetValueOrDefault(domain);

    /// <summary>An entry that is not kept.</summary>
    internal PolicyEntry Read(StoredPolicy policy) => new(_texts.Share(policy.Text.Span), _texts.Share(policy.Id), policy.FetchedAt, policy.LastUsedAt, policy.IsPinned);

    internal PolicyEntry Put(StoredPolicy policy) => Replace(policy.Domain, _ => policy).After!;

    /// <summary>Puts an entry in place of the one that the decision was made on, or leaves everything as it is where that gives <see langword="null"/>.</summary>
    internal (PolicyEntry? Before, PolicyEntry? After) Replace(DomainName domain, Func<PolicyEntry?, StoredPolicy?> decide)
    {
        while (true)
        {
            PolicyEntry? before = Find(domain);
            if (decide(before) is not { } policy)
            {
                return (before, null);
            }

            PolicyEntry entry = Read(policy);
            if (before is not null)
            {
                if (_entries.TryUpdate(domain, entry, before))
                {
                    Interlocked.Add(ref _size, entry.Text.Length - before.Text.Length);
                    return (before, entry);
                }
            }
            else if (_entries.TryAdd(domain, entry))
            {
                Interlocked.Increment(ref _count);
                Interlocked.Add(ref _size, entry.Text.Length);
                return (null, entry);
            }
        }
    }

    internal PolicyEntry? Remove(DomainName domain) => _entries.TryRemove(domain, out PolicyEntry? entry) ? Uncount(entry) : null;

    /// <summary>Whether the octets are a policy.</summary>
    internal StsPolicy? Read(ReadOnlySpan<byte> text) => _texts.Read(text);

    private PolicyEntry Uncount(PolicyEntry entry)
    {
        Interlocked.Decrement(ref _count);
        Interlocked.Add(ref _size, -entry.Text.Length);
        return entry;
    }
}
