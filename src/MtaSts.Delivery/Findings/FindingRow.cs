namespace MtaSts.Delivery.Findings;

/// <summary>What one finding means.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Meaning">What is the case, in one line.</param>
/// <param name="Effect">What it does to mail: who accepts it, who refuses it.</param>
/// <param name="Remedy">Who must do what.</param>
/// <param name="Reference">Where the standard says so.</param>
public sealed record FindingRow(string Code, FindingSeverity Severity, string Meaning, string Effect, string Remedy, string Reference);
