using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Diagnostics;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>The policies that are known: in memory, and in a store if there is one.</summary>
/// <remarks>No policy is pushed out before its end. When the space is full, further ones are used but not kept.</remarks>
public sealed class PolicyCache : IAsyncDisposable
{
    private const int MostFaults = 100;

    private static readonly TimeSpan LeastBetweenPurges = TimeSpan.FromMinutes(10);

    private readonly MemoryPolicyStore _memory;
    private readonly GuardedStore? _store;
    private readonly CancellationTokenSource _ended = new();
    private readonly Action<PolicyEvent>? _onEvent;
    private readonly int _maxCount;
    private readonly long _maxSize;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Task _loading = Task.CompletedTask;
    private readonly Lock _room = new();
    private DateTimeOffset _purgedAt;

    internal PolicyCache(PolicyOptions options, IPolicyStore? store, TimeProvider clock, ILogger logger)
    {
        _onEvent = options.OnEvent;
        _maxCount = options.MaxCachedPolicies;
        _maxSize = options.MaxCachedPolicySize;
        _clock = clock;
        _logger = logger;
        Clock = new ClockWatch(clock);
        Decisions = new DecisionCache(options, clock);
        _memory = store as MemoryPolicyStore ?? new MemoryPolicyStore();
        if (store is not null and not MemoryPolicyStore)
        {
            _store = new GuardedStore(store, options.StorePatience, Settle, token => LoadAsync(savesRest: true, token), clock, logger);
            _loading = Task.Run(() => LoadAsync(savesRest: false, _ended.Token));
        }
    }

    /// <summary>Told of what happens to policies, after <see cref="PolicyOptions.OnEvent"/> and on the same terms: it is called while mail waits, so it must be quick.</summary>
    public event Action<PolicyEvent>? Happened;

    /// <summary>How many domains have a policy here, expired ones that are still kept included.</summary>
    public int Count => _memory.Count;

    /// <summary>Whether the store could not be used last time: policies are then in memory only, and go to the store when it answers again.</summary>
    public bool IsStoreDown => _store?.IsDown ?? false;

    internal DecisionCache Decisions { get; }

    internal ClockWatch Clock { get; }

    /// <summary>Told of every entry that is new, and whether its fetch is to be repeated soon.</summary>
    internal Action<DomainName, PolicyEntry, bool>? Changed { get; set; }

    /// <summary>Told that many entries are new.</summary>
    internal Action? Loaded { get; set; }

    internal IEnumerable<KeyValuePair<DomainName, PolicyEntry>> Entries => _memory.Entries;

    /// <summary>Ends when all that the store holds is in memory; at once without a store. Mail need not wait for it.</summary>
    public Task WaitUntilLoadedAsync(CancellationToken cancellationToken = default) => _loading.WaitAsync(cancellationToken);

    /// <summary>All policies, in no particular order.</summary>
    public IEnumerable<KnownPolicy> List()
    {
        foreach ((DomainName domain, PolicyEntry entry) in _memory.Entries)
        {
            if (Describe(domain, entry) is { } known)
            {
                yield return known;
            }
        }
    }

