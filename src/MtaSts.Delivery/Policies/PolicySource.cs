namespace MtaSts.Delivery.Policies;

/// <summary>Where the policy in force comes from.</summary>
public enum PolicySource
{
    /// <summary>No policy is in force.</summary>
    None,

    /// <summary>It was fetched for this very delivery.</summary>
    Fetched,

    /// <summary>It was fetched earlier and still holds.</summary>
    Cache,
}
