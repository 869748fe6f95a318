namespace MtaSts.Delivery.Reporting;

/// <summary>How TLS results are counted.</summary>
public sealed class CollectorOptions
{
    /// <summary>How often the counts go to the store. One second unless set, 0.1 s to 1 h: what was counted since is lost when the process is killed.</summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many policies are counted on one day. 100,000 unless set, 1 or more; sessions beyond are not reported, and logged as such.
    /// So are those beyond 32 Mi characters of policy text in all, and those on a ninth day while counts of eight wait for the store.</summary>
    public int MaxPoliciesPerDay { get; set; } = 100_000;

    /// <summary>How many different failures are counted under one policy on one day. 100 unless set, 1 to 10,000.</summary>
    /// <remarks>Servers choose the names in them. Further failures are counted exactly, too, but without addresses and names.</remarks>
    public int MaxFailuresPerPolicy { get; set; } = 100;

    internal IEnumerable<string> Validate()
    {
        if (FlushInterval < TimeSpan.FromMilliseconds(100) || FlushInterval > TimeSpan.FromHours(1))
        {
            yield return $"Collector.FlushInterval is {FlushInterval}; use 0.1 seconds to 1 hour.";
        }

        if (MaxPoliciesPerDay < 1)
        {
            yield return $"Collector.MaxPoliciesPerDay is {MaxPoliciesPerDay}; use 1 or more.";
        }

        if (MaxFailuresPerPolicy is < 1 or > 10_000)
        {
            yield return $"Collector.MaxFailuresPerPolicy is {MaxFailuresPerPolicy}; use 1 to 10000.";
        }
    }
}