    /// <summary>A domain's policy, expired or not; <see langword="null"/> when none is known.</summary>
    public async Task<KnownPolicy?> FindAsync(DomainName domain, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return await LookUpAsync(domain, orNewer: false).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false) is { } entry ? Describe(domain, entry) : null;
    }

    /// <summary>Forgets a domain's policy, so that the next mail looks for it afresh.</summary>
    /// <remarks>Until it has been fetched again the domain is not protected.</remarks>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> RemoveAsync(DomainName domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        bool known = await LookUpAsync(domain, orNewer: false).ConfigureAwait(false) is not null;
        _memory.Remove(domain);
        Decisions.Forget(domain);
        await SaveAsync(domain).ConfigureAwait(false);
        if (known)
        {
            _logger.PolicyRemoved(domain.Value);
        }

        return known;
    }

    /// <summary>Has a policy kept fresh though no mail asks for it, and kept when the space is full; or ends that.</summary>
    /// <returns>Whether the domain's policy is known: only then it can be pinned.</returns>
    public async Task<bool> PinAsync(DomainName domain, bool isPinned = true)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (await LookUpAsync(domain, orNewer: true).ConfigureAwait(false) is not { } known)
        {
            return false;
        }

        PolicyEntry entry = _memory.Replace(domain, before => (before ?? known).ToStored(domain) with { IsPinned = isPinned }).After!;
        await TellChangedAsync(domain, entry, isDue: false, isPin: true).ConfigureAwait(false);
        return true;
    }

    /// <summary>Writes all policies, one JSON object a line.</summary>
    public async Task ExportAsync(Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        await WaitUntilLoadedAsync(cancellationToken).ConfigureAwait(false);
        foreach ((DomainName domain, PolicyEntry entry) in _memory.Entries)
        {
            await destination.WriteAsync(PolicyLines.Write(entry.ToStored(domain)), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes over policies that <see cref="ExportAsync"/> wrote. Each lives on from its own fetch; what the cache fetched later stays.</summary>
    public async Task<ImportResult> ImportAsync(Stream source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        await WaitUntilLoadedAsync(cancellationToken).ConfigureAwait(false);
        (int imported, int older) = (0, 0);
        var faults = new List<string>();
        var saves = new List<Task>();
        await foreach ((StoredPolicy? policy, string? fault) in PolicyLines.ReadAsync(source, cancellationToken).ConfigureAwait(false))
        {
            if (policy is null)
            {
                faults.AddRange(faults.Count < MostFaults ? [fault!] : []);
            }
            else if (!IsNews(policy with { FetchedAt = RefreshRules.FetchedAt(policy.FetchedAt, _clock.GetUtcNow()) }))
            {
                older++;
            }
            else if (HasRoomFor(policy, _memory.Find(policy.Domain)))
            {
                saves.Add(PutAsync(policy with { FetchedAt = RefreshRules.FetchedAt(policy.FetchedAt, _clock.GetUtcNow()) }));
                imported++;
            }
            else
            {
                faults.Add($"{policy.Domain}: no room for it and what follows; raise Policies.MaxCachedPolicies or Policies.MaxCachedPolicySize");
                break;
            }
        }

        await Task.WhenAll(saves).ConfigureAwait(false);
        return new ImportResult(imported, older, faults);
    }

    /// <summary>The entry of a domain. Another process may have written one, or a later one, to the store.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="orNewer">Whether to look into the store even when memory has an entry.</param>
    internal async ValueTask<PolicyEntry?> LookUpAsync(DomainName domain, bool orNewer)
    {
        PolicyEntry? entry = Find(domain);
        if (_store is null || (entry is not null && !orNewer) || await _store.FindAsync(domain).ConfigureAwait(false) is not { } stored)
        {
            return entry;
        }

        Take(stored);
        // Where memory has no room for it, it counts all the same.
        return Find(domain) ?? _memory.Read(stored with { FetchedAt = RefreshRules.FetchedAt(stored.FetchedAt, _clock.GetUtcNow()) });
    }

    /// <summary>The entry of a domain in memory.</summary>
    internal PolicyEntry? Find(DomainName domain)
    {
        if (_memory.Find(domain) is not { } entry)
        {
            return null;
        }

        DateTimeOffset now = _clock.GetUtcNow();
        DateTimeOffset fetchedAt = RefreshRules.FetchedAt(entry.FetchedAt, now);
        if (fetchedAt == entry.FetchedAt)
        {
            return entry;
        }

        // The clock was wrong when it was fetched, or is wrong now: it lives max_age from now at most, and is to be fetched soon.
        _ = PutAsync(entry.ToStored(domain) with { FetchedAt = fetchedAt }, isDue: true);
        return _memory.Find(domain);
    }

    /// <summary>What an entry says; <see langword="null"/> when its text is no policy.</summary>
    internal CachedPolicy? Read(PolicyEntry entry) => Cached(entry.Text, entry.Id, entry.FetchedAt);

    /// <summary>Keeps a policy that was fetched, wholesale in place of the one before. Ends when the store has it too.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="policy">Its policy.</param>
    /// <param name="isUsed">Whether mail asked for it.</param>
    /// <param name="before">What was known when the fetch began.</param>
    /// <param name="onlyAfter">Whether to leave everything as it is when that is no longer the domain's entry.</param>
    internal async Task KeepAsync(DomainName domain, CachedPolicy policy, bool isUsed, PolicyEntry? before, bool onlyAfter)
    {
        Decisions.ForgetFailure(domain, policy.Id);
        if (policy.Policy.MaxAge <= TimeSpan.Zero)
        {
            // It governs this attempt, and none after it.
            if (!onlyAfter || _memory.Find(domain) == before)
            {
                Tell(domain, _memory.Remove(domain), policy);
                Decisions.Forget(domain);
                await SaveAsync(domain).ConfigureAwait(false);
            }

            return;
        }

        bool isOvertaken = false;
        (PolicyEntry? replaced, PolicyEntry? entry) = ReplaceWithinBounds(domain, latest =>
        {
            // What was fetched later stays, whoever comes last; and a refresh gives way to anything.
            isOvertaken = onlyAfter ? latest != before : latest is not null && latest.FetchedAt > policy.FetchedAt && RefreshRules.FetchedAt(latest.FetchedAt, policy.FetchedAt) == latest.FetchedAt;
            DateTimeOffset usedAt = isUsed || latest is null ? policy.FetchedAt : latest.LastUsedAt;
            var stored = new StoredPolicy(domain, policy.Id, policy.Policy.Octets, policy.FetchedAt, usedAt, latest?.IsPinned ?? false);
            return isOvertaken || !HasRoomFor(stored, latest) ? null : stored;
        });
        if (entry is not null)
        {
            Task saved = TellChangedAsync(domain, entry, isDue: false);
            Tell(domain, replaced, policy);
            await saved.ConfigureAwait(false);
        }
        else if (!isOvertaken)
        {
            Raise(new PolicyEvent.NotKept(domain, policy));
        }
    }

    /// <summary>Takes an entry out that expired long ago, or cannot be read.</summary>
    internal void Forget(DomainName domain)
    {
        _memory.Remove(domain);
        Decisions.Forget(domain);
        _ = SaveAsync(domain);
    }

    internal void Raise(PolicyEvent happened)
    {
        _logger.Tell(happened);
        try
        {
            _onEvent?.Invoke(happened);
            Happened?.Invoke(happened);
        }
        catch (Exception fault)
        {
            // The listener's fault is not the mail's.
            _logger.ListenerFailed(fault, happened.GetType().Name);
        }
    }

    /// <summary>Writes what the store has yet to be told. The deliverer calls it.</summary>
    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        if (_store is not null)
        {
            await _loading.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _store.DisposeAsync().ConfigureAwait(false);
        }

        Decisions.Clear();
        _ended.Dispose();
    }

    private bool IsNews(StoredPolicy policy) =>
        Cached(policy.Text.Span, policy.Id, policy.FetchedAt) is { } cached && cached.HoldsAt(_clock.GetUtcNow()) && !(_memory.Find(policy.Domain)?.FetchedAt >= policy.FetchedAt);

    private void Tell(DomainName domain, PolicyEntry? replaced, CachedPolicy policy)
    {
        if (replaced is null || Read(replaced) is not { } before || !before.HoldsAt(policy.FetchedAt))
        {
            Raise(new PolicyEvent.FirstSeen(domain, policy));
        }
        else if (before.Policy != policy.Policy)
        {
            Raise(new PolicyEvent.Changed(domain, before, policy, ChangeRules.Weaker(before.Policy, policy.Policy)));
        }
    }

    private Task PutAsync(StoredPolicy policy, bool isDue = false) => TellChangedAsync(policy.Domain, _memory.Put(policy), isDue);

    private Task TellChangedAsync(DomainName domain, PolicyEntry entry, bool isDue, bool isPin = false)
    {
        Decisions.Forget(domain);
        Changed?.Invoke(domain, entry, isDue);
        return SaveAsync(domain, isPin);
    }

    private Task SaveAsync(DomainName domain, bool isPin = false) => _store?.SaveAsync(domain, isPin) ?? Task.CompletedTask;

    /// <summary>What is to stand in the store for a domain, where something stands already that another process may have written.</summary>
    private StoredPolicy? Settle(DomainName domain, StoredPolicy? stored, DateTimeOffset changedAt, bool isPin)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        if (stored is not null && RefreshRules.FetchedAt(stored.FetchedAt, now) == stored.FetchedAt)
        {
            if (_memory.Find(domain) is null && stored.FetchedAt > changedAt)
            {
                // It was forgotten here before it was fetched there.
                Take(stored);
                return stored;
            }

            _memory.Replace(domain, before => before is null ? null
                : before.FetchedAt < stored.FetchedAt ? stored with { IsPinned = isPin ? before.IsPinned : stored.IsPinned }
                : !isPin && before.IsPinned != stored.IsPinned ? before.ToStored(domain) with { IsPinned = stored.IsPinned }
                : null);
        }

        return _memory.Find(domain)?.ToStored(domain);
    }

    /// <summary>Takes over what a store holds, unless memory has the same or a later fetch.</summary>
    private bool Take(StoredPolicy stored)
    {
        // What a wrong clock has dated in the future lives from now on at most.
        DateTimeOffset fetchedAt = RefreshRules.FetchedAt(stored.FetchedAt, _clock.GetUtcNow());
        bool isDated = fetchedAt == stored.FetchedAt;
        PolicyEntry? taken = ReplaceWithinBounds(stored.Domain, entry =>
            entry is null ? HasRoomFor(stored, null) ? stored with { FetchedAt = fetchedAt } : null
            : isDated && entry.FetchedAt < stored.FetchedAt ? stored
            : isDated && entry.FetchedAt == stored.FetchedAt && entry.IsPinned != stored.IsPinned ? entry.ToStored(stored.Domain) with { IsPinned = stored.IsPinned }
            : null).After;
        if (taken is null)
        {
            return false;
        }

        Decisions.Forget(stored.Domain);
        if (!isDated)
        {
            _ = SaveAsync(stored.Domain);
        }

        return true;
    }

    /// <summary>Reads the store.</summary>
    /// <param name="savesRest">Whether what only memory has goes to the store: another file may lie in its place.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    private async Task LoadAsync(bool savesRest, CancellationToken cancellationToken)
    {
        int count = 0;
        HashSet<DomainName> rest = savesRest ? [.. _memory.Entries.Select(entry => entry.Key)] : [];
        try
        {
            await foreach (StoredPolicy stored in _store!.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                rest.Remove(stored.Domain);
                count += Take(stored) ? 1 : 0;
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (!IsStoreDown)
        {
            _logger.PoliciesLoaded(_memory.Count, count);
            foreach (DomainName domain in rest)
            {
                _ = SaveAsync(domain);
            }
        }

        Loaded?.Invoke();
    }

    /// <summary>Replaces an entry alone, so that two which both find the last room do not both take it.</summary>
    private (PolicyEntry? Before, PolicyEntry? After) ReplaceWithinBounds(DomainName domain, Func<PolicyEntry?, StoredPolicy?> decide)
    {
        lock (_room)
        {
            return _memory.Replace(domain, decide);
        }
    }

    /// <summary>Whether a policy can be kept, in place of the domain's own where there is one.</summary>
    private bool HasRoomFor(StoredPolicy policy, PolicyEntry? before)
    {
        bool IsRoom() => before is null
            ? _memory.Count < _maxCount && _memory.Size + policy.Text.Length <= _maxSize
            : policy.Text.Length <= before.Text.Length || _memory.Size + policy.Text.Length - before.Text.Length <= _maxSize;
        if (IsRoom())
        {
            return true;
        }

        DateTimeOffset now = _clock.GetUtcNow();
        bool isSettled = Clock.IsSettled();
        lock (_room)
        {
            // A policy is not given up on the word of a clock that may be wrong.
            if (!isSettled || (now - _purgedAt < LeastBetweenPurges && now >= _purgedAt))
            {
                return false;
            }

            _purgedAt = now;
        }

        foreach ((DomainName domain, PolicyEntry entry) in _memory.Entries)
        {
            if (Read(entry) is not { } cached || RefreshRules.Next(entry, cached.ExpiresAt, TimeSpan.Zero, now) == RefreshStep.Forget)
            {
                Forget(domain);
            }
        }

        return IsRoom();
    }

    private CachedPolicy? Cached(ReadOnlySpan<byte> text, string id, DateTimeOffset fetchedAt) =>
        _memory.Read(text) is { } policy ? new CachedPolicy(policy, id, fetchedAt) : null;

    private KnownPolicy? Describe(DomainName domain, PolicyEntry entry) => Read(entry) is { } policy
        ? new KnownPolicy(domain, policy, entry.LastUsedAt, entry.DueAt == 0 ? null : new DateTimeOffset(entry.DueAt, TimeSpan.Zero), entry.IsPinned)
        : null;
}
