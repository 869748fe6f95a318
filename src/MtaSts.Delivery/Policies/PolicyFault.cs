namespace MtaSts.Delivery.Policies;

/// <summary>What went wrong while a domain's policy was looked for; mail goes on by the policy in force.</summary>
/// <param name="Kind">The class of fault.</param>
/// <param name="Detail">What was seen, for a person.</param>
/// <param name="Code">The code of the finding behind it, for example <c>http.redirect</c>; see <see cref="Findings.FindingTable"/>.</param>
public sealed record PolicyFault(PolicyFaultKind Kind, string Detail, string? Code = null);
