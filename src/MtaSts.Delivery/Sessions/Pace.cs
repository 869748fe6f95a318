using System.Threading.RateLimiting;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Sessions;

/// <summary>Holds messages until their domain and their host may have another one.</summary>
internal sealed class Pace : IAsyncDisposable
{
    private readonly PartitionedRateLimiter<DomainName> _domains;
    private readonly PartitionedRateLimiter<HostKey>? _hosts;
    private readonly TimeSpan _maxWait;
    private readonly TimeProvider _clock;

    public Pace(PacingOptions options, TimeSpan maxWait, TimeProvider clock)
    {
        _maxWait = maxWait;
        _clock = clock;
        var atOnce = new ConcurrencyLimiterOptions { PermitLimit = options.MaxConcurrentPerDomain, QueueLimit = int.MaxValue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst };
        PartitionedRateLimiter<DomainName> concurrency = PartitionedRateLimiter.Create<DomainName, DomainName>(
            domain => RateLimitPartition.GetConcurrencyLimiter(domain, _ => atOnce));
        _domains = options.MessagesPerMinutePerDomain is { } perDomain ? PartitionedRateLimiter.CreateChained(Rate<DomainName>(perDomain), concurrency) : concurrency;
        _hosts = options.MessagesPerMinutePerHost is { } perHost ? Rate<HostKey>(perHost) : null;
    }

    /// <summary>Waits until the domain may have another message.</summary>
    /// <param name="domain">The recipients' domain; <see langword="null"/> for an address literal, which is not held.</param>
    /// <param name="cancellationToken">The caller's cancellation.</param>
    /// <returns>What to dispose when the message is done, or why it does not go now.</returns>
    public async ValueTask<(IDisposable? Turn, SessionFailure? Held)> WaitForDomainAsync(DomainName? domain, CancellationToken cancellationToken)
    {
        if (domain is null)
        {
            return (null, null);
        }

        RateLimitLease lease = _domains.AttemptAcquire(domain);
        if (!lease.IsAcquired)
        {
            lease.Dispose();
            lease = await WaitAsync(_domains, domain, cancellationToken).ConfigureAwait(false);
        }

        return lease.IsAcquired ? (lease, null) : (null, Held(domain.Value));
    }

    /// <summary>Waits until the host may be offered another message.</summary>
    /// <returns>Why it is not, or <see langword="null"/>.</returns>
    public async ValueTask<SessionFailure?> WaitForHostAsync(HostKey host, CancellationToken cancellationToken)
    {
        if (_hosts is null)
        {
            return null;
        }

        using RateLimitLease lease = await WaitAsync(_hosts, host, cancellationToken).ConfigureAwait(false);
        return lease.IsAcquired ? null : Held(host.Name);
    }

    public async ValueTask DisposeAsync()
    {
        await _domains.DisposeAsync().ConfigureAwait(false);
        if (_hosts is not null)
        {
            await _hosts.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<RateLimitLease> WaitAsync<T>(PartitionedRateLimiter<T> limiter, T resource, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_maxWait, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await limiter.AcquireAsync(resource, 1, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Refused.Instance;
        }
    }

    private SessionFailure Held(string name) => new(SessionFailureKind.HeldBack, SmtpPhase.Connect,
        FormattableString.Invariant($"{name} has its share of messages under way, and no place became free within {_maxWait.TotalSeconds:0.#} s"));

    private static PartitionedRateLimiter<T> Rate<T>(int perMinute)
        where T : notnull
    {
        int each = Math.Max(1, perMinute / 600);
        return PartitionedRateLimiter.Create<T, T>(resource => RateLimitPartition.GetTokenBucketLimiter(resource, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = Math.Max(each, perMinute / 60),
            TokensPerPeriod = each,
            ReplenishmentPeriod = TimeSpan.FromMinutes((double)each / perMinute),
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        }));
    }

    /// <summary>The lease of nothing.</summary>
    private sealed class Refused : RateLimitLease
    {
        public static Refused Instance { get; } = new();

        public override bool IsAcquired => false;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
