namespace MtaSts.Delivery.Policies;

/// <summary>How policies are found, fetched and kept.</summary>
public sealed class PolicyOptions
{
    /// <summary>How long one policy fetch may take, from the address look-up to the last octet. One minute unless set, as RFC 8461 §3.3 suggests; 1 s to 10 min.</summary>
    public TimeSpan FetchTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest policy that is read, in octets. 65,536 unless set, as RFC 8461 §3.3 suggests; 1,024 to 1,048,576.</summary>
    public int MaxPolicySize { get; set; } = 64 * 1024;

    /// <summary>How long a failed fetch is not tried again for the same domain and id. Five minutes unless set, the least that RFC 8461 §3.3 allows; 5 min to 1 day.</summary>
    public TimeSpan FetchBackOff { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest that an answer about a <c>_mta-sts</c> record is remembered, whatever its TTL. One hour unless set; zero to 1 day.</summary>
    public TimeSpan MaxRecordAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many policies are kept. 1,000,000 unless set; 1 or more. When it is full, further policies are used but not kept: no policy is pushed out before its end.</summary>
    public int MaxCachedPolicies { get; set; } = 1_000_000;

    /// <summary>How many octets of policy text are kept, as if no two domains shared one. 268,435,456 (256 MiB) unless set; 65,536 or more.</summary>
    public long MaxCachedPolicySize { get; set; } = 256 << 20;

    /// <summary>How many decisions, such as "this domain has no policy", and how many failed fetches are kept for as long as they hold. 100,000 of each unless set; 1 or more.</summary>
    public int MaxCachedRecords { get; set; } = 100_000;

    /// <summary>Whether mail is deferred, rather than delivered as without policy, when the <c>_mta-sts</c> look-up fails and no policy is cached. Off unless set (decision AMB-6).</summary>
    public bool DeferWhenRecordUnavailable { get; set; }

    /// <summary>How often the policy of a domain in use is fetched again. One day unless set, as RFC 8461 §10.2 suggests; 1 hour to 7 days. Half of max_age, if that is shorter.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long after the last mail a policy is still fetched again; afterwards it is left to expire, unless it is pinned. 30 days unless set; 1 day or more.</summary>
    public TimeSpan RefreshIfUsedWithin { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How many refreshes run at the same time. 8 unless set; 1 to 1,000.</summary>
    public int RefreshConcurrency { get; set; } = 8;

    /// <summary>How many fetches for mail run at the same time; further ones wait their turn. 500 unless set; 1 to 10,000.</summary>
    public int MaxConcurrentFetches { get; set; } = 500;

    /// <summary>How long mail waits for the policy of a domain of which none is known. <see cref="Timeout.InfiniteTimeSpan"/> unless set: until the look-up and the fetch end
    /// by their own limits; otherwise zero to 10 min, after which mail goes as without policy while the policy is learnt (<see cref="PolicyFaultKind.NotYetKnown"/>).</summary>
    public TimeSpan FirstContactWait { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>A file of domains, one a line, whose policies the host learns at its start; blank lines and lines that begin with # are passed over. <see langword="null"/> unless set.</summary>
    public string? PreloadFile { get; set; }

    /// <summary>Told what happens to policies, on the thread where it happens: return soon. Nobody unless set.</summary>
    public Action<PolicyEvent>? OnEvent { get; set; }

    /// <summary>Opens the transport to a policy host (name, port), for example through a proxy. <see langword="null"/> unless set: directly, to public addresses only.</summary>
    public Func<string, int, CancellationToken, ValueTask<Stream>>? OpenTransport { get; set; }

    // Longer than a disk needs on a bad day, shorter than a person waits for mail. Real time: a store is no part of a simulated internet.
    internal TimeSpan StorePatience { get; set; } = TimeSpan.FromSeconds(5);

    internal IEnumerable<string> Validate()
    {
        if (FetchTimeout < TimeSpan.FromSeconds(1) || FetchTimeout > TimeSpan.FromMinutes(10))
        {
            yield return $"Policies.FetchTimeout is {FetchTimeout}; use 1 second to 10 minutes.";
        }

        if (MaxPolicySize is < 1024 or > 1024 * 1024)
        {
            yield return $"Policies.MaxPolicySize is {MaxPolicySize}; use 1024 to 1048576 octets.";
        }

        if (FetchBackOff < TimeSpan.FromMinutes(5) || FetchBackOff > TimeSpan.FromDays(1))
        {
            yield return $"Policies.FetchBackOff is {FetchBackOff}; use 5 minutes to 1 day (RFC 8461 section 3.3).";
        }

        if (MaxRecordAge < TimeSpan.Zero || MaxRecordAge > TimeSpan.FromDays(1))
        {
            yield return $"Policies.MaxRecordAge is {MaxRecordAge}; use zero to 1 day.";
        }

        if (MaxCachedPolicies < 1 || MaxCachedRecords < 1)
        {
            yield return "Policies.MaxCachedPolicies and Policies.MaxCachedRecords must be at least 1.";
        }

        if (MaxCachedPolicySize < 65536)
        {
            yield return $"Policies.MaxCachedPolicySize is {MaxCachedPolicySize}; use 65536 octets or more.";
        }

        if (RefreshInterval < TimeSpan.FromHours(1) || RefreshInterval > TimeSpan.FromDays(7))
        {
            yield return $"Policies.RefreshInterval is {RefreshInterval}; use 1 hour to 7 days.";
        }

        if (RefreshIfUsedWithin < TimeSpan.FromDays(1))
        {
            yield return $"Policies.RefreshIfUsedWithin is {RefreshIfUsedWithin}; use 1 day or more.";
        }

        if (RefreshConcurrency is < 1 or > 1000 || MaxConcurrentFetches is < 1 or > 10000)
        {
            yield return $"Policies.RefreshConcurrency is {RefreshConcurrency} and Policies.MaxConcurrentFetches is {MaxConcurrentFetches}; use 1 to 1000 and 1 to 10000.";
        }

        if (PreloadFile is { } file && !File.Exists(file))
        {
            yield return $"Policies.PreloadFile is '{file}', which does not exist; write the domains into it, one a line.";
        }

        if (FirstContactWait != Timeout.InfiniteTimeSpan && (FirstContactWait < TimeSpan.Zero || FirstContactWait > TimeSpan.FromMinutes(10)))
        {
            yield return $"Policies.FirstContactWait is {FirstContactWait}; use zero to 10 minutes, or Timeout.InfiniteTimeSpan.";
        }
    }
}
