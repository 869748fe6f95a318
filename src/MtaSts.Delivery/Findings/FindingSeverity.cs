namespace MtaSts.Delivery.Findings;

/// <summary>How much a finding matters for mail.</summary>
public enum FindingSeverity
{
    /// <summary>Nothing is wrong.</summary>
    Info,

    /// <summary>It works with this sender today, and will hurt with others or later.</summary>
    Warning,

    /// <summary>It can be attacked.</summary>
    Security,

    /// <summary>A sender that enforces policies will not deliver, or will not see the policy.</summary>
    Error,
}
