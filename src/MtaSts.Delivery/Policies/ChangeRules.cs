namespace MtaSts.Delivery.Policies;

/// <summary>What changes from one policy to the next.</summary>
internal static class ChangeRules
{
    /// <summary>In what the policy protects less than the one before.</summary>
    public static PolicyWeakness Weaker(StsPolicy before, StsPolicy policy)
    {
        // A policy of mode none permits nothing and forbids nothing: its patterns say nothing.
        bool wider = before.Mode != PolicyMode.None && policy.Mode != PolicyMode.None && policy.Mx.Any(pattern => !before.Mx.Any(old => Covers(old, pattern)));
        return (Strength(policy.Mode) < Strength(before.Mode) ? PolicyWeakness.Mode : PolicyWeakness.None)
            | (policy.MaxAge < before.MaxAge ? PolicyWeakness.MaxAge : PolicyWeakness.None)
            | (wider ? PolicyWeakness.Mx : PolicyWeakness.None);
    }

    private static bool Covers(MxPattern wide, MxPattern narrow) => narrow.IsWildcard ? wide.Equals(narrow) : wide.Matches(narrow.Name);

    private static int Strength(PolicyMode mode) => mode switch { PolicyMode.Enforce => 2, PolicyMode.Testing => 1, _ => 0 };
}
