using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Cli.Output;

/// <summary>Policies in words.</summary>
internal static class PolicyText
{
    public static string Name(PolicyMode mode) => mode switch { PolicyMode.Enforce => "enforce", PolicyMode.Testing => "testing", _ => "none" };

    public static string Duration(TimeSpan time) => time switch
    {
        { TotalDays: >= 2 } => FormattableString.Invariant($"{Math.Floor(time.TotalDays)} days"),
        { TotalHours: >= 2 } => FormattableString.Invariant($"{Math.Floor(time.TotalHours)} hours"),
        { TotalMinutes: >= 2 } => FormattableString.Invariant($"{Math.Floor(time.TotalMinutes)} minutes"),
        _ => FormattableString.Invariant($"{time.TotalSeconds:0} s"),
    };

    /// <summary>The first few patterns.</summary>
    public static string Hosts(StsPolicy policy)
    {
        const int shown = 5;
        string hosts = string.Join(", ", policy.Mx.Take(shown));
        return policy.Mx.Count == 0 ? "none" : policy.Mx.Count > shown ? FormattableString.Invariant($"{hosts} and {policy.Mx.Count - shown} more") : hosts;
    }
}
