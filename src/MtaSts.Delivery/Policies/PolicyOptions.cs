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

    /// <summary>How many policies are kept. 100,000 unless set; 1 or more. When it is full, further policies are used but not kept: no policy is pushed out before its end.</summary>
    public int MaxCachedPolicies { get; set; } = 100_000;

    /// <summary>How many answers about records, and how many failed fetches, are kept. 100,000 of each unless set; 1 or more.</summary>
    public int MaxCachedRecords { get; set; } = 100_000;

    /// <summary>Whether mail is deferred, rather than delivered as without policy, when the <c>_mta-sts</c> look-up fails and no policy is cached. Off unless set (decision AMB-6).</summary>
    public bool DeferWhenRecordUnavailable { get; set; }

    /// <summary>Opens the transport to a policy host (name, port), for example through a proxy. <see langword="null"/> unless set: directly, to public addresses only.</summary>
    public Func<string, int, CancellationToken, ValueTask<Stream>>? OpenTransport { get; set; }

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
    }
}
