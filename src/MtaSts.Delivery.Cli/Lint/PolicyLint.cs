using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Cli.Lint;

/// <summary>Lints a policy file with the sender's own reader.</summary>
internal static class PolicyLint
{
    /// <summary>What a sender reads at most, unless its options say otherwise. RFC 8461 §3.3.</summary>
    public const int MaxSize = 64 * 1024;

    public static Linted Of(Input input)
    {
        PolicyReading reading = input switch
        {
            Input.Content(_, var octets) => StsPolicy.Read(octets.Span),
            Input.TooLarge => new PolicyReading(null, [new Finding("policy.too-large", "the text is longer than 64 KiB")]),
            Input.Unusable(_, var reason) => new PolicyReading(null, [new Finding("policy.unreadable", reason)]),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        StsPolicy? policy = reading.Policy;
        var line = new PolicyLine(
            input.Source, policy is not null, policy is null ? null : PolicyText.Name(policy.Mode), policy is null ? null : (long)policy.MaxAge.TotalSeconds,
            [.. policy?.Mx.Select(pattern => pattern.ToString()) ?? []], FindingLine.From(reading.Findings));
        return new Linted(
            Json.Write(line, Json.Lines.PolicyLine),
            policy is null ? "not a valid policy" : $"valid, mode {PolicyText.Name(policy.Mode)}, max_age {PolicyText.Duration(policy.MaxAge)}, mx {PolicyText.Hosts(policy)}",
            policy is not null,
            reading.Findings,
            input is Input.Unusable ? ExitCode.Usage : Linted.CodeOf(reading.Findings));
    }
}
