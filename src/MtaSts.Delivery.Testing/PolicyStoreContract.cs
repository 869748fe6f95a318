using System.Text;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <summary>What every <see cref="IPolicyStore"/> must do, as checks that any test framework can run.</summary>
/// <example>
/// <code>
/// [TestCaseSource(typeof(PolicyStoreContract), nameof(PolicyStoreContract.Checks))]
/// public Task My_store_keeps_the_contract(StoreCheck&lt;IPolicyStore&gt; check) => check.RunAsync(() => new MyStore(connectionString));
/// </code>
/// </example>
public static class PolicyStoreContract
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The checks. Each begins with a store that is empty, and may open it several times.</summary>
    public static IReadOnlyList<StoreCheck<IPolicyStore>> Checks { get; } =
    [
        new("an empty store holds nothing", EmptyAsync),
        new("what is saved is found, octet by octet", FoundAsync),
        new("moments are kept to the microsecond", MomentsAsync),
        new("a later save replaces the whole entry", ReplacedAsync),
        new("a batch is kept and removed as a whole", BatchAsync),
        new("removing what is not there does not matter", RemoveNothingAsync),
        new("reading all gives every entry once", ReadAllAsync),
        new("reading all goes on while others write", ReadWhileWritingAsync),
        new("concurrent writers never mix two entries", ConcurrentAsync),
        new("a call that is cancelled beforehand ends so", CancelledAsync),
        new("arguments that are missing are refused", NullAsync),
    ];

    /// <summary>Further checks, for a store that outlives its process: each opens it again, and beside itself.</summary>
    public static IReadOnlyList<StoreCheck<IPolicyStore>> DurableChecks { get; } =
    [
        new("what is saved is there when the store is opened again", ReopenedAsync),
        new("what is removed is gone when the store is opened again", RemovedAsync),
        new("what one opening saves, another finds", SharedAsync),
    ];

    private static async Task EmptyAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        Require(await store.FindAsync(Domain(1), default).ConfigureAwait(false) is null, "FindAsync gives null for a domain without an entry");
        Require((await AllAsync(store).ConfigureAwait(false)).Count == 0, "ReadAllAsync gives nothing");
    }

    private static async Task FoundAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        StoredPolicy[] policies =
        [
            Policy(1),
            Policy(2) with { Domain = DomainName.Parse(string.Join('.', Enumerable.Repeat(new string('a', 61), 4))) },
            Policy(3) with { Domain = DomainName.Parse("xn--bcher-kva.example") },
            Policy(4) with { Id = new string('Z', 32) },
            Policy(5) with { Text = Encoding.UTF8.GetBytes("version: STSv1\r\nmode: none\r\nmax_age: 1\r\nnote: \u00fc\u4e2d\r\n") },
            Policy(6) with { Text = new byte[64 * 1024] },
            Policy(7) with { IsPinned = true },
        ];
        foreach (StoredPolicy policy in policies)
        {
            await store.SaveAsync([policy], default).ConfigureAwait(false);
        }

        foreach (StoredPolicy policy in policies)
        {
            Same(policy, await store.FindAsync(policy.Domain, default).ConfigureAwait(false));
        }
    }

    private static async Task MomentsAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        StoredPolicy[] policies =
        [
            Policy(1) with { FetchedAt = Start.AddMicroseconds(123456), LastUsedAt = Start.AddMicroseconds(654321) },
            Policy(2) with { FetchedAt = DateTimeOffset.UnixEpoch, LastUsedAt = DateTimeOffset.UnixEpoch.AddYears(-100) },
            Policy(3) with { FetchedAt = new DateTimeOffset(9998, 12, 31, 0, 0, 0, TimeSpan.Zero) },
            Policy(4) with { FetchedAt = new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.FromHours(5.5)) },
        ];
        await store.SaveAsync(policies, default).ConfigureAwait(false);
        foreach (StoredPolicy policy in policies)
        {
            Same(policy, await store.FindAsync(policy.Domain, default).ConfigureAwait(false));
        }
    }

    private static async Task ReplacedAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        await store.SaveAsync([Policy(1) with { IsPinned = true }], default).ConfigureAwait(false);
        StoredPolicy later = Policy(1) with { Id = "b", Text = Text(9), FetchedAt = Start.AddHours(-5), LastUsedAt = Start.AddHours(-6) };
        await store.SaveAsync([later], default).ConfigureAwait(false);
        Same(later, await store.FindAsync(later.Domain, default).ConfigureAwait(false));
        Require((await AllAsync(store).ConfigureAwait(false)).Count == 1, "one entry a domain");
    }

    private static async Task BatchAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        StoredPolicy[] policies = [.. Enumerable.Range(0, 2500).Select(Policy)];
        await store.SaveAsync(policies, default).ConfigureAwait(false);
        await store.SaveAsync([], default).ConfigureAwait(false);
        Require((await AllAsync(store).ConfigureAwait(false)).Count == 2500, "all of a batch are kept");
        await store.RemoveAsync([.. policies.Skip(10).Select(policy => policy.Domain)], default).ConfigureAwait(false);
        await store.RemoveAsync([], default).ConfigureAwait(false);
        Require((await AllAsync(store).ConfigureAwait(false)).Count == 10, "all of a batch are removed, and no others");
    }

    private static async Task RemoveNothingAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        await store.SaveAsync([Policy(1)], default).ConfigureAwait(false);
        await store.RemoveAsync([Domain(2), Domain(1), Domain(1)], default).ConfigureAwait(false);
        Require(await store.FindAsync(Domain(1), default).ConfigureAwait(false) is null, "the entry is gone");
    }

    private static async Task ReadAllAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        StoredPolicy[] policies = [.. Enumerable.Range(0, 12_000).Select(Policy)];
        await store.SaveAsync(policies, default).ConfigureAwait(false);
        List<StoredPolicy> all = await AllAsync(store).ConfigureAwait(false);
        Require(all.Count == policies.Length, $"{policies.Length} entries are read, not {all.Count}");
        Dictionary<DomainName, StoredPolicy> read = all.ToDictionary(policy => policy.Domain);
        foreach (StoredPolicy policy in policies)
        {
            Same(policy, read.GetValueOrDefault(policy.Domain));
        }
    }

    private static async Task ReadWhileWritingAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        StoredPolicy[] policies = [.. Enumerable.Range(0, 3000).Select(Policy)];
        await store.SaveAsync(policies, default).ConfigureAwait(false);
        using var ended = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (int i = 0; !ended.IsCancellationRequested; i++)
            {
                await store.SaveAsync([Policy(3000 + (i % 500)), policies[i % 3000]], default).ConfigureAwait(false);
                await store.RemoveAsync([Domain(3000 + (i * 7 % 500))], default).ConfigureAwait(false);
            }
        });
        List<StoredPolicy> all = await AllAsync(store).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await writer.ConfigureAwait(false);
        Require(all.DistinctBy(policy => policy.Domain).Count() == all.Count, "no entry comes twice");
        Require(policies.All(all.ToHashSet().Contains), "every entry that was there all the time comes");
    }

    private static async Task ConcurrentAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        StoredPolicy one = Policy(1);
        StoredPolicy other = Policy(2) with { Domain = one.Domain, Id = "other" };
        await store.SaveAsync([one], default).ConfigureAwait(false);
        await Task.WhenAll(Enumerable.Range(0, 32).Select(thread => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                await store.SaveAsync([(thread + i) % 2 == 0 ? one : other], default).ConfigureAwait(false);
                StoredPolicy? read = await store.FindAsync(one.Domain, default).ConfigureAwait(false);
                Require(read == one || read == other, "an entry is always one of those that were saved");
            }
        }))).ConfigureAwait(false);
    }

    private static async Task CancelledAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        await store.SaveAsync([Policy(1)], default).ConfigureAwait(false);
        var cancelled = new CancellationToken(canceled: true);
        try
        {
            await foreach (StoredPolicy _ in store.ReadAllAsync(cancelled).ConfigureAwait(false))
            {
            }

            Require(false, "ReadAllAsync ends with OperationCanceledException");
        }
        catch (OperationCanceledException)
        {
        }

        Same(Policy(1), await store.FindAsync(Domain(1), default).ConfigureAwait(false));
    }

    private static async Task NullAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        await RefusesAsync(() => store.SaveAsync(null!, default)).ConfigureAwait(false);
        await RefusesAsync(() => store.RemoveAsync(null!, default)).ConfigureAwait(false);
        await RefusesAsync(() => store.FindAsync(null!, default).AsTask()).ConfigureAwait(false);

        static async Task RefusesAsync(Func<Task> call)
        {
            try
            {
                await call().ConfigureAwait(false);
            }
            catch (ArgumentNullException)
            {
                return;
            }

            Require(false, "null is refused with ArgumentNullException");
        }
    }

    private static async Task ReopenedAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        await store.SaveAsync([Policy(1), Policy(2)], default).ConfigureAwait(false);
        store = await open.ReopenAsync().ConfigureAwait(false);
        Same(Policy(1), await store.FindAsync(Domain(1), default).ConfigureAwait(false));
        Require((await AllAsync(store).ConfigureAwait(false)).Count == 2, "both entries are there");
    }

    private static async Task RemovedAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore store = open.Open();
        await store.SaveAsync([Policy(1), Policy(2)], default).ConfigureAwait(false);
        await store.RemoveAsync([Domain(1)], default).ConfigureAwait(false);
        store = await open.ReopenAsync().ConfigureAwait(false);
        Require(await store.FindAsync(Domain(1), default).ConfigureAwait(false) is null, "what was removed stays so");
        Same(Policy(2), await store.FindAsync(Domain(2), default).ConfigureAwait(false));
    }

    private static async Task SharedAsync(StoreOpening<IPolicyStore> open)
    {
        IPolicyStore one = open.Open();
        IPolicyStore other = open.Open();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => (i % 2 == 0 ? one : other).SaveAsync([Policy(i)], default)))).ConfigureAwait(false);
        for (int i = 0; i < 40; i++)
        {
            Same(Policy(i), await (i % 2 == 0 ? other : one).FindAsync(Domain(i), default).ConfigureAwait(false));
        }
    }

    private static async Task<List<StoredPolicy>> AllAsync(IPolicyStore store)
    {
        var all = new List<StoredPolicy>();
        await foreach (StoredPolicy policy in store.ReadAllAsync(default).ConfigureAwait(false))
        {
            all.Add(policy);
        }

        return all;
    }

    private static DomainName Domain(int number) => DomainName.Parse(FormattableString.Invariant($"d{number}.example"));

    private static StoredPolicy Policy(int number) =>
        new(Domain(number), FormattableString.Invariant($"id{number}"), Text(number), Start.AddSeconds(number), Start.AddMinutes(number), false);

    private static byte[] Text(int number) => Encoding.UTF8.GetBytes(FormattableString.Invariant($"version: STSv1\nmode: enforce\nmx: mx{number}.example\nmax_age: {86400 + number}\n"));

    private static void Same(StoredPolicy expected, StoredPolicy? found)
    {
        Require(found is not null, $"the entry of {expected.Domain} is found");
        Require(
            found == expected,
            $"the entry of {expected.Domain} comes back as it was: expected id {expected.Id}, {expected.Text.Length} octets, fetched {expected.FetchedAt:O}, used {expected.LastUsedAt:O}, pinned {expected.IsPinned}; "
            + $"found id {found!.Id}, {found.Text.Length} octets, fetched {found.FetchedAt:O}, used {found.LastUsedAt:O}, pinned {found.IsPinned}");
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new StoreContractException(what);
        }
    }
}
