using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

public sealed class PolicyStoreContractTests
{
    [TestCaseSource(typeof(PolicyStoreContract), nameof(PolicyStoreContract.Checks))]
    public Task The_store_in_memory_keeps_the_contract(StoreCheck<IPolicyStore> check) => check.RunAsync(() => new MemoryPolicyStore());

    /// <summary>Each of these stores does one thing wrong, and the contract sees it.</summary>
    [TestCase("forgets", "what is saved is found, octet by octet")]
    [TestCase("keeps", "a batch is kept and removed as a whole")]
    [TestCase("rounds", "moments are kept to the microsecond")]
    [TestCase("mixes", "a later save replaces the whole entry")]
    [TestCase("twice", "reading all gives every entry once")]
    public async Task A_store_that_breaks_the_contract_is_found_out(string how, string check)
    {
        StoreContractException? found = await Assert.ThrowsAsync<StoreContractException>(() => PolicyStoreContract.Checks.Single(one => one.Name == check).RunAsync(() => new BrokenStore(how)));
        Assert.That(found!.Message, Is.Not.Empty);
    }

    [Test]
    public async Task A_store_that_forgets_at_its_end_is_found_out()
    {
        foreach (StoreCheck<IPolicyStore> check in PolicyStoreContract.DurableChecks)
        {
            await Assert.ThrowsAsync<StoreContractException>(() => check.RunAsync(() => new MemoryPolicyStore()));
        }
    }

    private sealed class BrokenStore(string how) : IPolicyStore
    {
        private readonly MemoryPolicyStore _inner = new();

        public async IAsyncEnumerable<StoredPolicy> ReadAllAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (StoredPolicy policy in _inner.ReadAllAsync(cancellationToken))
            {
                yield return policy;
                if (how == "twice")
                {
                    yield return policy;
                }
            }
        }

        public ValueTask<StoredPolicy?> FindAsync(DomainName domain, CancellationToken cancellationToken) => _inner.FindAsync(domain, cancellationToken);

        public async Task SaveAsync(IReadOnlyCollection<StoredPolicy> policies, CancellationToken cancellationToken)
        {
            foreach (StoredPolicy policy in policies)
            {
                StoredPolicy? before = await _inner.FindAsync(policy.Domain, cancellationToken);
                await _inner.SaveAsync(
                    how switch
                    {
                        "forgets" => [],
                        "rounds" => [policy with { FetchedAt = policy.FetchedAt.AddTicks(-(policy.FetchedAt.Ticks % TimeSpan.TicksPerSecond)) }],
                        "mixes" when before is not null => [policy with { Text = before.Text }],
                        _ => [policy],
                    },
                    cancellationToken);
            }
        }

        public Task RemoveAsync(IReadOnlyCollection<DomainName> domains, CancellationToken cancellationToken) =>
            how == "keeps" ? Task.CompletedTask : _inner.RemoveAsync(domains, cancellationToken);
    }
}
